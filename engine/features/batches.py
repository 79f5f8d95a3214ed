# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audio encoder made, batch by batch, when it is first asked for; a bounded number is kept."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from ..arrays import Floats


class Batches:
    """Batches by their numbers; threads may share them, and one at a time is made."""

    def __init__(self, make: Callable[[int], Floats], kept: int) -> None:
        """Prepare; nothing is made yet.

        Args:
            make: From the number of a batch to what it holds, always the same bits.
            kept: How many are kept, those that were used last.
        """
        self._make = make
        self._most = kept
        self._making = Lock()
        self._lock = Lock()
        self._kept: OrderedDict[int, Floats] = OrderedDict()

    def __getitem__(self, number: int) -> Floats:
        """The batch: kept from before, or made now, once no other is being made."""
        batch = self._used(number)
        if batch is None:
            with self._making:
                batch = self._made(number)
        return batch

    def ahead(self, number: int) -> None:
        """Make the batch now, unless one is being made: other threads need not wait for it later."""
        if self._making.acquire(blocking=False):
            try:
                self._made(number)
            finally:
                self._making.release()

    def _made(self, number: int) -> Floats:
        """The batch, made unless another thread did so a moment ago."""
        batch = self._used(number)
        if batch is None:
            batch = self._make(number)
            with self._lock:
                self._kept[number] = batch
                if len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return batch

    def _used(self, number: int) -> Floats | None:
        """The batch if it is kept; it is now the one that was used last."""
        with self._lock:
            batch = self._kept.get(number)
            if batch is not None:
                self._kept.move_to_end(number)
            return batch
