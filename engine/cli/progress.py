# SPDX-License-Identifier: GPL-3.0-or-later
"""A progress bar on standard error and a Ctrl-C that stops the job in good order.

Sixty lines of our own: what we show is one line of text, less than a library for it would cost to keep.
"""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

_BAR = 24  # characters
_INTERVAL = 0.1  # seconds between two drawings
_COUNTS_NO_FRAMES = ("sound", "mouth", "jobs")  # phases in which frames a second would say nothing
_CLEAR = "\r\x1b[K"


class ProgressBar:
    """Phase, bar, speed and time left on one line of standard error, only where that is a terminal.

    Called with (phase, done, total) as the engine's progress callback; the line is cleared on leaving the
    `with` block, so that whatever is printed next starts on a clean line.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._shown = sys.stderr.isatty() and not quiet
        self._phase = ""
        self._first = 0  # units done when the phase was first heard of: a resumed job does not start at 0
        self._began = 0.0
        self._drawn = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Make the line free for something else to be said."""
        if self._shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()

    def __call__(self, phase: str, done: int, total: int) -> None:
        """Show that `done` of `total` units of `phase` are done."""
        if not self._shown:
            return
        now = time.monotonic()
        if phase != self._phase:
            self._phase, self._first, self._began, self._drawn = phase, done, now, 0.0
        if now - self._drawn < _INTERVAL and done < total:
            return
        self._drawn = now
        sys.stderr.write(_CLEAR + bar_line(phase, done, total, done - self._first, now - self._began))
        sys.stderr.flush()


def bar_line(phase: str, done: int, total: int, counted: int, elapsed: float) -> str:
    """One line of text for `done` of `total`, of which `counted` were done in the last `elapsed` seconds."""
    filled = _BAR * done // total if total else _BAR
    line = f"{phase:10} [{'#' * filled}{'.' * (_BAR - filled)}] {done}/{total}"
    if counted <= 0 or elapsed <= 0:
        return line
    speed = counted / elapsed
    rate = f"{speed:.1f} frames/s  " if phase not in _COUNTS_NO_FRAMES else ""
    return f"{line}  {rate}{clock(round((total - done) / speed))} left"


def clock(seconds: int) -> str:
    """Seconds as 4:05, from an hour on as 1:02:03."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@contextmanager
def cancel_on_interrupt() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C or a polite kill sets; another Ctrl-C interrupts at once, as Python does."""
    cancel = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # only it may handle signals
        yield cancel
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        restore()
        cancel.set()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield cancel
    finally:
        restore()
