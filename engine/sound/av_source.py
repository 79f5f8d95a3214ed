# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound that a video brings along, through PyAV: a source like any other."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer

from ..arrays import Floats
from ..errors import InputError
from ..runtime.storage import sha256_file


@dataclass(frozen=True)
class VideoSound:
    """The first sound of a video, from the moment of its first image on. See source.SoundSource."""

    path: Path
    rate: int
    samples: int
    lead: int
    """Samples by which the sound begins later than the images; below 0: earlier, and these are left out."""

    @property
    def name(self) -> str:
        """The path as it was given."""
        return str(self.path)

    def read(self, first: int) -> Iterator[Floats]:
        """Blocks [k, channels] from sample `first` to the end; decoded from the beginning, a block at a time.

        Raises:
            InputError: It cannot be decoded to its end.
        """
        skipped = first - self.lead
        try:
            with av.open(str(self.path)) as video:
                for block in _blocks(video):
                    if skipped < 0:
                        yield np.zeros((-skipped, block.shape[1]), np.float32)
                        skipped = 0
                    if len(block) > skipped:
                        yield block[skipped:]
                    skipped = max(0, skipped - len(block))
        except av.FFmpegError as error:
            raise InputError(f"its sound breaks off ({error.strerror})", self.name) from error

    def sha256(self) -> str:
        """Hash of the file's bytes."""
        return sha256_file(self.path)


def video_sound(path: Path) -> VideoSound | None:
    """The sound of a video; None if it has none that can be decoded to its end."""
    with suppress(av.FFmpegError), av.open(str(path)) as video:
        if not video.streams.audio or not video.streams.video:
            return None
        rate = video.streams.audio[0].rate
        lead = round((_begin(path) - _first_picture(video)) * rate)
        samples = lead + sum(len(block) for block in _blocks(video))
        return VideoSound(path, rate, samples, lead) if samples > 0 else None
    return None


def _begin(path: Path) -> float:
    """Seconds at which the first sound begins, behind what its encoder put in front."""
    with av.open(str(path)) as video:
        return next((frame.time or 0.0 for frame in video.decode(audio=0)), 0.0)


def _first_picture(video: InputContainer) -> float:
    """Seconds at which the images begin."""
    stream = video.streams.video[0]
    return float((stream.start_time or 0) * (stream.time_base or 0))


def _blocks(video: InputContainer) -> Iterator[Floats]:
    """All of the first sound as floats, with the rate and the channels that it begins with."""
    stream = video.streams.audio[0]
    as_floats = av.AudioResampler("fltp", stream.layout, stream.rate)
    for frame in chain(video.decode(stream), [None]):
        for part in as_floats.resample(frame):
            yield np.ascontiguousarray(part.to_ndarray().T, np.float32)
