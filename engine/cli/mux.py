# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel mux`: frames and their sound as one video."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from . import options
from .progress import ProgressBar

if TYPE_CHECKING:
    from ..runtime.parser import Parser


def add_to(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "mux",
        help="put frames and their sound into a video",
        description="Put the frames that `lipreel generate` wrote to DIR and their SOUND into a video: .mp4 "
        "(H.264 and AAC), .mov (ProRes 4444) or .webm (VP9 and Opus); the last two keep transparency. The "
        "frame rate and the stretch of the sound are those of the job.",
    )
    parser.add_argument("frames", metavar="DIR", type=Path, help="the folder of the frames")
    parser.add_argument(
        "sound",
        metavar="SOUND",
        type=Path,
        help="the sound that they were made from, or another cut of it, such as the full mix",
    )
    parser.add_argument("out", metavar="OUT.mp4", type=Path, help="the video; an older one is replaced")
    parser.add_argument(
        "--background", metavar="RRGGBB", type=options.colour, help="lay transparent frames over this colour"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what `lipreel mux` was asked to."""
    from ..job.mux import mux

    with ProgressBar() as progress:
        frames = mux(
            arguments.frames,
            arguments.sound,
            arguments.out,
            background=arguments.background,
            progress=progress,
        )
    print(f"{arguments.out}: {frames} frames with sound")
