# SPDX-License-Identifier: GPL-3.0-or-later
"""Avatars by name: the built-in ones and those in folders."""

from pathlib import Path

from ..errors import AvatarError
from .avatar_toml import read_avatar
from .avatar_types import Avatar

MODELS = Path(__file__).parents[2] / "models"
"""Where the built-in avatars live, a folder each."""


def list_avatars() -> tuple[str, ...]:
    """Names of the built-in avatars, sorted."""
    return tuple(sorted(file.parent.name for file in MODELS.glob("*/avatar.toml")))


def load_avatar(name_or_folder: str | Path) -> Avatar:
    """Read the `avatar.toml` of a built-in avatar or of a folder.

    Raises:
        AvatarError: There is none, or something in it is wrong; says which file, table and key.
    """
    return read_avatar(_find(name_or_folder))


def _find(name_or_folder: str | Path) -> Path:
    built_in = list_avatars()
    if name_or_folder in built_in:
        return MODELS / name_or_folder
    folder = Path(name_or_folder)
    known = ", ".join(built_in) or "none"
    if not folder.is_dir():
        raise AvatarError(
            "no such avatar", str(folder), f"Give a folder or the name of a built-in avatar ({known})"
        )
    if not (folder / "avatar.toml").is_file():
        raise AvatarError(
            "no avatar: there is no avatar.toml in it", str(folder), f"Built-in avatars: {known}"
        )
    return folder
