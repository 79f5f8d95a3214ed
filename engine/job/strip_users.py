# SPDX-License-Identifier: GPL-3.0-or-later
"""Which .blend files show the frames of a strip's folder: kept in its record, lipreel.json.

Nothing heavy is imported: Blender asks and adds whenever a file is saved.
"""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..runtime.storage import write_atomic

RECORD_NAME = "lipreel.json"

_RELATIVE = "blends_relative"

SCHEMA, KIND = 2, "strip"
"""What tells the record of a strip from that of a job of the command line, which has schema 1."""


def add_blend(folder: Path, blend: Path) -> None:
    """Write down that a .blend file shows frames of a strip's folder; any other folder is left alone.

    Raises:
        InputError: The record cannot be written.
    """
    data = _read(folder)
    if data is None:
        return
    more = {**data, **with_blend(data, folder, blend)}
    if more != data:
        write_atomic(folder / RECORD_NAME, f"{json.dumps(more)}\n".encode("ascii"))


def blends_of(folder: Path) -> tuple[Path, ...]:
    """The .blend files that were saved with a strip's folder; also where they are if all of it was moved."""
    data = _read(folder)
    if data is None:
        return ()
    moved = [Path(os.path.normpath(folder / name)) for name in _names(data, _RELATIVE)]
    return tuple(dict.fromkeys([*map(Path, blends_in(data)), *moved]))


def is_strip_folder(folder: Path) -> bool:
    """Whether the folder is a strip's."""
    return _read(folder) is not None


def with_blend(data: dict[str, Any], folder: Path, blend: Path) -> dict[str, list[str]]:
    """What a record says of the .blend files of its folder, and one more: whole paths, and from there."""
    said = {"blends": [*blends_in(data), str(blend)], _RELATIVE: _names(data, _RELATIVE)}
    with suppress(ValueError):  # on another drive
        said[_RELATIVE] = [*said[_RELATIVE], os.path.relpath(blend, folder)]
    return {key: list(dict.fromkeys(names)) for key, names in said.items()}


def blends_in(data: dict[str, Any]) -> list[str]:
    """The .blend files in the content of a record."""
    return _names(data, "blends")


def _names(data: dict[str, Any], key: str) -> list[str]:
    found = data.get(key)
    return [str(name) for name in found] if isinstance(found, list) else []


def _read(folder: Path) -> dict[str, Any] | None:
    """The content of the folder's record, if it is that of a strip."""
    try:
        data = json.loads((folder / RECORD_NAME).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    known = isinstance(data, dict) and data.get("schema") == SCHEMA and data.get("kind") == KIND
    return data if known else None
