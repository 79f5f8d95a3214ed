# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel demo`: the demo avatar says its sample speech."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .generate import make_frames, summary
from .progress import ProgressBar

if TYPE_CHECKING:
    from ..runtime.parser import Parser

AVATAR = "demo"
SAMPLE = "sample.wav"
VIDEO = "demo.mp4"


def add_to(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "demo",
        help="let the demo avatar say its sample speech",
        description="Let the demo avatar say its sample speech: DIR/frame_000001.png ... and DIR/demo.mp4.",
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("demo"), help="folder (default: demo)"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="remove the frames of the job that DIR holds"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what `lipreel demo` was asked to."""
    from ..avatar.library import MODELS
    from ..job.mux import check_video_name, mux
    from ..job.options import JobOptions

    sound = MODELS / AVATAR / SAMPLE
    video = arguments.out / VIDEO
    print(summary(make_frames(sound, AVATAR, arguments.out, JobOptions(), overwrite=arguments.overwrite)))
    try:
        check_video_name(video)
    except InputError as error:
        print(f"lipreel: no video is made: {error.what}. {error.how}", file=sys.stderr)
        return
    with ProgressBar() as progress:
        mux(arguments.out, sound, video, progress=progress)
    print(video)
