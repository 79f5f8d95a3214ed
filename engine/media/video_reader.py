# SPDX-License-Identifier: GPL-3.0-or-later
"""The one reader of videos: through PyAV, the package's extra `video`, or else through OpenCV."""

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from ..arrays import Longs, Pixels
from ..errors import InputError
from ..runtime.monitor import Monitor
from ..runtime.storage import write_atomic
from .image_files import encode_image
from .video_kind import check_video

_COARSER = "{} was read by OpenCV: with PyAV (lipreel[video]) the colours at edges are finer"
_RATES = tuple(map(Fraction, ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60")))
_NEAR = Fraction(1, 100)  # of a rate: cameras that mean 30 give 29.9
_BESIDE = Fraction(3, 4)  # of a frame, by which times may be beside their place: containers round them


@dataclass(frozen=True)
class Video:
    """A video that can be read, as images at a constant rate."""

    path: Path
    count: int
    """Images; as far as its header says, where OpenCV reads it."""
    fps: Fraction
    """Images a second."""
    shown: Longs | None = None
    """Of a video whose rate varies: which of its own images each is, [count], rising; None: as they come."""
    notes: tuple[str, ...] = ()
    """What the user should hear about, a sentence each."""

    def frames(self) -> Iterator[Pixels]:
        """The images one after the other, BGR [h, w, 3], turned upright.

        Raises:
            InputError: It cannot be read, or breaks off.
        """
        own = video_frames(self.path)
        return own if self.shown is None else _repeated(own, self.shown, self.path)


@dataclass(frozen=True)
class Unpacked:
    """A video as images."""

    files: tuple[Path, ...]
    """PNG, without loss."""
    fps: Fraction
    """Its frames a second."""
    notes: tuple[str, ...] = ()
    """What the user should hear about, a sentence each."""


def open_video(path: Path) -> Video:
    """Look at a video. InputError if it cannot be read."""
    _check(path)
    if not _has_pyav():
        with _capture(path) as capture:
            rate = Fraction(capture.get(cv2.CAP_PROP_FPS) or 25).limit_denominator(1001)
            count = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        return Video(path, count, rate, notes=(_COARSER.format(path.name),))
    from .av_frames import av_facts

    facts = av_facts(path)
    notes = [f"{path.name}: {note}" for note in facts.notes]
    constant = constant_rate(facts.times, facts.rate)
    if constant is not None:
        return Video(path, len(facts.times), constant, notes=tuple(notes))
    fps = usual_rate(facts.times, facts.rate)
    shown = at_rate(facts.times, facts.last, fps)
    notes.append(f"{path.name}: its frame rate varies: it was read at {float(fps):.5g} frames/s")
    return Video(path, len(shown), fps, shown, tuple(notes))


def unpack_video(video: Path, folder: Path, monitor: Monitor, *, in_time: bool = False) -> Unpacked:
    """Write the frames of a video to `folder`, upright, as 0000.png and so on.

    Args:
        video: The file.
        folder: Must not exist.
        monitor: Told of "video" in frames; may cancel.
        in_time: Bring one whose rate varies to a constant one; else every image counts, and once.

    Raises:
        InputError: The video cannot be read or breaks off, or there is no room.
        JobCancelled: In the middle.
    """
    folder.mkdir(parents=True)
    files: list[Path] = []
    opened = open_video(video)
    frames = opened.frames() if in_time else video_frames(video)
    for frame in monitor.steps("video", frames, opened.count):
        files.append(folder / f"{len(files):04d}.png")
        write_atomic(files[-1], encode_image(frame, "png", 100))
    if not files:
        raise InputError("has no images", str(video))
    return Unpacked(tuple(files), opened.fps, opened.notes)


def video_frames(video: Path) -> Iterator[Pixels]:
    """The images that a video has, one after the other, whenever they are shown: BGR [h, w, 3], upright.

    Raises:
        InputError: It cannot be read, or breaks off.
    """
    _check(video)
    if not _has_pyav():
        return _by_opencv(video)
    from .av_frames import av_frames

    return av_frames(video)


def constant_rate(times: Sequence[Fraction], told: Fraction) -> Fraction | None:
    """The rate of images that are shown from these seconds on, rising from 0; None if it varies.

    What the header has `told` comes first, then the usual rates, then what the times themselves say.
    """
    if times[-1] == 0:
        return told
    measured = (len(times) - 1) / times[-1]
    for rate in (told, *_usual(measured), measured):
        if all(abs(time * rate - place) <= _BESIDE for place, time in enumerate(times)):
            return rate.limit_denominator(1001)
    return None


def usual_rate(times: Sequence[Fraction], average: Fraction) -> Fraction:
    """The rate of a video whose rate varies: that of most of its images, if it is a usual one."""
    steps = sorted(after - before for before, after in pairwise(times) if after > before)
    middle = steps[len(steps) // 2] if steps else 1 / average
    alike = [step for step in steps if abs(step - middle) <= middle / 4] or [middle]
    usual = _usual(len(alike) / sum(alike, Fraction(0)))
    return usual[0] if usual else average.limit_denominator(1001)


def _usual(rate: Fraction) -> list[Fraction]:
    """The usual rates near one, whole ones first: a short clip does not tell 30 from 29.97."""
    near = [usual for usual in _RATES if abs(usual / rate - 1) <= _NEAR]
    return sorted(near, key=lambda usual: (usual.denominator, abs(usual - rate)))


def at_rate(times: Sequence[Fraction], last: Fraction, fps: Fraction) -> Longs:
    """Which of a video's images is shown in the middle of each frame of a rate; `last`: see AvFacts."""
    count = max(1, round((times[-1] + last) * fps))
    middles = [(frame + Fraction(1, 2)) / fps for frame in range(count)]
    places = np.searchsorted(np.array(times, np.float64), np.array(middles, np.float64), "right") - 1
    return np.asarray(places, np.int64)


def _repeated(own: Iterator[Pixels], shown: Longs, video: Path) -> Iterator[Pixels]:
    """Of a video's own images those that are shown, as often as they are."""
    at, image = -1, None
    for place in shown.tolist():
        while at < place:
            image = next(own, None)
            at += 1
            if image is None:
                raise InputError(f"cannot be read as a video (it breaks off after {at} images)", str(video))
        if image is not None:
            yield image


def _check(video: Path) -> None:
    try:
        check_video(video)
    except OSError as error:
        raise InputError(f"cannot be read as a video ({error.strerror})", str(video)) from error
    except ValueError as error:
        raise InputError(f"cannot be read as a video ({error})", str(video)) from error


def _has_pyav() -> bool:
    return importlib.util.find_spec("av") is not None


def _by_opencv(video: Path) -> Iterator[Pixels]:
    """The same; it turns frames by itself, and its colours are coarser (the tests say by how much)."""
    with _capture(video) as capture:
        expected, read = capture.get(cv2.CAP_PROP_FRAME_COUNT), 0
        while True:
            more, frame = capture.read()
            if not more:
                break
            read += 1
            yield np.asarray(frame, np.uint8)
    # It ends in the same way whether the video does or is damaged; headers may promise a few too many.
    if read < expected - max(2, expected / 100):
        what = f"cannot be read as a video (it breaks off after {read} of {expected:.0f} frames)"
        raise InputError(what, str(video))


@contextmanager
def _capture(video: Path) -> Iterator[cv2.VideoCapture]:
    capture = cv2.VideoCapture(str(video), cv2.CAP_FFMPEG)  # others would take images for videos, too
    try:
        if not capture.isOpened():
            raise InputError("cannot be read as a video", str(video))
        yield capture
    finally:
        capture.release()
