# SPDX-License-Identifier: GPL-3.0-or-later
"""What took long to find out and does not change, kept for the next job of this process."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

R = TypeVar("R")

_KEPT = 16


class Remembered(Generic[R]):
    """The results for those keys that were asked for last; threads may share it."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._lock = Lock()
        self._results: OrderedDict[str, R] = OrderedDict()

    def get(self, key: str, make: Callable[[], R]) -> R:
        """The result for the key, which stands for all that `make` depends on; made if it is not known."""
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                return self._results[key]
        result = make()  # not under the lock: it may take minutes, and be cancelled
        with self._lock:
            self._results[key] = result
            if len(self._results) > _KEPT:
                self._results.popitem(last=False)
        return result
