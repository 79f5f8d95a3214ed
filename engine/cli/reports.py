# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes of the jobs of a batch, wherever they run: told at once, and in a table at the end."""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import InputError, JobCancelled, LipreelError
from . import generate, options
from .manifest import Job

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


def attempt(job: Job, make: Callable[[Job], Report]) -> Report:
    """What came of a job that `make` does; only JobCancelled is raised, and ends the batch."""
    begun = time.monotonic()
    try:
        return make(job)
    except JobCancelled:
        raise
    except Exception as error:  # the rest is to go on, whatever it was
        return failed(job, error, time.monotonic() - begun)


def make_frames(job: Job, *, quiet: bool) -> Report:
    """Run a job here; raises what `generate` raises."""
    result = generate.frames_of(parsed(job), quiet=quiet)
    outcome: Outcome = "made" if result.frames_written else "was done"
    return Report(
        str(job.sound),
        str(job.out),
        outcome,
        result.frames,
        result.frames_written,
        result.seconds,
        result.warnings,
    )


def parsed(job: Job) -> argparse.Namespace:
    """The arguments of the job's `lipreel generate`; InputError for an option that is none."""
    parser = options.Parser(prog="lipreel generate")
    generate.add_to(parser.add_subparsers())
    return parser.parse_args(["generate", *job.words])


def failed(job: Job, error: Exception, seconds: float = 0.0) -> Report:
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


def tell_failure(report: Report) -> None:
    """Say on standard error why the job failed, if it did: the table may come hours later."""
    if report.error:
        print(f"{report.details}lipreel: {report.error}", file=sys.stderr)


def table(reports: Sequence[Report]) -> list[str]:
    """Lines for people: a line a job, and how many came to what."""
    width = max((len(report.out) for report in reports), default=0)
    lines = [
        f"{report.out:{width}}  {report.outcome:8}  {report.frames:6} frames  {report.seconds:7.1f} s"
        + (f"  {report.error}" if report.error else "")
        for report in reports
    ]
    undone = sum(bool(report.error) for report in reports)
    return [*lines, f"{len(reports) - undone} of {len(reports)} jobs are done"]


def status(reports: Sequence[Report]) -> int:
    """The exit status: 0, or 1 if one met a defect, or 2 if one had wrong input."""
    outcomes = {report.outcome for report in reports}
    return 1 if "defect" in outcomes else 2 if "failed" in outcomes else 0
