# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel batch`: many jobs of a list, here one after the other, or on a cluster."""

import argparse
import dataclasses
import json
import sys
from functools import partial
from pathlib import Path

from ..errors import InputError
from ..job.batch_report import Report, attempt
from ..job.manifest import BatchJob, read_manifest, shard
from ..runtime.parser import Parser
from . import options
from .progress import ProgressBar
from .reports import check, make_frames, option_names, status, table, tell_failure

_EPILOG = """\
LIST is a .csv with the columns sound, out and any options of generate, or a .toml:

  [defaults]
  avatar = "robin"

  [[job]]
  sound = "scene 1.wav"
  out = "frames/scene 1"
  fps = 24
"""


def add_to(commands: "argparse._SubParsersAction[Parser]") -> None:
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
    parser.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="run them on the Dask cluster of this scheduler, such as tcp://farm:8786",
    )
    parser.add_argument("--json", action="store_true", help="end with one line of JSON on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no table; warnings stay")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what `lipreel batch` was asked to; 0 if all jobs are done, else as `status` says."""
    jobs = shard(read_manifest(arguments.list, option_names()), *arguments.shard)
    for number, job in enumerate(jobs, 1):  # all of them before the first: a slip shows at once
        try:
            check(job)
        except InputError as error:
            where = f"{arguments.list}: job {number}" + (f", {error.where}" if error.where else "")
            raise InputError(error.what, where, error.how) from error
    if arguments.dask:
        from ..job.cluster import run_on_cluster

        with ProgressBar(quiet=arguments.quiet) as progress:
            make = partial(make_frames, quiet=True)
            reports = run_on_cluster(arguments.dask, jobs, make, progress, partial(_tell, progress))
    else:
        reports = [_run_here(job, quiet=arguments.quiet) for job in jobs]
    if arguments.json:
        print(json.dumps({"jobs": [dataclasses.asdict(report) for report in reports]}))
    elif not arguments.quiet:
        print(*table(reports), sep="\n")
    return status(reports)


def _run_here(job: BatchJob, *, quiet: bool) -> Report:
    report = attempt(job, partial(make_frames, quiet=quiet))
    tell_failure(report)
    return report


def _tell(progress: ProgressBar, news: Report | str) -> None:
    """Say here what the worker's console has heard."""
    progress.clear()
    for warning in [news] if isinstance(news, str) else news.warnings:
        print(f"lipreel: {'' if isinstance(news, str) else 'warning: '}{warning}", file=sys.stderr)
    if isinstance(news, Report):
        tell_failure(news)
