# SPDX-License-Identifier: GPL-3.0-or-later
"""The frames of a video, decoded once: through PyAV, the package's extra `video`, or else through OpenCV."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from ..arrays import Pixels
from ..errors import InputError
from ..runtime.monitor import Monitor
from ..runtime.storage import write_atomic
from .image_files import encode_image
from .image_size import check_pixels
from .video_kind import check_video

_COARSER = "{} was read by OpenCV: with PyAV (lipreel[video]) the colours at edges are finer"


@dataclass(frozen=True)
class Unpacked:
    """A video as images."""

    files: tuple[Path, ...]
    """PNG, without loss."""
    fps: Fraction
    """Its frames a second, on average."""
    notes: tuple[str, ...] = ()
    """What the user should hear about, a sentence each."""


def unpack_video(video: Path, folder: Path, monitor: Monitor) -> Unpacked:
    """Write all frames of a video to `folder`, upright, as 0000.png and so on.

    Raises:
        InputError: The video cannot be read or breaks off, or there is no room.
        JobCancelled: In the middle.
    """
    folder.mkdir(parents=True)
    files: list[Path] = []
    expected, fps = _video_length(video)
    for frame in monitor.steps("video", video_frames(video), expected):
        files.append(folder / f"{len(files):04d}.png")
        write_atomic(files[-1], encode_image(frame, "png", 100))
    if not files:
        raise InputError("has no images", str(video))
    return Unpacked(tuple(files), fps, () if _has_pyav() else (_COARSER.format(video.name),))


def video_frames(video: Path) -> Iterator[Pixels]:
    """The frames of a video one after the other, BGR [h, w, 3], turned upright.

    Raises:
        InputError: It cannot be read, or breaks off.
    """
    _check(video)
    return _by_pyav(video) if _has_pyav() else _by_opencv(video)


def _check(video: Path) -> None:
    try:
        check_video(video)
    except OSError as error:
        raise InputError(f"cannot be read as a video ({error.strerror})", str(video)) from error
    except ValueError as error:
        raise InputError(f"cannot be read as a video ({error})", str(video)) from error


def _has_pyav() -> bool:
    return importlib.util.find_spec("av") is not None


def _by_pyav(video: Path) -> Iterator[Pixels]:
    import av
    from av.video.reformatter import Interpolation

    try:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            if stream.codec_context is None:
                raise ValueError("its codec is not known")
            check_pixels(stream.width, stream.height)
            stream.thread_type = "AUTO"
            for frame in container.decode(video=0):
                # The exact chroma of every pixel, and rounding to the nearest: once for all that comes after.
                rounded = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
                picture = frame.reformat(format="bgr24", interpolation=rounded).to_ndarray()
                yield np.ascontiguousarray(np.rot90(picture, frame.rotation // 90), np.uint8)
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise InputError(f"cannot be read as a video ({_reason(error)})", str(video)) from error


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


def _video_length(video: Path) -> tuple[int, Fraction]:
    """How many frames it has, as far as its header says, and frames a second."""
    _check(video)
    if not _has_pyav():
        with _capture(video) as capture:
            rate = Fraction(capture.get(cv2.CAP_PROP_FPS) or 25).limit_denominator(1001)
            return max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT))), rate
    import av

    try:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
            seconds = Fraction(container.duration or 0, av.time_base)
            return stream.frames or round(seconds * rate), rate.limit_denominator(1001)
    except (av.FFmpegError, IndexError) as error:
        raise InputError(f"cannot be read as a video ({_reason(error)})", str(video)) from error


def _reason(error: Exception) -> str:
    return (
        "it breaks off, or has no images"
        if isinstance(error, IndexError)
        else str(getattr(error, "strerror", error))
    )
