# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel bench`: how fast this machine makes frames, beside what other systems do on it."""

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from . import options
from .progress import ProgressBar, cancel_on_interrupt

if TYPE_CHECKING:
    from ..runtime.parser import Parser

_ABOUT = """\
Make the same frames with other systems' steps (reference, pool) and with
Lipreel's, each in a process of its own, in turn, several times; print medians.
Without --avatar, with a network of the true size and random weights.
Needs more packages: pip install "lipreel[bench]".
"""


def add_to(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "bench",
        help="measure the speed of this machine",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--avatar", metavar="NAME|DIR", help="an avatar of the family synctalk2d")
    parser.add_argument(
        "--frames", metavar="N", type=options.bench_frames, default=250, help="(default: 250)"
    )
    parser.add_argument("--workers", metavar="N|auto", type=options.workers, help="threads (default: auto)")
    parser.add_argument("--precision", choices=("exact", "fast", "both"), default="both", help="of ours")
    parser.add_argument("--format", choices=("png", "jpg"), default="jpg", help="of the images (jpg)")
    parser.add_argument(
        "--repeat", metavar="N", type=options.count, default=3, help="times that each is run (default: 3)"
    )
    parser.add_argument("--report", metavar="FILE", type=Path, help="write a page with a plot beside it, too")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON on standard output")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what `lipreel bench` was asked to."""
    from ..avatar.library import load_avatar
    from ..bench.addon import import_ms
    from ..bench.measure import measure, require_packages, summary, variants
    from ..bench.page import table, write_report
    from ..bench.workload import make_workload
    from ..runtime.cores import usable_cores
    from ..runtime.monitor import Monitor

    require_packages()
    if arguments.report and not arguments.report.is_file():  # before ten minutes of measuring
        how = "Give a page that says where its figures stand, such as docs/performance.md"
        raise InputError("no such file", str(arguments.report), how)
    avatar = load_avatar(arguments.avatar).folder.resolve() if arguments.avatar else None
    workers = arguments.workers or usable_cores()
    with (
        tempfile.TemporaryDirectory(prefix="lipreel-") as folder,
        cancel_on_interrupt() as cancel,
        ProgressBar() as progress,
    ):
        place, monitor = Path(folder), Monitor(progress, cancel)
        milliseconds = import_ms(arguments.repeat, place)
        workload = make_workload(place, avatar, arguments.frames, workers, arguments.format, monitor)
        names = variants(workload, arguments.precision)
        found = summary(measure(workload, names, arguments.repeat, place, monitor), workload)
    if milliseconds is not None:
        found["addon_import_ms"] = round(milliseconds, 1)
    if arguments.report:
        write_report(arguments.report, found, arguments.frames, workers)
    if arguments.json:
        print(json.dumps(found | {"frames": arguments.frames, "workers": workers}))
    else:
        print(table(found))
