# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time of a job goes: seconds a stage, summed over all threads."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

Stage = Literal["decode", "mel", "encode sound", "prepare", "infer", "paste", "encode image", "write"]


class Timings:
    """A stop watch for each stage; threads share it."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    @contextmanager
    def time(self, stage: Stage) -> Iterator[None]:
        """Add what passes in this context, in the thread that runs it, to `stage`."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._seconds[stage] += time.perf_counter() - begun

    def seconds(self) -> dict[str, float]:
        """Seconds of each stage so far."""
        with self._lock:
            return dict(self._seconds)
