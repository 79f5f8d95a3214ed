# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the audio encoder, made when they are first asked for, in batches that never change."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from ..arrays import Floats, Ints
from ..inference.families import ROW_SIZE
from ..runtime.memory import KEPT_ENCODER_BATCHES
from .batches import Batches
from .windows import WINDOW_FRAMES, ZEROS


class Mel(Protocol):
    """The log-mel of a whole sound, [T, 80]: an array, or a file that is read in slices."""

    def __getitem__(self, part: slice, /) -> Floats:
        """Mel frames part.start to part.stop, [n, 80]."""


class EncoderRows:
    """The rows that a plan needs, shared by all workers.

    The distinct starts of the whole plan are sorted and cut into fixed batches, so that a row's neighbours in
    its batch, and with them its bits, depend on no order, no worker and no resumed job.
    """

    def __init__(
        self,
        mel: Mel,
        starts: Ints,
        run: Callable[[Floats], Floats],
        batch: int = 16,
    ) -> None:
        """Prepare; nothing is encoded yet.

        Args:
            mel: The log-mel of the whole sound, [T, 80].
            starts: All the starts that the full plan needs, also those of frames already done; any shape.
            run: The encoder, [batch, 1, 80, 16] to [batch, 512]; called by one thread at a time.
            batch: Windows in one call.
        """
        self._mel = mel
        self._starts = np.unique(starts[starts != ZEROS])
        self._batch = batch
        self._encoded = Batches(lambda number: run(self._input(number)), KEPT_ENCODER_BATCHES)

    def window(self, starts: Ints) -> Floats:
        """The rows [w, 512] of the windows that begin at `starts` [w]: zeros for ZEROS.

        Raises:
            ValueError: A start is none of the plan's.
        """
        rows = np.zeros((len(starts), ROW_SIZE), np.float32)
        places = self._places(starts)
        for row, place in places:
            rows[row] = self._encoded[place // self._batch][place % self._batch]
        if places:
            self._look_ahead(max(place for _, place in places))
        return rows

    def _look_ahead(self, place: int) -> None:
        """Encode the next batch when half of one is used: in this thread, before all of them wait for it."""
        number, used = divmod(place, self._batch)
        if 2 * used >= self._batch and (number + 1) * self._batch < len(self._starts):
            self._encoded.ahead(number + 1)

    def _places(self, starts: Ints) -> list[tuple[int, int]]:
        """Pairs: a row that is not zeros, and the place of its start among those of the plan."""
        rows = np.flatnonzero(starts != ZEROS)
        places = np.searchsorted(self._starts, starts[rows])
        if not np.array_equal(self._starts[places.clip(max=len(self._starts) - 1)], starts[rows]):
            raise ValueError(f"starts {starts.tolist()} are not all of the plan")
        return list(zip(rows.tolist(), places.tolist(), strict=True))

    def _input(self, number: int) -> Floats:
        """The encoder's input [batch, 1, 80, 16]; the last batch is filled up with its last window."""
        places = np.arange(number * self._batch, (number + 1) * self._batch)
        starts = self._starts[places.clip(max=len(self._starts) - 1)]
        first, last = int(starts[0]), int(starts[-1])
        stretch = self._mel[first : last + WINDOW_FRAMES]
        windows = stretch[(starts - first)[:, None] + np.arange(WINDOW_FRAMES)]
        return np.ascontiguousarray(windows.transpose(0, 2, 1)[:, None])
