# SPDX-License-Identifier: GPL-3.0-or-later
"""Which .blend files show the frames of a strip's folder: kept in its record, lipreel.json.

Nothing heavy is imported: Blender asks and adds whenever a file is saved.
"""

import json
from pathlib import Path
from typing import Any

from ..runtime.storage import write_atomic

RECORD_NAME = "lipreel.json"

SCHEMA, KIND = 2, "strip"
"""What tells the record of a strip from that of a job of the command line, which has schema 1."""


def add_blend(folder: Path, blend: Path) -> None:
    """Write down that a .blend file shows frames of a strip's folder; any other folder is left alone.

    Raises:
        InputError: The record cannot be written.
    """
    data = _read(folder)
    if data is not None and str(blend) not in blends_in(data):
        more = {**data, "blends": [*blends_in(data), str(blend)]}
        write_atomic(folder / RECORD_NAME, f"{json.dumps(more)}\n".encode("ascii"))


def blends_of(folder: Path) -> tuple[Path, ...]:
    """The .blend files that were saved with a strip's folder."""
    data = _read(folder)
    return () if data is None else tuple(map(Path, blends_in(data)))


def is_strip_folder(folder: Path) -> bool:
    """Whether the folder is a strip's."""
    return _read(folder) is not None


def blends_in(data: dict[str, Any]) -> list[str]:
    """The .blend files in the content of a record."""
    found = data.get("blends")
    return [str(name) for name in found] if isinstance(found, list) else []


def _read(folder: Path) -> dict[str, Any] | None:
    """The content of the folder's record, if it is that of a strip."""
    try:
        data = json.loads((folder / RECORD_NAME).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    known = isinstance(data, dict) and data.get("schema") == SCHEMA and data.get("kind") == KIND
    return data if known else None
