# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound of any file that FFmpeg decodes, a video's too, through PyAV: the package's extra `video`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer

from ..arrays import Floats
from ..errors import InputError
from ..runtime.storage import sha256_file
from .mix import Mix, mix_of

_LACKING_S, _LACKING_PART = 1.0, 0.02  # headers may promise a little too much


@dataclass(frozen=True)
class AvSource:
    """The first sound of a file; of a video, from its first image on. See source.SoundSource."""

    path: Path
    rate: int
    samples: int
    lead: int
    """Samples by which the sound begins later than the images; below 0: earlier, and these are left out."""
    seekable: bool = False

    @property
    def name(self) -> str:
        """The path as it was given."""
        return str(self.path)

    @cached_property
    def mix(self) -> Mix:
        """See SoundSource."""
        return mix_of(self)

    def read(self, first: int) -> Iterator[Floats]:
        """Blocks [k, channels] from sample `first` to the end; decoded from the beginning, a block at a time.

        Raises:
            InputError: It cannot be decoded to its end.
        """
        skipped = first - self.lead
        try:
            with av.open(str(self.path)) as file:
                for block in _blocks(file):
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


def av_source(path: Path) -> AvSource | None:
    """The sound of a file; None if it has none that can be decoded.

    Raises:
        InputError: It breaks off before its end.
    """
    try:
        with av.open(str(path)) as file:
            rate = file.streams.audio[0].rate if file.streams.audio else 0
            if not rate:
                return None
            begin, lengths = _begin(path), [len(block) for block in _blocks(file)]
            lead = round((begin - _first_image(file)) * rate) if file.streams.video else 0
        promised, there = _promised(path), begin + sum(lengths) / rate
    except (av.FFmpegError, ValueError, OSError):
        return None
    samples = lead + sum(lengths)
    if samples <= 0:
        return None
    if promised - there > max(_LACKING_S, _LACKING_PART * promised):
        what = f"the sound is cut short: its header promises {promised:.1f} s, it holds {there:.1f} s"
        raise InputError(
            what, str(path), "Export or copy it again; if this is all there is, convert it first"
        )
    return AvSource(path, rate, samples, lead)


def _promised(path: Path) -> float:
    """Seconds on the file's clock up to which its header says that it has sound; 0 if that is not known."""
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        if stream.duration and stream.time_base:
            return float(((stream.start_time or 0) + stream.duration) * stream.time_base)
        if not file.duration:
            return 0.0
        whole = ((file.start_time or 0) + file.duration) / av.time_base
        if not file.streams.video:
            return whole
        # That of the longest stream: the sound may end earlier, if the file is whole.
        ends = (
            float((packet.pts + (packet.duration or 0)) * packet.time_base)
            for packet in file.demux()
            if packet.pts is not None
        )
        return whole if whole - max(ends, default=0.0) > _LACKING_S else 0.0


def _begin(path: Path) -> float:
    """Seconds at which the first sound begins, behind what its encoder put in front."""
    with av.open(str(path)) as file:
        return next((frame.time or 0.0 for frame in file.decode(audio=0)), 0.0)


def _first_image(video: InputContainer) -> float:
    """Seconds at which the images begin."""
    stream = video.streams.video[0]
    return float((stream.start_time or 0) * (stream.time_base or 0))


def _blocks(file: InputContainer) -> Iterator[Floats]:
    """All of the first sound as floats, with the rate and the channels that it begins with."""
    stream = file.streams.audio[0]
    as_floats = av.AudioResampler("fltp", stream.layout, stream.rate)
    for frame in chain(file.decode(stream), [None]):
        for part in as_floats.resample(frame):
            yield np.ascontiguousarray(part.to_ndarray().T, np.float32)
