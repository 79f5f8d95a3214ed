# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of a batch on a Dask cluster: the scheduler hands them out, and again when a worker dies.

All that goes over the network is a job's words and its report: sounds, avatars and frames lie on a drive that
every worker sees under the same path. A job that is handed out again goes on where the dead worker was.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING

from ..errors import FolderBusyError, InputError, JobCancelled, LipreelError, install_extra
from ..runtime.monitor import Progress
from ..version import own_version
from .batch_report import Report, attempt, failed
from .manifest import BatchJob

if TYPE_CHECKING:
    from distributed import Client, Future

_ANSWER = 10  # seconds for the scheduler to answer
_BUSY = 120.0  # seconds: a network drive keeps the lock of a machine that has died for a minute or so
_PAUSE = 2.0  # seconds between two looks at a folder that is busy


Make = Callable[[BatchJob], Report]
"""Makes the frames of a job, or raises why not; a function that workers find by its name."""


def run_on_cluster(
    address: str,
    jobs: Sequence[BatchJob],
    make: Make,
    progress: Progress,
    tell: Callable[[Report | str], None],
) -> list[Report]:
    """Run the jobs on the cluster of a Dask scheduler; their reports, in the order of the jobs.

    `tell` gets each report as it comes, and what the user should be told while it runs.

    Raises:
        InputError: Dask is not installed, or no scheduler answers.
        JobCancelled: Ctrl-C; jobs that have begun run to their end, the others are dropped.
    """
    with _connected(address, tell) as client:
        from distributed import as_completed

        numbers = {client.submit(work, job, make, pure=False): number for number, job in enumerate(jobs)}
        reports: dict[int, Report] = {}
        progress("jobs", 0, len(jobs))
        for future in as_completed(list(numbers), loop=client.loop):  # type: ignore[no-untyped-call]
            report = _report(jobs[numbers[future]], future)
            reports[numbers[future]] = report
            tell(report)
            progress("jobs", len(reports), len(jobs))
    return [reports[number] for number in range(len(jobs))]


@contextmanager
def _connected(address: str, tell: Callable[[Report | str], None]) -> Iterator["Client"]:
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("clusters need Dask", how=install_extra("cluster")) from error
    # We say ourselves, in one line, what it would tell with its traceback.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=_ANSWER, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        how = "Start one with `dask scheduler`, which says its address"
        raise InputError("no Dask scheduler answers", address, how) from error
    with client:
        _check_workers(client, tell)
        try:
            yield client
        except KeyboardInterrupt as stop:
            how = "Jobs that have begun run to their end on the workers; the same command goes on"
            raise JobCancelled("interrupted", address, how) from stop


def _check_workers(client: "Client", tell: Callable[[Report | str], None]) -> None:
    """InputError if one of the workers that are there lacks this version of Lipreel: jobs would kill it."""
    # Of Python's own library: nothing of ours can be sent to a worker that does not know us.
    found = client.run(metadata.version, "lipreel", on_error="return")
    if not found:
        tell("there are no workers yet: the jobs wait for them")
    for address, answer in found.items():
        if answer != own_version():
            what = f"it has Lipreel {answer}" if isinstance(answer, str) else "it lacks Lipreel"
            how = f"Install lipreel[cluster] there, version {own_version()}"
            raise InputError(what, f"worker {address}", how)


def work(job: BatchJob, make: Make) -> Report:
    """Run a job; on a worker."""
    return attempt(job, partial(_make_when_free, make))


def _make_when_free(make: Make, job: BatchJob) -> Report:
    """Run a job when its folder is free: the lock of a worker that has died may stay for a while."""
    until = time.monotonic() + _BUSY
    while True:
        try:
            return make(job)
        except FolderBusyError:
            if time.monotonic() > until:
                raise
        time.sleep(_PAUSE)


def _report(job: BatchJob, future: "Future[Report]") -> Report:
    """What came of a job that has ended, with its report or without."""
    from distributed import KilledWorker

    where = str(job.out)
    try:
        return future.result()
    except KilledWorker as error:
        how = "Workers may lack memory: their logs tell. What they have made is kept"
        return failed(job, LipreelError(f"{error.allowed_failures + 1} workers died of it", where, how))
    except CancelledError:
        return failed(job, LipreelError("the Dask scheduler has gone", where, "The same command goes on"))
    except Exception as error:  # of Dask's own: the other jobs go on
        return failed(job, error)
