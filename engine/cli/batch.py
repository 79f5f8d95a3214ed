# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel batch`: many jobs of a list, one after the other."""

import argparse
import dataclasses
import json
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import InputError, JobCancelled, LipreelError
from . import generate, options
from .manifest import Job, read_manifest, shard

_EPILOG = """\
LIST is a .csv with the columns sound, out and any options of generate, or a .toml:

  [defaults]
  avatar = "robin"

  [[job]]
  sound = "scene 1.wav"
  out = "frames/scene 1"
  fps = 24
"""

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
    error: str = ""
    """What went wrong, in one line."""


def add_to(commands: "argparse._SubParsersAction[options.Parser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "batch",
        help="work through a list of jobs",
        description="Make the frames of many jobs. What is done is not done again, and a failure does not "
        "stop the rest.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("list", metavar="LIST", type=Path, help="a .toml or .csv file")
    parser.add_argument(
        "--shard",
        metavar="I/N",
        type=options.part,
        default=(1, 1),
        help="only part I of N, for N machines: jobs I, I+N, I+2N ...",
    )
    parser.add_argument("--json", action="store_true", help="end with one line of JSON on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no table; warnings stay")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what `lipreel batch` was asked to; 0 if all jobs are done, else as `status` says."""
    jobs = shard(read_manifest(arguments.list), *arguments.shard)
    parsed = [_parsed(job) for job in jobs]  # all of them before the first: a slip shows at once
    reports = list(run_all(jobs, lambda number: _frames(parsed[number], quiet=arguments.quiet)))
    if not arguments.quiet:
        print(*table(reports), sep="\n")
    if arguments.json:
        print(json.dumps({"jobs": [dataclasses.asdict(report) for report in reports]}))
    return status(reports)


def run_all(jobs: Sequence[Job], make: Callable[[int], Report]) -> Iterable[Report]:
    """What came of each job: `make` gets its number, from 0. JobCancelled ends them all."""
    for number, job in enumerate(jobs):
        begun = time.monotonic()
        try:
            yield make(number)
        except JobCancelled:
            raise
        except Exception as error:  # the rest is to go on, whatever it was
            yield _failed(job, error, time.monotonic() - begun)


def table(reports: Sequence[Report]) -> list[str]:
    """Lines for people: a line a job, and how many came to what."""
    width = max((len(report.out) for report in reports), default=0)
    lines = [
        f"{report.out:{width}}  {report.outcome:8}  {report.frames:6} frames  {report.seconds:7.1f} s"
        + (f"  {report.error}" if report.error else "")
        for report in reports
    ]
    failed = sum(bool(report.error) for report in reports)
    return [*lines, f"{len(reports) - failed} of {len(reports)} jobs are done"]


def status(reports: Sequence[Report]) -> int:
    """The exit status: 0, or 1 if one met a defect, or 2 if one had wrong input."""
    outcomes = {report.outcome for report in reports}
    return 1 if "defect" in outcomes else 2 if "failed" in outcomes else 0


def _parsed(job: Job) -> argparse.Namespace:
    parser = options.Parser(prog="lipreel generate")
    generate.add_to(parser.add_subparsers())
    return parser.parse_args(["generate", *job.words])


def _frames(arguments: argparse.Namespace, *, quiet: bool) -> Report:
    result = generate.frames_of(arguments, quiet=quiet)
    outcome: Outcome = "made" if result.frames_written else "was done"
    return Report(
        str(arguments.sound), str(result.out), outcome, result.frames, result.frames_written, result.seconds
    )


def _failed(job: Job, error: Exception, seconds: float) -> Report:
    """Said at once, too: the table comes hours later."""
    known = isinstance(error, LipreelError)
    line = str(error) if known else f"{type(error).__name__}: {error}"
    if not known:
        traceback.print_exception(error)
    print(f"lipreel: {line}", file=sys.stderr)
    outcome: Outcome = "failed" if isinstance(error, InputError) else "defect"
    return Report(str(job.sound), str(job.out), outcome, seconds=seconds, error=line)
