# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a job: begun, resumed, refused or begun again."""

from dataclasses import replace
from pathlib import Path

from .errors import InputError
from .job import RECORD_NAME, JobRecord, read_record, write_record
from .writer import frame_name, is_frame_name, part_path, storage_error

_HOW = "Choose another folder, or overwrite"


def open_folder(folder: Path, record: JobRecord, overwrite: bool) -> frozenset[int]:
    """Make the folder ready for a job and write its record there.

    The same job as before goes on: frames that are there are kept. Any other is refused, unless `overwrite`,
    which removes the old job's frames, and nothing else.

    Returns:
        The numbers of the frames that need not be made.

    Raises:
        InputError: It is a file, cannot be written to, or holds another job or frames that no job owns.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = {path.name for path in folder.iterdir()}
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError("there is a file of this name", str(folder), "Choose another folder") from error
    except OSError as error:
        raise storage_error(error, folder) from error
    new = {frame_name(number, record.options.format) for number in range(1, record.frames + 1)}
    old = None if overwrite else _resumed(folder, record, names, new)
    try:
        if overwrite:
            # Before the new record is written: else a run that is killed here would resume from old frames.
            _remove(folder, names & (new | _own_frames(folder)))
        _remove(folder, {name for name in names if _is_part_of_frame(name)})
        done = {name for name in names & new if old is not None and (folder / name).stat().st_size > 0}
    except OSError as error:
        raise storage_error(error, folder) from error
    write_record(folder, record if old is None else replace(record, started=old.started))
    return frozenset(int(name[len("frame_") : name.index(".")]) for name in done)


def _resumed(folder: Path, record: JobRecord, names: set[str], new: set[str]) -> JobRecord | None:
    """The old record of this same job, or None if there was no job."""
    if RECORD_NAME not in names:
        if names & new:
            raise InputError(f"holds frames, but no {RECORD_NAME} that says whose", str(folder), _HOW)
        return None
    old = read_record(folder)
    if differences := old.differences(record):
        raise InputError(f"holds another job ({'; '.join(differences)})", str(folder), _HOW)
    return old


def _own_frames(folder: Path) -> set[str]:
    """Names of the frames of the job whose record is in the folder, if one is."""
    try:
        old = read_record(folder)
    except InputError:
        return set()
    return {frame_name(number, old.options.format) for number in range(1, old.frames + 1)}


def _is_part_of_frame(name: str) -> bool:
    """Whether a run that was killed left this behind."""
    frame = name.removeprefix(".").removesuffix(".part")
    return is_frame_name(frame) and part_path(Path(frame)).name == name


def _remove(folder: Path, names: set[str]) -> None:
    for name in names:
        (folder / name).unlink()
