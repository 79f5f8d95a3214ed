# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a strip's folder, lipreel.json: every frame that was written there, and the last job."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..avatar.avatar_types import Avatar
from ..errors import FolderTakenError
from ..runtime.storage import write_atomic
from ..sound.clip import Clip
from ..sound.recording import Recording
from .opening import Opened
from .record import now, versions
from .strip_users import KIND, RECORD_NAME, SCHEMA, blends_of, with_blend

Entry = tuple[int, int, int]
"""Size in bytes, time of the last change in nanoseconds, and CRC-32 of a frame's file."""


class StripRecord:
    """What is known of a folder. Keys of others are kept as they are."""

    def __init__(self, folder: Path, data: Mapping[str, Any]) -> None:
        """`data` is what the file holds, {} if there is none; what cannot be understood is left out."""
        self._folder = folder
        self._data = dict(data)
        self.files: dict[str, Entry] = {
            name: (entry[0], entry[1], entry[2])
            for name, entry in _mapping(data.get("files")).items()
            if isinstance(entry, list) and len(entry) == 3 and all(type(part) is int for part in entry)
        }
        """By name; never fewer."""

    def begin(self, job: Mapping[str, object], current: Sequence[str]) -> None:
        """Another job is at work; `current` are the names of its frames, in order."""
        self._data |= {"job": dict(job) | {"status": "running"}, "current": list(current)}

    def end(self, status: str) -> None:
        """The job is at an end."""
        self._data["job"] |= {"status": status, "finished": now()}

    def add_blend(self, blend: Path) -> None:
        """A .blend file uses the folder."""
        self._data |= with_blend(self._data, self._folder, blend.absolute())

    def write(self) -> None:
        """Write the file; InputError if that cannot be done. What others have added is kept."""
        for blend in blends_of(self._folder):
            self.add_blend(blend)
        own = {"schema": SCHEMA, "kind": KIND, "files": dict(self.files)}
        text = json.dumps({**own, "current": [], "job": None, "blends": [], **self._data, **own}, default=str)
        write_atomic(self._folder / RECORD_NAME, f"{text}\n".encode("ascii"))


def read_strip_record(folder: Path) -> StripRecord:
    """The record of a folder; an empty one if there is none, or none that can be read.

    Raises:
        FolderTakenError: It is that of a job of another kind, or of a later Lipreel.
    """
    try:
        data = json.loads((folder / RECORD_NAME).read_bytes())
    except (OSError, ValueError, RecursionError):
        data = None
    if not isinstance(data, dict) or "schema" not in data:
        return StripRecord(folder, {})
    if data["schema"] != SCHEMA or data.get("kind") != KIND:
        what = "holds frames of another kind of job"
        raise FolderTakenError(what, str(folder), "Choose another folder")
    return StripRecord(folder, data)


def job_part(recording: Recording, avatar: Avatar, clip: Clip, job: Opened) -> dict[str, object]:
    """What a job that begins now is made from, for the record."""
    return {
        "status": "running",
        "clip": asdict(clip),
        "avatar": {
            "id": avatar.id,
            "fingerprint": avatar.fingerprint,
            "folder": str(avatar.folder.absolute()),
        },
        "options": asdict(job.options),
        "provider": job.provider,
        "versions": versions(),
        "recording": {"name": recording.name, "identity": recording.identity},
        "started": now(),
        "finished": None,
    }


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
