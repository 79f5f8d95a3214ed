# SPDX-License-Identifier: GPL-3.0-or-later
"""The hashes of an avatar's files."""

from collections.abc import Collection
from pathlib import Path

from ..errors import AvatarError
from ..runtime.storage import sha256_file
from .avatar_types import Avatar

_HOW = "The avatar was changed or damaged: copy it anew"


def check_hashes(avatar: Avatar, files: Collection[str] | None = None) -> None:
    """Compare files, by default all that there are, with their hashes in `avatar.toml`.

    Raises:
        AvatarError: A file is missing or differs; both hashes are in the message.
    """
    for relative in avatar.files if files is None else files:
        check_file(avatar.path(relative), avatar.files[relative])


def check_file(file: Path, expected: str, listed_in: str = "avatar.toml") -> None:
    """Compare a file with the SHA-256 that is listed for it.

    Raises:
        AvatarError: It is missing or differs; both hashes are in the message.
    """
    try:
        found = sha256_file(file)
    except OSError as error:
        raise AvatarError(f"cannot be read ({error.strerror})", str(file), _HOW) from error
    if found != expected:
        raise AvatarError(f"its SHA-256 is {found}, but {listed_in} says {expected}", str(file), _HOW)
