# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel compare`: how much frames differ, and how well lips follow a sound."""

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..runtime.parser import Parser
from . import options
from .progress import ProgressBar, cancel_on_interrupt

if TYPE_CHECKING:
    from ..compare.differences import Tally
    from ..compare.figures import Figures
    from ..compare.run import Comparison, Pair
    from ..compare.sync import Sync

NOT_MET = 1
WORST = 5

_EPILOG = """\
A is what the others are compared with. The patch is the avatar's face square:
known from the job record that lies beside the frames, or from --avatar.

examples:
  lipreel compare before after --report difference.html
  lipreel compare reference.mp4 frames --avatar mina --video difference.mp4
  lipreel compare before after --max-diff 1        # exit status 1 if it is more
  lipreel compare --sync speech.wav frames
"""


def add_to(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "compare",
        help="measure how much frames differ, and how well lips follow a sound",
        description="Compare folders of frames, or videos, with the first of them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sources", metavar="A B", nargs="+", type=Path, help="folders of frames, or videos")
    parser.add_argument("--avatar", metavar="NAME|DIR", help="who is seen (default: the job record says it)")
    parser.add_argument(
        "--sync",
        metavar="SOUND",
        type=Path,
        help="measure how well the mouth follows this sound; A alone will do",
    )
    parser.add_argument(
        "--video", metavar="OUT.mp4", type=Path, help="a video of them side by side, with the difference"
    )
    parser.add_argument("--report", metavar="OUT.html", type=Path, help="write a page with plots and images")
    parser.add_argument(
        "--max-diff",
        metavar="N",
        type=options.levels,
        help="allow differences of N levels of 255 and no more",
    )
    parser.add_argument(
        "--min-psnr",
        metavar="DB",
        type=options.decibels,
        help="ask DB of every frame, inside the patch if known",
    )
    parser.add_argument("--json", action="store_true", help="end with one line of JSON on standard output")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what `lipreel compare` was asked to; return 1 if a limit is not met."""
    from ..compare.inputs import open_inputs
    from ..compare.run import compare
    from ..runtime.monitor import Monitor

    if len(arguments.sources) == 1 and arguments.sync is None:
        raise InputError(
            "one folder is nothing to compare", str(arguments.sources[0]), "Give another, or --sync SOUND"
        )
    inputs = open_inputs(arguments.sources, arguments.avatar, arguments.sync)
    if arguments.sync is not None and inputs.face is None:
        raise InputError(
            "nothing says which avatar is seen", str(arguments.sources[0]), "Give --avatar NAME|DIR"
        )
    for note in (note for source in inputs.sources for note in source.notes):
        print(f"lipreel: note: {note}", file=sys.stderr)
    lips = arguments.sync is not None or arguments.report is not None
    with cancel_on_interrupt() as cancel, ProgressBar() as progress:
        found = compare(inputs, lips=lips, video=arguments.video, monitor=Monitor(progress, cancel))
    failures = _failures(found, arguments.max_diff, arguments.min_psnr)
    if arguments.report is not None:
        from ..compare.report import write_report

        write_report(arguments.report, found, failures)
    if arguments.json:
        print(_as_json(found, failures))
    else:
        print("\n".join(_table(found)))
    for failure in failures:
        print(f"lipreel: {failure}", file=sys.stderr)
    return NOT_MET if failures else 0


def _failures(found: "Comparison", max_diff: int | None, min_psnr: float | None) -> list[str]:
    """What is not as it was asked for, a line each."""
    failures = []
    for pair in found.pairs:
        name, worst = pair.source.path, pair.inmost.worst_psnr
        if max_diff is not None and pair.frame.figures.max > max_diff:
            failures.append(f"{name}: differs by {pair.frame.figures.max} levels, more than {max_diff}")
        if min_psnr is not None and worst < min_psnr:
            failures.append(f"{name}: {worst:.2f} dB in the worst frame, less than {min_psnr:g}")
        if pair.unmatched and (max_diff is not None or min_psnr is not None):
            failures.append(f"{name}: {pair.unmatched} frames have no counterpart")
    return failures


def _table(found: "Comparison") -> list[str]:
    """For people: a few lines a source."""
    from ..compare.inputs import LETTERS
    from ..compare.sync import sync_texts

    first = found.inputs.sources[0]
    lines = [f"A  {first.path}: {len(found.inputs.numbers)} frames compared"]
    for letter, pair in zip(LETTERS[1:], found.pairs, strict=False):
        missing = f", {pair.unmatched} without a counterpart" if pair.unmatched else ""
        lines += [f"{letter}  {pair.source.path}{missing}", _line("frame", pair.frame)]
        lines += [_line("patch", pair.patch)] if pair.patch is not None else []
        worst = [f"{number} ({figures.psnr:.1f} dB)" for number, figures in pair.inmost.worst(WORST)]
        lines += [f"   worst  {', '.join(worst)}"] if worst else []
        lines += [f"   jobs   {'; '.join(pair.jobs)}"] if pair.jobs else []
    for letter, sync in zip(LETTERS, found.lips.sync if found.lips else (), strict=False):
        correlation, lag, best, silence = sync_texts(sync)
        said = f"correlation {correlation}, best lag {lag} ({best}), activity in silence {silence}"
        lines.append(f"{letter}  sync   {said}")
    return lines


def _line(region: str, tally: "Tally") -> str:
    from ..compare.figures import percent

    values = tally.figures
    return (
        f"   {region}  {percent(values.equal)} equal, mean {values.mean:.3g}, max {values.max}, "
        f"PSNR {values.psnr:.2f} dB, SSIM {values.ssim:.5f}"
    )


def _as_json(found: "Comparison", failures: list[str]) -> str:
    """One line for scripts; what is infinite or unknown is null."""
    data = {
        "reference": str(found.inputs.sources[0].path),
        "frames": len(found.inputs.numbers),
        "fps": float(found.inputs.fps),
        "compared": [_pair(pair) for pair in found.pairs],
        "sync": [
            {"path": str(source.path), **_plain(sync)}
            for source, sync in zip(found.inputs.sources, found.lips.sync if found.lips else (), strict=False)
        ],
        "failures": failures,
    }
    return json.dumps(data, allow_nan=False)


def _pair(pair: "Pair") -> dict[str, Any]:
    worst = [{"frame": number, **_plain(figures)} for number, figures in pair.inmost.worst(WORST)]
    return {
        "path": str(pair.source.path),
        "unmatched": pair.unmatched,
        "frame": _plain(pair.frame.figures),
        "patch": None if pair.patch is None else _plain(pair.patch.figures),
        "worst": worst,
        "jobs": list(pair.jobs),
    }


def _plain(values: "Figures | Sync") -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in asdict(values).items()}
