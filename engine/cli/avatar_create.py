# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel avatar create`: an avatar of a clip of any face, for Wav2Lip."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import JobCancelled
from ..runtime.parser import Parser
from . import options
from .avatar_import import add_common, chosen, report
from .progress import ProgressBar, cancel_on_interrupt

if TYPE_CHECKING:
    from ..avatar.avatar_types import Square

_ABOUT = """\
Make an avatar of a clip of any face, for Wav2Lip. Its weights are not
Lipreel's to give, and not for commercial use: bring them as an .onnx file.
DEST is a new folder, there complete and checked, or not at all.
"""
_EPILOG = """\
A drawn face that is not found is set by hand: --square for one that stays
where it is, or a JSON file of squares at some images, counted from 1, with
straight lines between them: {"1": [480, 366, 328], "40": [500, 360, 328]}
"""


def add_to(actions: "argparse._SubParsersAction[Parser]") -> None:
    """Add the command to those of `lipreel avatar`."""
    parser = actions.add_parser(
        "create",
        help="make an avatar of a clip of any face",
        description=_ABOUT,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dest", metavar="DEST", type=Path, help="a new folder for the avatar")
    parser.add_argument("--family", choices=("wav2lip",), required=True, help="the kind of network")
    parser.add_argument(
        "--video",
        metavar="CLIP",
        type=Path,
        required=True,
        help="a video, or a folder with an image sequence",
    )
    add_common(parser)
    parser.add_argument(
        "--fps", metavar="F", type=options.fps, help="frames a second (default: the video's; 25 for images)"
    )
    by_hand = parser.add_mutually_exclusive_group()
    by_hand.add_argument("--square", metavar="x,y,size", type=square, help="the face, in pixels")
    by_hand.add_argument("--track", metavar="FILE.json", type=Path, help="the face at some images")
    parser.set_defaults(run=run)


def square(text: str) -> "Square":
    """A face square, x,y,size in whole pixels."""
    from ..avatar.avatar_types import Square

    if not re.fullmatch(r"\d{1,6},\d{1,6},\d{1,6}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"'{text}' is not x,y,size in whole pixels, such as 480,366,328")
    x, y, size = (int(field) for field in text.split(","))
    return Square(x, y, size)


def run(arguments: argparse.Namespace) -> None:
    """Do what `lipreel avatar create` was asked to."""
    from ..importing.from_video import Clip, create_avatar

    clip = Clip(arguments.video, arguments.fps, arguments.square, arguments.track)
    try:
        with cancel_on_interrupt() as cancel, ProgressBar() as progress:
            made = create_avatar(clip, arguments.dest, chosen(arguments), cancel=cancel, progress=progress)
    except JobCancelled as stop:
        raise JobCancelled("interrupted", str(arguments.dest), "Nothing was written") from stop
    report(arguments.video, made)
