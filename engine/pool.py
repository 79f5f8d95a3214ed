# SPDX-License-Identifier: GPL-3.0-or-later
"""Worker threads that hand back their results in the order of the tasks, a bounded number at a time."""

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

from .errors import JobCancelled
from .watch import Watch

T = TypeVar("T")
R = TypeVar("R")

MOST_WORKERS = 6
"""Frames that are drawn at once: each takes 150 MB with a network of the true size."""

_PATIENCE = 0.1  # seconds between two looks at whether the job is cancelled


def usable_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share_cores(cores: int) -> tuple[int, int]:
    """Workers, and the threads of a network's session that keep as many cores busy.

    A session's threads are the one that calls it and those of its pool, which all calls share.
    """
    workers = min(cores, MOST_WORKERS)
    return workers, cores - workers + 1


def in_order(
    tasks: Iterable[T], work: Callable[[T], R], workers: int, watch: Watch | None = None
) -> Generator[R, None, None]:
    """The results of `work` on each task, in order, made by `workers` threads.

    At most 2 * `workers` tasks are begun or finished and not yet taken, so memory does not grow with their
    number. The first failure in the order of the tasks is raised here, once; tasks that are not begun by then
    are dropped, and so they are when the watch is cancelled (JobCancelled) or the iterator closed. Whichever
    way it ends, all threads have ended too.
    """
    watch = watch or Watch()
    stop = threading.Event()

    def guarded(task: T) -> R:
        if stop.is_set():
            raise JobCancelled
        return work(task)

    pending: deque[Future[R]] = deque()
    with _one_opencv_thread(), ThreadPoolExecutor(workers, "lipreel") as pool:
        try:
            for task in tasks:
                if len(pending) == 2 * workers:
                    yield _result(pending.popleft(), watch)
                pending.append(pool.submit(guarded, task))
            while pending:
                yield _result(pending.popleft(), watch)
        finally:
            stop.set()


def _result(future: "Future[R]", watch: Watch) -> R:
    """The result, or what was raised in its place."""
    watch.check()
    while not wait([future], _PATIENCE).done:
        watch.check()
    return future.result()


@contextmanager
def _one_opencv_thread() -> Iterator[None]:
    """Keep OpenCV from starting threads of its own.

    The setting is one for the whole process. Each worker is busy with a frame of its own, so threads inside
    OpenCV would only get in the way of one another; who calls us gets his setting back.
    """
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
