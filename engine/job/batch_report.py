# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of the jobs of a batch, wherever they run."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..errors import InputError, JobCancelled, LipreelError
from .manifest import BatchJob

Outcome = Literal["made", "was done", "failed", "defect"]


@dataclass(frozen=True)
class Report:
    """What came of a job."""

    sound: str
    out: str
    outcome: Outcome
    frames: int = 0
    """Frames of the job."""
    frames_written: int = 0
    """Those that this run has made."""
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    """What the user should hear about, a sentence each."""
    error: str = ""
    """What went wrong, in one line."""
    details: str = ""
    """The traceback of a defect."""


def attempt(job: BatchJob, make: Callable[[BatchJob], Report]) -> Report:
    """What came of a job that `make` does; only JobCancelled is raised, and ends the batch."""
    begun = time.monotonic()
    try:
        return make(job)
    except JobCancelled:
        raise
    except Exception as error:  # the rest is to go on, whatever it was
        return failed(job, error, time.monotonic() - begun)


def failed(job: BatchJob, error: Exception, seconds: float = 0.0) -> Report:
    """The report of a job that ended with this error."""
    known = isinstance(error, LipreelError)
    return Report(
        str(job.sound),
        str(job.out),
        "failed" if isinstance(error, InputError) else "defect",
        seconds=seconds,
        error=str(error) if known else f"{type(error).__name__}: {error}",
        details="" if known else "".join(traceback.format_exception(error)),
    )
