# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel avatar import`: the avatars that people have from other systems."""

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import JobCancelled
from .progress import ProgressBar, cancel_on_interrupt

if TYPE_CHECKING:
    from ..importing.import_plan import ImportOptions
    from ..importing.importer import Imported
    from ..runtime.parser import Parser

_ABOUT = """\
Make an avatar of what another system left in SRC: a digital-clone package, or
the data folder of SyncTalk_2D or Ultralight with its networks. SRC stays as it
is; DEST is a new folder, there complete and checked, or not at all.
"""


def add_to(actions: "argparse._SubParsersAction[Parser]") -> None:
    """Add the command to those of `lipreel avatar`."""
    parser = actions.add_parser(
        "import",
        help="make an avatar of another system's",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SRC", type=Path, help="the folder to import")
    parser.add_argument("dest", metavar="DEST", type=Path, help="a new folder for the avatar")
    add_common(parser)
    parser.add_argument(
        "--audio-encoder",
        metavar="FILE",
        dest="encoder",
        type=Path,
        help="the audio encoder, if SRC has none",
    )
    parser.add_argument(
        "--accept-hash-mismatch",
        action="store_true",
        help="use networks whose SHA-256 is not the one that the package promises",
    )
    parser.add_argument(
        "--smooth-squares",
        action="store_true",
        help="steady face squares that jitter, by up to two pixels (frames then differ from the original's)",
    )
    parser.set_defaults(run=run)


def add_common(parser: "Parser") -> None:
    """Options of every command that makes an avatar; left out of the arguments if not given."""
    parser.add_argument("--generator", metavar="FILE", type=Path, help="the network that draws")
    parser.add_argument(
        "--name", metavar="NAME", help="the name that people read (default: that of the source)"
    )
    parser.add_argument(
        "--licence",
        metavar="TEXT",
        default=argparse.SUPPRESS,
        help="an SPDX name or a sentence (default: unknown)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Do what `lipreel avatar import` was asked to."""
    from ..importing.importer import import_avatar

    options = chosen(arguments)
    try:
        with cancel_on_interrupt() as cancel, ProgressBar() as progress:
            imported = import_avatar(
                arguments.source, arguments.dest, options, cancel=cancel, progress=progress
            )
    except JobCancelled as stop:
        raise JobCancelled("interrupted", str(arguments.dest), "Nothing was written") from stop
    report(arguments.source, imported)


def chosen(arguments: argparse.Namespace) -> "ImportOptions":
    """What the user said beside the source itself."""
    from ..importing.import_plan import ImportOptions

    names = {field.name for field in dataclasses.fields(ImportOptions)}
    return ImportOptions(**{name: value for name, value in vars(arguments).items() if name in names})


def report(source: Path, imported: "Imported") -> None:
    """Say what was recognised and made on standard output, and the notes on standard error."""
    print(f"{source}: {imported.source}")
    for note in imported.notes:
        print(f"lipreel: note: {note}", file=sys.stderr)
    avatar = imported.avatar
    family = avatar.generator.family.name
    print(f"{avatar.folder}: {avatar.id} is whole, {family}, {avatar.template.count} template frames")
