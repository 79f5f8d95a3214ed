# SPDX-License-Identifier: GPL-3.0-or-later
"""One thing done in a thread of its own while the caller goes on with another."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

R = TypeVar("R")


@contextmanager
def in_background(work: Callable[[], R]) -> Iterator[Future[R]]:
    """Have a thread do `work`; its result, or what it raised, is the future's. Leaving waits for its end."""
    future: Future[R] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # whoever takes the result hears of it
            future.set_exception(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield future
    finally:
        thread.join()
