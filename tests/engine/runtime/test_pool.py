# SPDX-License-Identifier: GPL-3.0-or-later
"""The pool: order, bounds, failures, cancelling, and no thread left behind."""

import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import cv2
import pytest
from lipreel.engine.errors import JobCancelled, StuckError
from lipreel.engine.runtime.cores import share_cores
from lipreel.engine.runtime.monitor import WORKER_NAME, Monitor
from lipreel.engine.runtime.pool import begin_part, in_order


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Every test must end with the threads and the OpenCV setting that it began with."""
    threads, before = threading.active_count(), cv2.getNumThreads()
    cv2.setNumThreads(3)
    yield
    after = cv2.getNumThreads()
    cv2.setNumThreads(before)
    assert after == 3
    assert threading.active_count() == threads


def test_results_come_in_the_order_of_the_tasks() -> None:
    def work(task: int) -> int:
        time.sleep(0.02 if task % 3 == 0 else 0)  # so that they end in another order
        return task * task

    assert list(in_order(range(30), work, 4)) == [task * task for task in range(30)]


def test_as_many_threads_as_workers() -> None:
    together = threading.Barrier(3, timeout=20)  # passes only if three tasks run at once
    assert list(in_order(range(9), lambda _: together.wait() >= 0, 3)) == [True] * 9


def test_opencv_has_one_thread_while_they_work() -> None:
    assert list(in_order(range(2), lambda _: cv2.getNumThreads(), 2)) == [1, 1]


def test_no_more_than_two_for_each_worker_are_under_way() -> None:
    begun: list[int] = []
    results = in_order(range(1000), begun.append, 3)
    for taken in range(20):
        next(results)
        time.sleep(0.01)  # time enough for workers that know no bound
        assert len(begun) <= taken + 1 + 2 * 3
    results.close()


def test_failure_is_raised_once_and_in_its_place() -> None:
    begun: list[int] = []

    def work(task: int) -> int:
        begun.append(task)
        if task in (5, 6):
            raise ValueError(f"task {task}")
        return task

    got: list[int] = []
    with pytest.raises(ValueError, match="task 5"):
        got.extend(in_order(range(1000), work, 2))
    assert max(begun) <= 5 + 2 * 2
    results = in_order(range(1000), work, 2)
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="task 5"):
        next(results)
    assert list(results) == []


def test_failure_of_the_tasks_themselves() -> None:
    def tasks() -> Iterator[int]:
        yield 1
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        list(in_order(tasks(), lambda task: task, 2))


def test_cancelling_ends_it_while_tasks_hang() -> None:
    cancel, release = threading.Event(), threading.Event()
    begun: list[int] = []

    def work(task: int) -> None:
        begun.append(task)
        cancel.set()
        release.wait(1)  # time enough to see that it is cancelled

    with pytest.raises(JobCancelled):
        list(in_order(range(1000), work, 2, Monitor(cancel=cancel)))
    assert len(begun) <= 2  # those under way were let finish, no other was begun


def test_every_part_of_a_task_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    clock = [0.0]
    monkeypatch.setattr("lipreel.engine.runtime.pool.time", SimpleNamespace(monotonic=lambda: clock[0]))

    def work(task: int) -> int:
        for part in range(4):
            begin_part(f"part {part} of {task}")
            clock[0] += 0.4
            if (task, part) == (1, 2):
                clock[0] += 10
                release.wait(60)
        return task

    results = in_order(range(5), work, 1, Monitor(timeout_s=0.5))
    assert next(results) == 0  # in 1.6 s
    with pytest.raises(StuckError) as stuck:
        next(results)
    assert stuck.value.where == "part 2 of 1"
    release.set()
    for thread in threading.enumerate():
        if thread.name.startswith(WORKER_NAME):
            thread.join()


def test_cancelled_before_it_begins() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(JobCancelled):
        list(in_order([1], lambda task: task, 1, Monitor(cancel=cancel)))


def test_closing_the_iterator_drops_the_rest() -> None:
    begun: list[int] = []
    results = in_order(range(1000), begun.append, 2)
    next(results)
    results.close()
    assert len(begun) <= 5


def test_an_iterator_that_is_never_begun_starts_nothing() -> None:
    begun: list[int] = []
    threads = threading.active_count()
    results = in_order(range(1000), begun.append, 2)
    assert threading.active_count() == threads
    results.close()
    assert begun == []


@pytest.mark.parametrize("cores", [1, 2, 6, 8, 64])
def test_all_cores_are_busy_and_few_frames_under_way(cores: int) -> None:
    workers, threads = share_cores(cores)
    assert workers + (threads - 1) == cores  # those that call, and the pool that they share
    assert 1 <= workers <= 8


@pytest.mark.parametrize("count", [0, 1, 3])
def test_fewer_tasks_than_workers(count: int) -> None:
    assert list(in_order(range(count), lambda task: task, 8)) == list(range(count))
