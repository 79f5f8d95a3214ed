# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be said on the command line inside Blender."""

import argparse
from pathlib import Path

from ...engine.runtime.parser import Parser


def parser() -> argparse.ArgumentParser:
    """The parser of `blender --command lipreel`; it raises InputError, and SystemExit for --help."""
    options = Parser(prog="lipreel", description="Talking characters for the sound strips of a .blend file.")
    commands = options.add_subparsers(required=True, metavar="COMMAND")
    generate = commands.add_parser("generate", help="make image strips for sound strips")
    which = generate.add_mutually_exclusive_group(required=True)
    which.add_argument("--strip", metavar="NAME", help="the sound strip of this name")
    which.add_argument("--all", action="store_true", help="every sound strip of the scene, but muted ones")
    generate.add_argument("--muted", action="store_true", help="with --all: muted ones, too")
    generate.add_argument("--scene", metavar="NAME", help="default: the one that the Sequencer shows")
    generate.add_argument("--avatar", metavar="NAME|DIR", help="default: each strip's own")
    generate.add_argument("--out", metavar="DIR", type=Path, help="default: each strip's output folder")
    where = generate.add_mutually_exclusive_group()
    where.add_argument("--save", action="store_true", help="save the .blend file over itself")
    where.add_argument("--save-as", metavar="FILE", type=Path, help="save it as another file")
    return options
