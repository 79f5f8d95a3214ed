# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audio encoder made, batch by batch, when it is first asked for; a bounded number is kept."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


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
        self._lock = Lock()
        self._kept: OrderedDict[int, Floats] = OrderedDict()

    def __getitem__(self, number: int) -> Floats:
        """The batch: kept from before, or made now while other threads wait."""
        with self._lock:
            batch = self._kept.pop(number, None)
            if batch is None:
                batch = self._make(number)
            self._kept[number] = batch  # now the one used last
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return batch
