# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel mouth`: a sound to a mouth track, in the format of whatever program is to move a mouth by it."""

import argparse
import json
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, JobCancelled
from ..runtime.parser import Parser
from . import options
from .given import given_file
from .progress import ProgressBar, cancel_on_interrupt

if TYPE_CHECKING:
    from ..mouth.mouth_file import Sheet

_FPS = Fraction(24)
_RHUBARB = {"tsv": "rhubarb-tsv", "xml": "rhubarb-xml", "json": "rhubarb-json", "dat": "moho-letters"}
_FORMATS = (
    "lipreel",
    "lipreel-csv",
    "rhubarb-tsv",
    "rhubarb-xml",
    "rhubarb-json",
    "moho",
    "moho-letters",
    "papagayo",
    "livelink-csv",
)


def add_to(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "mouth",
        help="write the movement of a mouth, and no images",
        description="Hear a sound and write the movement of its mouth: shapes for drawn characters "
        "(Rhubarb's A to H and X), or curves. Options of Rhubarb Lip Sync are understood, too.",
    )
    parser.add_argument("sound", metavar="SOUND", type=Path, help="a sound or video; - is standard input")
    parser.add_argument("--out", "-o", "--output", metavar="FILE", type=Path, required=True)
    parser.add_argument(
        "--format",
        "-f",
        "--exportFormat",
        metavar="F",
        help=f"default: by the ending of FILE. One of {', '.join(_FORMATS)}",
    )
    parser.add_argument(
        "--fps",
        "--datFrameRate",
        metavar="F",
        type=options.fps,
        help=f"frames a second at which shapes may change (default: {_FPS})",
    )
    parser.add_argument("--shapes", metavar="LETTERS", help="the drawings that there are (ABCDEFGHX)")
    parser.add_argument("--extendedShapes", metavar="LETTERS", help="Rhubarb's: which of GHX there are")
    parser.add_argument("--datUsePrestonBlair", action="store_true", help="Rhubarb's: names in a .dat")
    parser.add_argument(
        "--hold",
        metavar="N",
        type=int,
        default=2,
        help="frames that a shape lasts at least (default: 2)",
    )
    parser.add_argument(
        "--intensity", metavar="X", type=options.decimal, default=1.0, help="how much it moves, 0 to 2 (1)"
    )
    parser.add_argument("--lead", metavar="N", type=int, default=0, help="frames that the mouth comes early")
    parser.add_argument(
        "--smoothing", metavar="S", type=options.decimal, default=0.0, help="seconds, 0 to 0.5 (0)"
    )
    parser.add_argument(
        "--start",
        metavar="S",
        type=options.seconds,
        default=Fraction(0),
        help="begin there: seconds, or 0:12",
    )
    parser.add_argument("--duration", metavar="S", type=options.seconds, help="and take so many seconds")
    parser.add_argument("--overwrite", action="store_true", help="replace FILE if it is there")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON on standard output")
    parser.add_argument("--quiet", "-q", action="store_true", help="no bar and no summary; warnings stay")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what `lipreel mouth` was asked to."""
    from ..mouth.formats import FORMATS, format_of
    from ..mouth.timing_sheets import whole_rate
    from ..runtime.storage import write_atomic

    name = _format(arguments, format_of)
    if name not in FORMATS:
        raise InputError(f'"{name}" is not known', "format", f"It can be: {', '.join(FORMATS)}")
    out = _checked_out(arguments.out, arguments.sound, overwrite=arguments.overwrite)
    sheet = _sheet(arguments, arguments.fps or _FPS)
    write_atomic(out, FORMATS[name].write(sheet).encode("utf-8", "backslashreplace"))
    if arguments.fps is None and not arguments.quiet:
        print(f"lipreel: no --fps: shapes change at {_FPS} frames a second", file=sys.stderr)
    if name == "papagayo" and sheet.fps.denominator > 1:
        rate = whole_rate(sheet.fps)
        print(f"lipreel: warning: Papagayo knows whole frame rates alone: {rate} is written", file=sys.stderr)
    if not arguments.quiet and not arguments.json:
        seconds = float(sheet.duration)
        print(f"{arguments.out}: {name}, {seconds:.2f} s, {len(sheet.cues)} shapes at {sheet.fps} frames/s")
    if arguments.json:
        facts = {"out": str(arguments.out), "format": name, "seconds": float(sheet.duration)}
        print(json.dumps({**facts, "shapes": len(sheet.cues), "fps": float(sheet.fps)}))


def _checked_out(out: Path, sound: Path, *, overwrite: bool) -> Path:
    """Where to write: what a link leads to; InputError if it cannot be written to, or must not be."""
    where = str(out)
    try:
        if not out.parent.is_dir():
            raise InputError("there is no such folder", str(out.parent), "Make it first")
        if out.exists():
            if sound.exists() and out.samefile(sound):
                raise InputError("this is the sound itself", where, "Choose another name")
            if not out.is_file():
                raise InputError("this is no regular file", where, "Choose the name of a file")
            if not overwrite:
                raise InputError("is there already", where, "Choose another name, or --overwrite")
        return out.resolve()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be written to ({reason})", where, "Choose another name") from error


def _format(arguments: argparse.Namespace, by_ending: Callable[[str], str]) -> str:
    if arguments.format is None:
        found = by_ending(str(arguments.out))
    else:
        found = _RHUBARB.get(arguments.format, arguments.format)
    return "moho" if found == "moho-letters" and arguments.datUsePrestonBlair else found


def _sheet(arguments: argparse.Namespace, fps: Fraction) -> "Sheet":
    import numpy as np

    from ..frame_times import frame_count
    from ..job.mouths import unheard
    from ..mouth.decide import decide
    from ..mouth.direction import MOST_LEAD, Direction, directed
    from ..mouth.hear import hear
    from ..mouth.mouth_file import Sheet
    from ..mouth.shapes import SHAPES, checked_set
    from ..mouth.track import RATE, MouthTrack
    from ..runtime.monitor import Monitor
    from ..sound.sound import open_sound

    letters = checked_set(_letters(arguments) or SHAPES)
    if arguments.hold < 1:
        raise InputError(
            f"{arguments.hold} is less than 1", "hold", "Give frames that a shape lasts at least"
        )
    if abs(arguments.lead) > MOST_LEAD:
        raise InputError(f"{arguments.lead} is not from -{MOST_LEAD} to {MOST_LEAD} frames", "lead")
    direction = Direction(intensity=arguments.intensity, smoothing=arguments.smoothing)
    try:
        with (
            given_file(arguments.sound) as file,
            cancel_on_interrupt() as cancel,
            ProgressBar(quiet=arguments.quiet) as progress,
        ):
            sound = open_sound(file, start=arguments.start, duration=arguments.duration)
            track = hear(sound, Monitor(progress, cancel))
        for warning in (*sound.notes, *unheard(track)):
            print(f"lipreel: warning: {warning}", file=sys.stderr)
    except JobCancelled as stop:
        raise JobCancelled("interrupted", str(arguments.out), "Nothing was written") from stop
    # In values of the track, so that a lead of frames is one of time.
    shift = Fraction(arguments.lead) / fps
    numbers = np.arange(len(track.values), dtype=np.int64)
    values = directed(track, direction, numbers, Fraction(RATE), shift)
    frames = frame_count(sound.duration, fps)
    return Sheet(
        track=MouthTrack(values, track.sound, track.network, Fraction(sound.first, sound.rate)),
        cues=decide(values, fps, frames, letters, arguments.hold),
        fps=fps,
        frames=frames,
        duration=sound.duration,
        sound=str(arguments.sound),
        rest="X" if "X" in letters else "A",
    )


def _letters(arguments: argparse.Namespace) -> str | None:
    if arguments.shapes is not None:
        return str(arguments.shapes)
    if arguments.extendedShapes is not None:
        return f"ABCDEF{arguments.extendedShapes}"
    return None
