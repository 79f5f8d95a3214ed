# SPDX-License-Identifier: GPL-3.0-or-later
"""How the owner of a job looks on, and how he stops it."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from ..errors import JobCancelled
from .timings import Timings

T = TypeVar("T")

WORKER_NAME = "lipreel_"
"""What the names of all threads that draw begin with."""

TIMEOUT_S = 120.0
"""Seconds that one frame may take, unless the owner says otherwise."""

Progress = Callable[[str, int, int], None]
"""Called as (phase, done, total), in the thread that drives the job."""


def ignore(_phase: str, _done: int, _total: int) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True)
class Monitor:
    """Progress and cancelling, handed through the stages of a job."""

    progress: Progress = ignore
    cancel: threading.Event = field(default_factory=threading.Event)
    """Set it, from any thread, to stop the job."""
    timings: Timings = field(default_factory=Timings)
    """Where the time goes."""

    timeout_s: float = TIMEOUT_S
    """Seconds that one frame may take; a job whose frame takes longer has failed."""

    def check(self) -> None:
        """Raise JobCancelled once the job is cancelled."""
        if self.cancel.is_set():
            raise JobCancelled

    def steps(self, phase: str, items: Iterable[T], total: int, done: int = 0) -> Iterator[T]:
        """Hand the items on, reporting `phase` before the first and after each; stops when cancelled."""
        self.progress(phase, done, total)
        for count, item in enumerate(items, done + 1):
            self.check()
            yield item
            self.progress(phase, count, total)
