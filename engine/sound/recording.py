# SPDX-License-Identifier: GPL-3.0-or-later
"""A sound that is read in any part and in any order, at its own rate."""

from collections.abc import Iterator
from functools import cached_property
from threading import Lock
from typing import Protocol

import numpy as np

from ..arrays import Floats
from ..runtime.memory import KEPT_SOUND_S
from .mix import told
from .sound import mono
from .source import SoundSource


class Recording(Protocol):
    """What a clip is a part of."""

    @property
    def name(self) -> str:
        """What to call it in messages, such as the path."""

    @property
    def rate(self) -> int:
        """Samples a second."""

    @property
    def samples(self) -> int:
        """Samples, at least 1."""

    @property
    def identity(self) -> str:
        """Changes whenever the content does."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of how it is heard, a sentence each."""

    def read(self, first: int, count: int) -> Floats:
        """Samples `first` to `first + count`, mono float32 [count]; zeros outside the sound.

        The same sample is the same bits in whatever part it is read.

        Raises:
            InputError: The sound is gone, breaks off before its end, or holds samples that are not numbers.
        """


class SourceRecording:
    """A source as a recording: its channels mixed. Threads may share it."""

    def __init__(self, source: SoundSource) -> None:
        """Nothing is read yet."""
        self.name = source.name
        self.rate = source.rate
        self.samples = source.samples
        self._source = source
        # Of a decoder that does not find a sample exactly, everything is read from the start: in one go.
        self._forward = None if source.seekable else _Forward(source)
        self._lock = Lock()

    @cached_property
    def identity(self) -> str:
        """The hash of the source."""
        return self._source.sha256()

    @property
    def notes(self) -> tuple[str, ...]:
        """See Recording."""
        return told(self.name, self._source.mix)

    def read(self, first: int, count: int) -> Floats:
        """See Recording."""
        part = np.zeros(count, np.float32)
        begin, end = max(0, first), min(first + count, self.samples)
        if begin < end:
            with self._lock:
                inside = self._forward.read(begin, end) if self._forward else self._read(begin, end)
            part[begin - first : end - first] = inside
        return part

    def _read(self, begin: int, end: int) -> Floats:
        return _joined(_until(mono(self._source, begin), begin, end))[: end - begin]


class _Forward:
    """Reads a source on from where it was; what lies further back than is remembered, from its start."""

    def __init__(self, source: SoundSource) -> None:
        self._source = source
        self._blocks, self._held, self._at = mono(source, 0), np.empty(0, np.float32), 0

    def read(self, begin: int, end: int) -> Floats:
        """Samples `begin` to `end`, all inside the source."""
        if begin < self._at:
            self._blocks, self._held, self._at = mono(self._source, 0), np.empty(0, np.float32), 0
        for block in self._blocks if self._at + len(self._held) < end else ():
            joined = np.concatenate([self._held, block])
            here = self._at + len(joined)
            # Nothing that is asked for is let go, and of what was before that, a few seconds stay.
            drop = max(0, min(begin, here - KEPT_SOUND_S * self._source.rate) - self._at)
            self._held, self._at = joined[drop:], self._at + drop
            if here >= end:
                break
        return self._held[begin - self._at : end - self._at]


def _until(blocks: Iterator[Floats], at: int, end: int) -> Iterator[Floats]:
    """The blocks, of which the first begins at `at`, up to the one that reaches `end`."""
    for block in blocks:
        yield block
        at += len(block)
        if at >= end:
            return


def _joined(blocks: Iterator[Floats]) -> Floats:
    return np.concatenate(list(blocks))
