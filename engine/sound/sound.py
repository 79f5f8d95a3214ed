# SPDX-License-Identifier: GPL-3.0-or-later
"""A sound, or a section of one, as a stream of 16 kHz mono: any rate, any channels, flat memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..errors import InputError
from .file_source import file_source
from .mix import told
from .source import SoundSource, array_source

RATE = 16000
"""Samples a second that the front end hears."""


@dataclass(frozen=True, eq=False)
class Sound:
    """A section of a source. Nothing of it is held in memory."""

    source: SoundSource
    first: int
    """First sample of the section, at the source's rate."""
    samples: int
    """Samples in the section, at the source's rate; at least 1."""

    @property
    def rate(self) -> int:
        """Samples a second of the source."""
        return self.source.rate

    @property
    def name(self) -> str:
        """The path of the sound, or "array"."""
        return self.source.name

    @property
    def duration(self) -> Fraction:
        """Seconds, exactly."""
        return Fraction(self.samples, self.rate)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of how it is heard, a sentence each."""
        return told(self.name, self.source.mix)

    def sha256(self) -> str:
        """Hash of the whole source: the file's bytes, or the array with its type, shape and rate."""
        return self.source.sha256()

    def channels(self) -> Iterator[Floats]:
        """Blocks [k, channels] from the section's beginning on, at its own rate; they may go on behind it.

        Raises:
            InputError: The file breaks off before its end.
        """
        return self.source.read(self.first)

    def blocks(self) -> Iterator[Floats]:
        """The section as blocks [k] of 16 kHz mono, ceil(samples * 16000 / rate) in all; can be called again.

        Raises:
            InputError: The file breaks off before its end, or holds samples that are not numbers.
        """
        blocks = _take(mono(self.source, self.first), self.samples)
        if self.rate == RATE:
            return blocks
        return _take(resampled(blocks, self.rate), -(-self.samples * RATE // self.rate))


def mono(source: SoundSource, first: int) -> Iterator[Floats]:
    """The source from sample `first` on, its channels mixed, at its own rate.

    Raises:
        InputError: The file breaks off before its end, or holds samples that are not numbers.
    """
    at = first
    for block in source.read(first):
        heard = source.mix(block)
        finite = np.isfinite(heard)
        if not finite.all():
            seconds = (at + int(np.argmin(finite))) / source.rate
            what = f"samples are not numbers (NaN or infinite), the first at {seconds:.3f} s"
            raise InputError(what, source.name, "Export the sound again, as 16- or 24-bit wav")
        yield heard
        at += len(heard)


def open_sound(
    source: str | Path | tuple[NDArray[Any], int] | SoundSource,
    *,
    start: Fraction = Fraction(0),
    duration: Fraction | None = None,
) -> Sound:
    """Open a sound, or a section of it.

    Args:
        source: A file that libsndfile or, where PyAV is installed, FFmpeg reads, also a video; or an array
            and its rate: [n] or [n, channels], int16, int32 or floats in -1 ... 1; or an open source.
        start: Seconds into the sound at which the section begins.
        duration: Seconds that it lasts, in whole samples and never more than asked for; None is to the end.

    Raises:
        InputError: The source is no sound, is cut short or ends before `start`, or the section cannot be; it
            says where and how to mend it.
    """
    opened: SoundSource
    if isinstance(source, tuple):
        array, rate = source
        opened = array_source(np.asarray(array), rate)
    elif isinstance(source, str | Path):
        opened = file_source(Path(source))
    else:
        opened = source
    first, samples = _section(opened, start, duration)
    return Sound(opened, first, samples)


def _section(source: SoundSource, start: Fraction, duration: Fraction | None) -> tuple[int, int]:
    """First sample and number of samples, rounded down: one more sample could mean one more frame."""
    length = f"The sound lasts {source.samples / source.rate:.3f} s"
    if start < 0:
        raise InputError(f"a start of {float(start):g} s", source.name, "Give 0 or more")
    if duration is not None and duration <= 0:
        raise InputError(f"a duration of {float(duration):g} s", source.name, "Give more than 0")
    first = int(start * source.rate)
    if first >= source.samples:
        raise InputError(f"a start of {float(start):g} s is past the end", source.name, length)
    rest = source.samples - first
    return first, rest if duration is None else min(rest, max(1, int(duration * source.rate)))


def resampled(blocks: Iterator[Floats], rate: int) -> Iterator[Floats]:
    """Blocks at `rate` to blocks at 16 kHz, with no delay."""
    import soxr

    stream = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.empty(0, np.float32), last=True)


def _take(blocks: Iterator[Floats], count: int) -> Iterator[Floats]:
    """The first `count` samples, made up with silence if there are fewer."""
    for block in blocks:
        part = block[:count]
        count -= len(part)
        if len(part):
            yield part
        if not count:
            return
    yield np.zeros(count, np.float32)
