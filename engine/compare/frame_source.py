# SPDX-License-Identifier: GPL-3.0-or-later
"""What is compared: folders of frames and videos, read in step, a frame at a time."""

import importlib.util
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from ..arrays import Pixels
from ..errors import InputError
from ..job.frame_names import frame_number
from ..job.record import RECORD_NAME, JobRecord, read_record
from ..media.image_files import FORMATS, read_image
from ..media.video_reader import Video, open_video
from ..sound.source import SoundSource

FPS = Fraction(25)
"""The rate of frames that nothing says the rate of."""

_IMAGES = {".png", ".jpg", ".jpeg"}


@dataclass(frozen=True, eq=False)
class FrameSource:
    """One side of a comparison. Nothing of it is held in memory."""

    path: Path
    numbers: Sequence[int]
    """Of its frames, rising: as in the names that `generate` gives, else counted from 1."""
    fps: Fraction | None
    """Frames a second, where the job record or the video says it."""
    record: JobRecord | None
    """Of the job that made it, where it lies beside the frames."""
    read: Callable[[Sequence[int]], Iterator[Pixels]]
    """The frames of some of the numbers, rising: BGR [h, w, 3], or BGRA [h, w, 4] with straight alpha."""
    sound: Callable[[], SoundSource | None] = lambda: None
    """The sound that it brings along, from frame 1 on; None for folders."""
    notes: tuple[str, ...] = ()
    """What the user should hear about, a sentence each."""

    @property
    def name(self) -> str:
        """What to call it: the end of its path."""
        return self.path.name or str(self.path)


def open_source(path: Path) -> FrameSource:
    """Open a folder of frames, or a video.

    In a folder, the frames of the job that is recorded there; without a record all images, in the order of
    the numbers that end their names.

    Raises:
        InputError: It is neither, holds no frames, or the same frame twice.
    """
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise InputError("no such folder or video", str(path), "Give a folder of frames, or a video")
    video = open_video(path)
    numbers = range(1, video.count + 1)
    return FrameSource(
        path, numbers, video.fps, None, partial(_of_video, video), partial(_video_sound, path), video.notes
    )


def _of_video(video: Video, numbers: Sequence[int]) -> Iterator[Pixels]:
    """The images of these numbers, counted from 1 and rising; one is held at a time."""
    wanted = iter(numbers)
    number = next(wanted, None)
    for at, frame in enumerate(video.frames(), 1):
        if at == number:
            yield frame
            number = next(wanted, None)
        if number is None:
            return
    how = "Copy or export it again"
    raise InputError(f"cannot be read as a video (it breaks off before image {number})", str(video.path), how)


def _video_sound(path: Path) -> SoundSource | None:
    if importlib.util.find_spec("av") is None:
        return None
    from ..sound.av_source import av_source

    return av_source(path)


def common_numbers(sources: Sequence[FrameSource]) -> list[int]:
    """The numbers of the frames that all sources have; InputError if there is none, or the rates differ."""
    rates = {source.fps for source in sources if source.fps is not None}
    if len(rates) > 1:
        said = ", ".join(f"{source.name}: {source.fps}" for source in sources)
        raise InputError(f"the frame rates differ ({said})", "compare", "Compare frames of one rate")
    common = set(sources[0].numbers).intersection(*(source.numbers for source in sources[1:]))
    if not common:
        where = ", ".join(str(source.path) for source in sources)
        raise InputError("no frame is in all of them", where, "Compare the frames of one sound")
    return sorted(common)


def rate_of(sources: Sequence[FrameSource]) -> Fraction:
    """Frames a second of all of them, which `common_numbers` found to agree."""
    return next((source.fps for source in sources if source.fps is not None), FPS)


def in_step(sources: Sequence[FrameSource], numbers: Sequence[int]) -> Iterator[tuple[int, list[Pixels]]]:
    """Each number, and its frame from every source. InputError if one is of another shape than the first."""
    shape = None
    for number, *pictures in zip(numbers, *(source.read(numbers) for source in sources), strict=True):
        for source, picture in zip(sources, pictures, strict=True):
            shape = shape or picture.shape
            if picture.shape != shape:
                what = f"frame {number} is {_say(picture.shape)}, not {_say(shape)}"
                raise InputError(what, str(source.path), "Compare frames of one size and kind")
        yield number, pictures


def _folder(folder: Path) -> FrameSource:
    record = None
    if (folder / RECORD_NAME).is_file():
        with suppress(InputError):  # of another version of Lipreel: the frames can be compared all the same
            record = read_record(folder)
    formats = FORMATS if record is None else (record.options.format,)
    images = sorted(path for path in folder.iterdir() if path.suffix.lower() in _IMAGES)
    found = [
        (number, path) for path in images for kind in formats if (number := frame_number(path.name, kind))
    ]
    if not found:
        found = list(enumerate(sorted(images, key=_last_number), 1))
    if not found:
        raise InputError("no frames in it", str(folder), "Give a folder of png or jpg files, or a video")
    found.sort()
    numbers = [number for number, _ in found]
    if len(set(numbers)) < len(numbers):
        how = "Compare folders that hold one image a frame"
        raise InputError("frames are there as png and as jpg", str(folder), how)
    files = dict(found)
    fps = None if record is None else record.options.fps
    return FrameSource(
        folder, numbers, fps, record, lambda wanted: (_read(files[number]) for number in wanted)
    )


def _last_number(path: Path) -> tuple[int, str]:
    numbers = re.findall(r"\d+", path.stem)
    return (int(numbers[-1]) if numbers else -1, path.name)


def _read(file: Path) -> Pixels:
    pixels = read_image(file, cv2.IMREAD_UNCHANGED)
    return (
        pixels if pixels.ndim == 3 else cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)
    )


def _say(shape: tuple[int, ...]) -> str:
    height, width, values = shape
    return f"{width}x{height} with {'transparency' if values == 4 else 'three colours'}"
