# SPDX-License-Identifier: GPL-3.0-or-later
"""Worker threads that hand back their results in the order of the tasks, a bounded number at a time."""

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from ..errors import StuckError
from .monitor import WORKER_NAME, Monitor

T = TypeVar("T")
R = TypeVar("R")

_AT_WORK = threading.local()
"""`call` is what a worker is at."""

_PATIENCE = 0.1  # seconds between two looks at whether the job is cancelled


def in_order(
    tasks: Iterable[T],
    work: Callable[[T], R],
    workers: int,
    monitor: Monitor | None = None,
    name: Callable[[T], str] = str,
) -> Generator[R, None, None]:
    """The results of `work` on each task, in order, made by `workers` threads.

    At most 2 * `workers` tasks are begun or finished and not yet taken, so memory does not grow with their
    number. The first failure in the order of the tasks is raised here, once. Tasks that are not begun by then
    are dropped; so they are when the monitor is cancelled (JobCancelled) or the iterator is closed. However
    it ends, all threads have ended too, except for one that hangs: a task that takes longer than the
    monitor's timeout raises StuckError with its `name`, and its thread is not waited for. A task that calls
    `begin_part` has as much time for every part.
    """
    monitor = monitor or Monitor()
    pending: deque[_Call[R]] = deque()
    with _one_opencv_thread():
        crew = _Crew(workers)
        try:
            for task in tasks:
                if len(pending) == 2 * workers:
                    yield _result(pending.popleft(), monitor)
                pending.append(crew.submit(partial(work, task), name(task)))
            while pending:
                yield _result(pending.popleft(), monitor)
        finally:
            crew.dismiss(monitor.timeout_s)


def begin_part(name: str) -> None:
    """Say, in a worker, that its task has come to another part."""
    _AT_WORK.call.begin(name)


class _Call(Generic[R]):
    """A task on its way."""

    def __init__(self, work: Callable[[], R], name: str) -> None:
        self.work = work
        self.name = name
        self.future: Future[R] = Future()
        self.began: float | None = None  # moment at which a thread took it

    def begin(self, name: str) -> None:
        self.name, self.began = name, time.monotonic()

    def run(self) -> None:
        self.begin(self.name)
        try:
            self.future.set_result(self.work())
        except BaseException as error:  # whoever takes the result hears of it
            self.future.set_exception(error)

    def seconds_left(self, timeout_s: float) -> float:
        """How long it may still take."""
        return timeout_s if self.began is None else self.began + timeout_s - time.monotonic()


class _Crew:
    """Threads that work.

    Python's own executor waits for its threads when the process ends, whatever happens; one that hangs
    inside a network or a driver would keep the process, or Blender, from ever ending.
    """

    def __init__(self, workers: int) -> None:
        self._calls: SimpleQueue[_Call[Any] | None] = SimpleQueue()
        self._stop = threading.Event()
        self._at_work: dict[threading.Thread, _Call[Any]] = {}
        self._threads = [
            threading.Thread(target=self._work, name=f"{WORKER_NAME}{number}", daemon=True)
            for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[], R], name: str) -> _Call[R]:
        """Have the next free thread do it."""
        call = _Call(work, name)
        self._calls.put(call)
        return call

    def dismiss(self, timeout_s: float) -> None:
        """Drop what is not begun, and wait for the rest, each at most `timeout` seconds from its start."""
        self._stop.set()
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            call = self._at_work.get(thread)
            thread.join(timeout_s if call is None else max(0.0, call.seconds_left(timeout_s)))

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            if not self._stop.is_set():
                self._at_work[threading.current_thread()] = _AT_WORK.call = call
                call.run()
            del call  # its result is not to outlive its taking


def _result(call: _Call[R], monitor: Monitor) -> R:
    """The result, or what was raised in its place."""
    monitor.check()
    while not wait([call.future], _PATIENCE).done:
        monitor.check()
        if call.seconds_left(monitor.timeout_s) <= 0:
            how = "The network, its driver or the disk hangs; finished frames are kept"
            raise StuckError(f"has taken more than {monitor.timeout_s:g} s", call.name, how)
    return call.future.result()


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
