# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel avatar prepare`: an avatar's generator in forms that are fast."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .progress import ProgressBar, cancel_on_interrupt

if TYPE_CHECKING:
    from ..optimise.prepare_avatar import Report
    from ..runtime.parser import Parser

_ABOUT = """\
Write the generator of the avatar in DIR in forms that are computed faster: the
same function in fewer operations, and, with --fast, in integers of 8 bits for
--precision fast. Needs the package onnx: pip install "lipreel[prepare]".
"""


def add_to(actions: "argparse._SubParsersAction[Parser]") -> None:
    """Add the command to those of `lipreel avatar`."""
    parser = actions.add_parser(
        "prepare",
        help="make an avatar faster",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("avatar", metavar="DIR", type=Path, help="a folder with an avatar.toml")
    parser.add_argument("--fast", action="store_true", help="for --precision fast too; takes minutes")
    parser.add_argument(
        "--sound",
        metavar="FILE",
        type=Path,
        help="speech to calibrate --fast by (default: the demo's sample)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what `lipreel avatar prepare` was asked to."""
    from ..avatar.library import MODELS, load_avatar
    from ..optimise.prepare_avatar import prepare_avatar
    from ..runtime.monitor import Monitor

    avatar = load_avatar(arguments.avatar)
    sound = arguments.sound or MODELS / "demo" / "sample.wav"
    with cancel_on_interrupt() as cancel, ProgressBar() as progress:
        monitor = Monitor(progress, cancel)
        report = prepare_avatar(avatar, sound=sound if arguments.fast else None, monitor=monitor)
    for line in _lines(report, fast=arguments.fast):
        print(line)


def _lines(report: "Report", *, fast: bool) -> list[str]:
    """For people."""
    lines = [f"{report.avatar.folder}: exact at {report.work:.0%} of the work"]
    if report.shared:
        lines.append(f"of that, {report.shared:.0%} is shared by frames of one template")
    if report.fast is None:
        return (
            [*lines, "fast: nothing to gain, it has no convolutions that integers make faster"]
            if fast
            else lines
        )
    kept = f"{len(report.fast.floats)} of {report.fast.convolutions} convolutions in floats"
    lines.append(f"fast: every frame {report.fast.least_db:.1f} dB or more like the exact one, {kept}")
    if len(report.fast.floats) == report.fast.convolutions:
        lines.append("fast: that is no faster than the exact one: integers spoil this network")
    return lines
