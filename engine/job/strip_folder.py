# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a strip: frames of any number of jobs side by side, none overwritten and none deleted.

A frame's name has its number and the beginning of its key, so that a file with the right name is the right
frame, unless it was damaged or somebody has painted in it.
"""

import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, JobCancelled
from ..media.whole_image import whole_size
from ..runtime.monitor import Monitor
from ..runtime.storage import part_path, storage_error, write_atomic
from .folder import make_folder
from .frame_names import is_clip_part
from .lock import ALL_FRAMES, locked
from .record import RECORD_NAME
from .strip_record import Entry, StripRecord, read_strip_record

_RECORD_EVERY_S = 5.0


@dataclass(frozen=True)
class Found:
    """What there is of the frames that are wanted."""

    there: frozenset[str]
    """Names of those that need not be drawn."""
    retouched: tuple[str, ...]
    """Names of those that somebody has changed since they were written; kept, or set aside to be redrawn."""
    damaged: tuple[str, ...]
    """Names of those that were set aside because they are not whole, or of another size."""


class StripFolder:
    """A folder that nobody else works in; made by `strip_folder`. Threads may share it."""

    def __init__(self, folder: Path, record: StripRecord) -> None:
        self._folder = folder
        self._record = record
        self._written = time.monotonic()

    def find(
        self, names: Iterable[str], size: tuple[int, int], monitor: Monitor, *, redraw_retouched: bool
    ) -> Found:
        """Look which of the frames are there; what is to be drawn anew is set aside under another name.

        Raises:
            InputError: A file cannot be read or renamed.
            JobCancelled: The monitor says so.
        """
        there, retouched, damaged = set(), [], []
        for name in names:
            monitor.check()
            state = self._state(name, size)
            if state == "damaged":
                self._set_aside(name, "damaged")
                damaged.append(name)
            if state == "retouched":
                retouched.append(name)
                if redraw_retouched:
                    self._set_aside(name, "retouched")
                    continue
            if state in ("whole", "retouched"):
                there.add(name)
        return Found(frozenset(there), tuple(retouched), tuple(damaged))

    def write(self, name: str, data: bytes) -> None:
        """Write a frame that is not there; InputError as by `write_atomic`."""
        path = self._folder / name
        write_atomic(path, data)
        self._record.files[name] = _entry(path, data)

    def keep_record(self) -> None:
        """Write the record, if that was some time ago."""
        if time.monotonic() - self._written > _RECORD_EVERY_S:
            self._record.write()
            self._written = time.monotonic()

    def _state(self, name: str, size: tuple[int, int]) -> str:
        """absent, whole, retouched or damaged."""
        path, known = self._folder / name, self._record.files.get(name)
        try:
            found = path.stat()
            if known and (found.st_size, found.st_mtime_ns) == known[:2]:
                return "whole"
            data = path.read_bytes()
            entry = _entry(path, data)
        except FileNotFoundError:
            return "absent"
        except OSError as error:
            raise InputError(f"the frame cannot be read ({error.strerror})", str(path)) from error
        unchanged = known is not None and entry[2] == known[2]
        if not unchanged and whole_size(data) != size:
            return "damaged"
        if not unchanged and known is not None:
            return "retouched"  # its entry stays, so that it is known for that the next time, too
        self._record.files[name] = entry
        return "whole"

    def _set_aside(self, name: str, why: str) -> None:
        """Rename a frame to a name that is free."""
        path = self._folder / name
        number = 1
        while (aside := path.with_name(f"{name}.{why}{number if number > 1 else ''}")).exists():
            number += 1
        try:
            path.rename(aside)
        except OSError as error:
            raise storage_error(error, path) from error


@contextmanager
def strip_folder(
    folder: Path, job: Mapping[str, object], current: Sequence[str] | None, blend: Path | None
) -> Iterator[StripFolder]:
    """A folder, made if need be, that is locked for a job; afterwards its record says how the job ended.

    Args:
        folder: Where.
        job: See strip_record.job_part.
        current: The names of all of the job's frames, in order; None for a preview, which the record does not
            take for the folder's job.
        blend: A .blend file that uses the folder.

    Raises:
        FolderBusyError: Another run is at work in it.
        FolderTakenError: It holds the frames of `generate`, or of a later Lipreel.
        InputError: It is a file, or cannot be written to.
    """
    make_folder(folder)
    with locked(folder, ALL_FRAMES):
        record = read_strip_record(folder)
        if current is not None:
            record.begin(job, current)
        if blend is not None:
            record.add_blend(blend)
        _remove_drafts(folder)
        record.write()
        status = "failed"
        try:
            yield StripFolder(folder, record)
            status = "done"
        except (JobCancelled, KeyboardInterrupt):
            status = "cancelled"
            raise
        finally:
            if current is not None:
                record.end(status)
            # Where a failure is under way, it matters more than a full disk.
            with suppress(*() if status == "done" else (InputError,)):
                record.write()


def _entry(path: Path, data: bytes) -> Entry:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, zlib.crc32(data)


def _remove_drafts(folder: Path) -> None:
    """Remove what a run that was killed has left half-written."""
    try:
        for path in folder.iterdir():
            if is_clip_part(path.name) or path == part_path(folder / RECORD_NAME):
                path.unlink()
    except OSError as error:
        raise storage_error(error, folder) from error
