# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel generate`: a sound in, numbered frames out."""

import argparse
import dataclasses
import functools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import JobCancelled
from ..job.frame_names import QUALITY
from ..job.lock import ALL_FRAMES
from ..runtime.monitor import TIMEOUT_S
from ..runtime.parser import Parser
from . import options
from .given import given_file
from .progress import ProgressBar, cancel_on_interrupt

if TYPE_CHECKING:
    from ..job.generate import Result
    from ..job.options import JobOptions

_EPILOG = """\
The frames are DIR/frame_000001.png and so on, beside DIR/lipreel.json, which
says how they were made. Stopped half-way? The same command goes on.

examples:
  lipreel generate speech.wav --out frames
  lipreel generate speech.mp3 --out frames --fps 29.97 --format jpg
  lipreel generate speech.wav --out patch --start 12.5 --duration 3 --overlay
"""


def add_to(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "generate",
        help="make the frames of a talking character from a sound",
        description="Make the frames of a character that speaks the SOUND, or the sound of a video.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes, and a job of a batch, too."""
    parser.add_argument("sound", metavar="SOUND", type=Path, help="the speech; - is standard input")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder for the frames")
    parser.add_argument(
        "--avatar", metavar="NAME|DIR", default="demo", help="a built-in avatar, or a folder (default: demo)"
    )
    # Left out of the arguments if not given: the defaults are those of JobOptions.
    add = functools.partial(parser.add_argument, default=argparse.SUPPRESS)
    add(
        "--fps",
        metavar="F",
        type=options.fps,
        help="frames a second: 24, 29.97, 30000/1001 ... (default: 25)",
    )
    add("--start", metavar="S", type=options.seconds, help="begin there: seconds, or 0:12 (default: 0)")
    add("--duration", metavar="S", type=options.seconds, help="take S seconds (default: to the end)")
    add("--format", type=options.image_format, choices=("png", "jpg"), help="of the images (default: png)")
    add("--quality", metavar="Q", type=options.quality, help=f"of jpg, 1 to 100 (default: {QUALITY})")
    add(
        "--workers",
        metavar="N|auto",
        type=options.workers,
        help="frames at a time (default: auto, one a core, at most 8)",
    )
    add(
        "--provider",
        metavar="NAME",
        type=str.lower,
        help="what computes: cpu, cuda ... (default: auto, the best there is)",
    )
    add("--precision", choices=("exact", "fast"), help="fast: 8-bit integers, if prepared (default: exact)")
    add(
        "--feather",
        metavar="PX",
        type=options.feather,
        help="soft edge of the patch, 0: hard (default: avatar's)",
    )
    add(
        "--colour-match",
        action=argparse.BooleanOptionalAction,
        help="shift the patch to the colours around it (default: avatar's)",
    )
    add(
        "--silence",
        choices=("hold", "model"),
        help="in silence: hold the mouth closed, or as the model has it",
    )
    add(
        "--template-start",
        metavar="N",
        type=options.whole,
        help="begin with the template's image N, from 0 (default: avatar's)",
    )
    parser.add_argument(
        "--lead", metavar="N", type=int, default=0, help="frames by which the mouth comes early, -10 to 10"
    )
    parser.add_argument(
        "--intensity",
        metavar="X",
        type=options.decimal,
        default=1.0,
        help="how much the mouth moves, 0 to 2 (1); this and the next four are for avatars that do not hear "
        "for themselves",
    )
    parser.add_argument(
        "--smoothing",
        metavar="S",
        type=options.decimal,
        default=0.0,
        help="seconds over which the mouth's movement is smoothed, 0 to 0.5 (0)",
    )
    parser.add_argument(
        "--hold", metavar="N", type=int, default=1, help="frames for which a mouth is held: 1, 2 or 3 (1)"
    )
    parser.add_argument(
        "--mouth",
        metavar="FILE",
        type=Path,
        help="draw this mouth track: one of `lipreel mouth`, edited, or Rhubarb's .tsv, .xml or .json",
    )
    parser.add_argument(
        "--other-sound", action="store_true", help="take a mouth track although it was made of another sound"
    )
    parser.add_argument(
        "--frames",
        metavar="A:B",
        type=options.frames,
        default=ALL_FRAMES,
        help="only frames A to B of the job, both included; other processes may make others in DIR",
    )
    parser.add_argument(
        "--timeout",
        "--patience",  # its name in 0.1
        dest="timeout_s",
        metavar="S",
        type=options.timeout_s,
        default=TIMEOUT_S,
        help=f"give up when one frame takes more than S seconds (default: {TIMEOUT_S:g})",
    )
    parser.add_argument(
        "--overlay", action="store_true", help="only the patch, as transparent png, full size"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="remove the frames of the job that DIR holds"
    )
    parser.add_argument("--json", action="store_true", help="end with one line of JSON on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no summary; warnings stay")


def run(arguments: argparse.Namespace) -> None:
    """Do what `lipreel generate` was asked to."""
    result = frames_of(arguments, quiet=arguments.quiet)
    if arguments.json:
        print(as_json(result))
    elif not arguments.quiet:
        print(summary(result))


def options_of(arguments: argparse.Namespace) -> "JobOptions":
    """The options of the parsed arguments; InputError if one is out of range."""
    from ..job.options import JobOptions

    names = {field.name for field in dataclasses.fields(JobOptions)}
    return JobOptions(**{name: value for name, value in vars(arguments).items() if name in names})


def frames_of(arguments: argparse.Namespace, *, quiet: bool) -> "Result":
    """Run the job of the parsed arguments."""
    job = options_of(arguments)
    return make_frames(
        arguments.sound,
        arguments.avatar,
        arguments.out,
        job,
        overwrite=arguments.overwrite,
        frames=arguments.frames,
        timeout_s=arguments.timeout_s,
        quiet=quiet,
    )


def make_frames(
    sound: Path,
    avatar: str,
    out: Path,
    job: "JobOptions",
    *,
    overwrite: bool = False,
    frames: range = ALL_FRAMES,
    timeout_s: float = TIMEOUT_S,
    quiet: bool = False,
) -> "Result":
    """Run a job with a progress bar and a Ctrl-C that stops it in good order; say its warnings aloud."""
    from ..avatar.library import load_avatar
    from ..job.generate import generate
    from ..sound.sound import open_sound

    loaded = load_avatar(avatar)
    try:
        with given_file(sound) as file, cancel_on_interrupt() as cancel, ProgressBar(quiet=quiet) as progress:
            opened = open_sound(file, start=job.start, duration=job.duration)
            result = generate(
                opened,
                loaded,
                out,
                job,
                overwrite=overwrite,
                frames=frames,
                timeout_s=timeout_s,
                cancel=cancel,
                progress=progress,
            )
    except JobCancelled as stop:
        raise JobCancelled(
            "interrupted", str(out), "Finished frames are kept; the same command goes on"
        ) from stop
    for warning in result.warnings:
        print(f"lipreel: warning: {warning}", file=sys.stderr)
    return result


def summary(result: "Result") -> str:
    """One line for people."""
    kept = result.frames - result.frames_written
    before = f" ({kept} were there)" if kept else ""
    speed = f"{result.frames_per_second:.1f} frames/s, {result.provider}, {result.workers} workers"
    return f"{result.out}: {result.frames} frames{before} in {result.seconds:.1f} s, {speed}"


def as_json(result: "Result") -> str:
    """One line for scripts; the rate is a number, exact to the last digit of a float."""
    values = dataclasses.asdict(result)
    del values["warnings"]  # said on standard error
    del values["timings"]  # `lipreel bench` tells
    return json.dumps(values | {"fps": float(result.fps), "out": str(result.out)})
