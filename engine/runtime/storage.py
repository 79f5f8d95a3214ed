# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are there complete or not at all; and what a file system refuses, in the user's words."""

import errno
import hashlib
from pathlib import Path

from ..errors import InputError

# What a file system says when there is no room: none left, over the quota, over the limit for one file.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} if hasattr(errno, "EDQUOT") else {errno.ENOSPC, errno.EFBIG}


def storage_error(error: OSError, path: Path) -> InputError:
    """The user's view of a failure to write `path`."""
    if error.errno in _FULL:
        how = "Make room and start it again: finished frames are kept"
        return InputError(f"no room left to write it ({error.strerror})", str(path), how)
    return InputError(f"cannot be written ({error.strerror})", str(path), "Choose another output folder")


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that it is there complete or not at all, in a folder that exists.

    Raises:
        InputError: The disk is full or the folder cannot be written to; nothing half-written is left.

    """
    part = part_path(path)
    try:
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise storage_error(error, path) from error


def part_path(path: Path) -> Path:
    """The name under which a file is written until it is complete."""
    return path.with_name(f".{path.name}.part")


def sha256_file(file: Path) -> str:
    """The SHA-256 of a file's bytes as 64 hexadecimal digits; OSError if it cannot be read."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
