# SPDX-License-Identifier: GPL-3.0-or-later
"""The frames of a video, through PyAV."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer

from ..arrays import Pixels
from ..errors import InputError

_HOW = "Give a folder of frames, or a video that FFmpeg reads"


@dataclass(frozen=True)
class Header:
    """What can be known without decoding."""

    count: int
    """Frames."""
    fps: Fraction
    """The mean rate, frames a second."""


def read_header(path: Path) -> Header:
    """Count the frames of a video. InputError if it is none."""
    with _open(path) as video:
        stream = video.streams.video[0]
        count = sum(1 for packet in video.demux(stream) if packet.size)
        rate = stream.average_rate
    if not count or not rate:
        raise InputError("a video without frames", str(path), _HOW)
    return Header(count, Fraction(rate))


def read_frames(path: Path, numbers: Sequence[int]) -> Iterator[Pixels]:
    """The frames of these numbers, counted from 1 and rising, as BGR [h, w, 3]; one is held at a time.

    Raises:
        InputError: The video breaks off before the last of them.
    """
    wanted = iter(numbers)
    number = next(wanted, None)
    with _open(path) as video:
        try:
            for at, frame in enumerate(video.decode(video=0), 1):
                if at == number:
                    yield frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
                    number = next(wanted, None)
                if number is None:
                    return
        except av.FFmpegError as error:
            raise InputError(f"breaks off at frame {number} ({error.strerror})", str(path)) from error
    raise InputError(f"breaks off before frame {number}", str(path), "Copy or export it again")


def _open(path: Path) -> InputContainer:
    try:
        video = av.open(str(path))
    except av.FFmpegError as error:
        raise InputError(f"not a video that can be read ({error.strerror})", str(path), _HOW) from error
    if not video.streams.video:
        video.close()
        raise InputError("there are no images in it", str(path), _HOW)
    return video
