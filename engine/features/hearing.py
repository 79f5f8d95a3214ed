# SPDX-License-Identifier: GPL-3.0-or-later
"""A recording at 16 kHz, and its log-mel, in parts that lie on the recording's own grid.

Whatever part is asked for, its bits are the same: they depend on where it lies in the recording and on
nothing else, so that clips of one recording agree wherever they overlap.
"""

from collections import OrderedDict
from collections.abc import Iterator

import numpy as np

from ..arrays import Floats
from ..runtime.memory import KEPT_MEL_SEGMENTS
from ..runtime.monitor import Monitor
from ..sound.recording import Recording
from ..sound.sound import RATE, resampled
from .logmel import CHUNK_FRAMES, HOP, LEAST_FRAMES, log_mel_chunk

SEGMENT_S = 60
"""Seconds that are resampled together. Whole seconds, so that they begin at a sample at every rate."""

_AROUND_S = 1  # resampled with them and dropped: the filter reaches a few milliseconds


class Heard:
    """A recording at 16 kHz; used by one thread."""

    def __init__(self, recording: Recording, monitor: Monitor) -> None:
        """Nothing is read yet; the monitor may cancel between two segments."""
        self.samples = -(-recording.samples * RATE // recording.rate)
        """Samples at 16 kHz."""
        self.mel_frames = max(LEAST_FRAMES, 1 + self.samples // HOP)
        """Mel frames of all of the sound."""
        self._recording = recording
        self._monitor = monitor
        self._kept: OrderedDict[int, Floats] = OrderedDict()

    def read(self, first: int, count: int) -> Floats:
        """Samples `first` to `first + count` [count]; zeros outside of the sound.

        Raises:
            InputError: As Recording.read.
            JobCancelled: The monitor says so.
        """
        part = np.zeros(count, np.float32)
        at, end = max(0, first), min(first + count, self.samples)
        while at < end:
            number, inside = divmod(at, SEGMENT_S * RATE)
            piece = self._segment(number)[inside : inside + end - at]
            part[at - first : at - first + len(piece)] = piece
            at += len(piece)
        return part

    def blocks(self, part: range) -> Iterator[Floats]:
        """The samples from 0 to the part's end, at most a second at a time; zeros before the part."""
        for at in range(0, part.stop, RATE):
            count = min(RATE, part.stop - at)
            block = self.read(at, count) if at + count > part.start else np.zeros(count, np.float32)
            block[: max(0, part.start - at)] = 0
            yield block

    def mel(self, chunks: range, part: range, mel_frames: int) -> Iterator[Floats]:
        """These chunks of the log-mel where only a part of the samples is heard; see `log_mel_chunk`."""
        for number in chunks:
            self._monitor.check()
            yield log_mel_chunk(number, self.read, part, mel_frames)

    def whole_mel(self) -> Iterator[Floats]:
        """The log-mel of all of the sound, as chunks [t, 80]."""
        whole = range(-(-self.mel_frames // CHUNK_FRAMES))
        for number, chunk in zip(whole, self.mel(whole, range(self.samples), self.mel_frames), strict=True):
            yield chunk[: self.mel_frames - number * CHUNK_FRAMES]

    def _segment(self, number: int) -> Floats:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        self._monitor.check()
        rate = self._recording.rate
        around = 0 if rate == RATE else _AROUND_S
        seconds = SEGMENT_S + 2 * around
        samples = self._recording.read((number * SEGMENT_S - around) * rate, seconds * rate)
        if around:
            samples = np.concatenate(list(resampled(iter([samples]), rate)))
        segment = samples[around * RATE : (around + SEGMENT_S) * RATE]
        self._kept[number] = segment
        if len(self._kept) > KEPT_MEL_SEGMENTS:
            self._kept.popitem(last=False)
        return segment
