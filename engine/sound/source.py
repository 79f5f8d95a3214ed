# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a sound comes from: what every source can do, and samples in memory."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..errors import InputError
from .mix import Mix, mix_of

BLOCK_VALUES = 1 << 16
"""Samples times channels in a block: 256 KiB."""

_RATES = range(1_000, 1_000_001)
_MOST_CHANNELS = 256


class SoundSource(Protocol):
    """A sound at its own rate, read as often as one likes."""

    @property
    def name(self) -> str:
        """What to call it in messages: the path, or "array"."""

    @property
    def rate(self) -> int:
        """Samples a second."""

    @property
    def samples(self) -> int:
        """Samples a channel, at least 1."""

    @property
    def seekable(self) -> bool:
        """Whether reading from a sample on costs no reading of what is before it."""

    @property
    def mix(self) -> Mix:
        """What is heard of its channels."""

    def read(self, first: int) -> Iterator[Floats]:
        """Blocks [k, channels] from sample `first` to the end.

        Raises:
            InputError: The file is gone, or breaks off before its end.
        """

    def sha256(self) -> str:
        """Hash of the file's bytes, or of the array with its type, shape and rate."""


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Samples in memory: [n, channels] of int16, int32 or floats in -1 ... 1."""

    array: NDArray[Any]
    rate: int
    name: str = "array"
    seekable: bool = True

    @cached_property
    def mix(self) -> Mix:
        """See SoundSource."""
        return mix_of(self)

    @property
    def samples(self) -> int:
        """See SoundSource."""
        return len(self.array)

    def read(self, first: int) -> Iterator[Floats]:
        """See SoundSource."""
        scale = 1.0 / -np.iinfo(self.array.dtype).min if self.array.dtype.kind == "i" else 1.0
        step = max(1, BLOCK_VALUES // self.array.shape[1])
        for at in range(first, self.samples, step):
            with np.errstate(over="ignore"):  # what is too large becomes infinite, which is refused later
                block = (self.array[at : at + step] * scale).astype(np.float32)
            yield block

    def sha256(self) -> str:
        """See SoundSource."""
        head = f"{self.array.dtype.str} {self.array.shape} {self.rate} "
        return hashlib.sha256(head.encode() + self.array.tobytes()).hexdigest()


def array_source(array: NDArray[Any], rate: int) -> ArraySource:
    """Take samples [n] or [n, channels].

    Raises:
        InputError: Their type, shape or rate cannot be a sound's.
    """
    where = "array"
    kind, width = array.dtype.kind, array.dtype.itemsize
    if kind != "f" and not (kind == "i" and width in (2, 4)):
        raise InputError(f"samples of type {array.dtype}", where, "Pass int16, int32 or floats in -1 ... 1")
    if array.ndim not in (1, 2) or (array.ndim == 2 and not 1 <= array.shape[1] <= _MOST_CHANNELS):
        raise InputError(f"samples of shape {list(array.shape)}", where, "Pass [n] or [n, channels]")
    if len(array) == 0:
        raise InputError("there are no samples", where, "Pass at least one")
    check_rate(rate, where)
    return ArraySource(array.reshape(len(array), -1), int(rate))


def check_rate(rate: int, where: str) -> None:
    """Refuse a rate that no sound has, in samples a second."""
    if rate not in _RATES:
        how = f"Convert it to {_RATES.start} ... {_RATES.stop - 1} samples a second, 16000 or more for speech"
        raise InputError(f"a rate of {rate} samples a second", where, how)
