# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of a batch as commands; what came of them told at once, and in a table at the end."""

import argparse
import sys
from collections.abc import Sequence

from ..errors import InputError
from ..job.batch_report import Outcome, Report
from ..job.manifest import BatchJob
from ..runtime.parser import Parser
from . import generate


def make_frames(job: BatchJob, *, quiet: bool) -> Report:
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


def parsed(job: BatchJob) -> argparse.Namespace:
    """The arguments of the job's `lipreel generate`; InputError for an option that is none."""
    parser = Parser(prog="lipreel generate")
    generate.add_arguments(parser)
    return parser.parse_args(job.words)


def check(job: BatchJob) -> None:
    """Raise InputError for an option of the job that cannot be, or a mouth track that is not there."""
    arguments = parsed(job)
    options = generate.options_of(arguments)
    if options.mouth is not None and not options.mouth.is_file():
        raise InputError("no such file", str(options.mouth), "Check the path and its spelling")


def option_names() -> frozenset[str]:
    """The long options of `lipreel generate`, without their dashes."""
    parser = Parser(prog="lipreel generate")
    generate.add_arguments(parser)
    return frozenset(name[2:] for name in parser._option_string_actions if name.startswith("--"))


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
