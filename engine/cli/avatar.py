# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel avatar`: which avatars there are, what is in one, whether it is whole, and new ones."""

import argparse
import sys
from typing import TYPE_CHECKING

from . import avatar_create, avatar_import, avatar_prepare

if TYPE_CHECKING:
    from ..runtime.parser import Parser


def add_to(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add the command and its own commands to the command line."""
    about = "List, show, check and make avatars."
    parser = commands.add_parser("avatar", help="list, show, check and make avatars", description=about)
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    about = "Name the built-in avatars."
    actions.add_parser("list", help="name the built-in avatars", description=about).set_defaults(run=run_list)

    about = "Show what avatar.toml says."
    info = actions.add_parser("info", help="show what an avatar is made of", description=about)
    info.set_defaults(run=run_info)

    about = "Look at every file of an avatar: hashes, networks, images and face squares."
    check = actions.add_parser("check", help="look at every file of an avatar", description=about)
    check.set_defaults(run=run_check)

    avatar_import.add_to(actions)
    avatar_create.add_to(actions)
    avatar_prepare.add_to(actions)
    for action in (info, check):
        action.add_argument("avatar", metavar="DIR", help="a folder with an avatar.toml, or a built-in name")


def run_list(_: argparse.Namespace) -> None:
    """Print a line for each built-in avatar: its name for `--avatar`, and the name that people read."""
    from ..avatar.library import list_avatars, load_avatar

    for name in list_avatars():
        print(f"{name}\t{load_avatar(name).name}")


def run_info(arguments: argparse.Namespace) -> None:
    """Print what `avatar.toml` says."""
    from ..avatar.library import load_avatar

    avatar = load_avatar(arguments.avatar)
    template = avatar.template
    family = avatar.generator.family
    facts = {
        "id": avatar.id,
        "name": avatar.name,
        "licence": avatar.licence,
        "folder": avatar.folder,
        "family": f"{family.name}, {family.crop} px",
        "sound": avatar.audio.encoder or avatar.audio.front_end,
        "template": f"{template.count} frames at {template.fps} a second",
        "feather": f"{avatar.feather_px:g} px",
        "colours": "matched" if avatar.colour_match else "as drawn",
        "silence": avatar.silence,
        "files": len(avatar.files),
        "fingerprint": avatar.fingerprint,
    }
    for name, fact in facts.items():
        print(f"{name:12}{fact}")


def run_check(arguments: argparse.Namespace) -> None:
    """Print that all is well; otherwise the error says what is not."""
    from ..avatar.library import load_avatar
    from ..painters.networks import check_avatar

    avatar = load_avatar(arguments.avatar)
    for note in check_avatar(avatar):
        print(f"lipreel: note: {note}", file=sys.stderr)
    print(f"{avatar.folder}: {avatar.id} is whole, {len(avatar.files)} files")
