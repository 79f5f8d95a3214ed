# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a job: begun, resumed, refused or begun again."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from ..arrays import Floats
from ..errors import FolderTakenError, InputError, JobCancelled
from ..runtime.storage import storage_error
from .frame_names import frame_name, frame_number, part_number
from .lock import ALL_FRAMES, LOCK_NAME, locked
from .mouths import keep_mouths, same_mouths
from .record import RECORD_NAME, JobRecord, Status, now, read_record, write_record

_HOW = "Choose another folder, or overwrite"


@contextmanager
def job_folder(
    folder: Path,
    record: JobRecord,
    overwrite: bool,
    frames: range = ALL_FRAMES,
    mouths: Floats | None = None,
) -> Iterator[frozenset[int]]:
    """A folder that is ready for these frames of a job and locked; afterwards its record says how it ended.

    With `mouths` [n, 6], those of all frames, overwriting a job that differs in its mouths alone keeps the
    frames whose mouths are the same.

    Yields:
        The numbers of the frames that need not be made.

    Raises:
        FolderBusyError: Another run works on one of these frames.
        InputError: As `open_folder`.
    """
    make_folder(folder)
    with locked(folder, frames) as lock:
        with lock.record():
            keep = same_mouths(folder, record, mouths) if overwrite else frozenset()
            record, done = open_folder(folder, record, overwrite, frames, keep)
            keep_mouths(folder, mouths)
        status: Status = "failed"
        try:
            yield done
            status = "done"
        except (JobCancelled, KeyboardInterrupt):
            status = "cancelled"
            raise
        finally:
            with lock.record():
                _write_end(folder, record, status, frames)


def holds_finished(folder: Path) -> bool:
    """Whether some job was finished in the folder, going by its record alone."""
    try:
        return read_record(folder).status == "done"
    except InputError:
        return False


def is_done(folder: Path, record: JobRecord) -> bool:
    """Whether this very job was finished in the folder, and all of its frames are still there.

    Its record has the hashes of the sound and the avatar, so neither needs to be looked at any further.
    """
    try:
        old, names = read_record(folder), _names(folder)
        if old.status != "done" or old.differences(record):
            return False
        if LOCK_NAME in names or any(part_number(name) for name in names):  # left by a run that was killed
            return False
        return len(_whole(folder, _numbers(names, record), record)) == record.frames
    except (InputError, OSError):  # whoever opens the folder says what is wrong with it
        return False


def open_folder(
    folder: Path,
    record: JobRecord,
    overwrite: bool,
    frames: range = ALL_FRAMES,
    keep: frozenset[int] = frozenset(),
) -> tuple[JobRecord, frozenset[int]]:
    """Make the folder ready for some frames of a job and write its record there.

    The same job as before goes on: frames that are there are kept. Any other is refused, unless `overwrite`,
    which removes the old job's frames and those in the way of the new ones, and nothing else; frames whose
    numbers are in `keep` stay.

    Returns:
        The record as it was written, and the numbers of the frames that need not be made.

    Raises:
        FolderTakenError: It holds another job.
        InputError: It is a file, cannot be written to, or holds frames that no job owns.
    """
    make_folder(folder)
    names = _names(folder)
    there = _numbers(names, record)
    old = None if overwrite else _old_record(folder, names, there)
    if old is not None and (differences := old.differences(record)):
        raise FolderTakenError(f"holds another job ({'; '.join(differences)})", str(folder), _HOW)
    try:
        for name in names:
            number = part_number(name)
            if (
                number is not None and number in frames
            ):  # of a run that was killed: those of others are being written
                (folder / name).unlink()
        if overwrite:
            # Before the new record is written: else a run that is killed here would resume from old frames.
            _remove_frames(folder, names, record, keep)
            there &= keep
        done = _whole(folder, there, record)
    except OSError as error:
        raise storage_error(error, folder) from error
    if old is not None:
        record = replace(record, started=old.started)
    write_record(folder, record)
    return record, frozenset(done)


def _write_end(folder: Path, record: JobRecord, status: Status, frames: range) -> None:
    """Write into the record how the work ended; a slice ends the job if no frame is left to be made."""
    if status != "done":
        with suppress(InputError):  # the failure that is under way matters more than a full disk
            write_record(folder, replace(record, status=status, finished=now()))
        return
    if frames != ALL_FRAMES and len(_whole(folder, _numbers(_names(folder), record), record)) < record.frames:
        return
    write_record(folder, replace(record, status="done", finished=now()))


def make_folder(folder: Path) -> None:
    """Make the folder if it is not there; InputError if that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError("there is a file of this name", str(folder), "Choose another folder") from error
    except OSError as error:
        raise storage_error(error, folder) from error


def _names(folder: Path) -> tuple[str, ...]:
    """What is in the folder."""
    try:
        return tuple(path.name for path in folder.iterdir())
    except OSError as error:
        raise storage_error(error, folder) from error


def _whole(folder: Path, numbers: Iterable[int], record: JobRecord) -> set[int]:
    """Those of the frames that are not empty, as a power cut leaves them."""
    return {n for n in numbers if (folder / frame_name(n, record.options.format)).stat().st_size > 0}


def _numbers(names: Iterable[str], record: JobRecord) -> set[int]:
    """The numbers of the record's frames among the files."""
    numbers = (frame_number(name, record.options.format) for name in names)
    return {number for number in numbers if number is not None and 1 <= number <= record.frames}


def _old_record(folder: Path, names: tuple[str, ...], there: set[int]) -> JobRecord | None:
    """The record in the folder, or None if no job was ever begun there."""
    if RECORD_NAME in names:
        return read_record(folder)
    if there:
        raise InputError(f"holds frames, but no {RECORD_NAME} that says whose", str(folder), _HOW)
    return None


def _remove_frames(folder: Path, names: tuple[str, ...], new: JobRecord, keep: frozenset[int]) -> None:
    """Remove the frames of the old job, if one is recorded, and those with the names of the new one's."""
    records = [new]
    with suppress(InputError):  # no record, or none that can be read: then no other frames are known
        records.append(read_record(folder))
    for record in records:
        for number in _numbers(names, record) - keep:
            (folder / frame_name(number, record.options.format)).unlink(missing_ok=True)
