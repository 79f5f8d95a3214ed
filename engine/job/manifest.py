# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of a batch: a TOML or CSV file to the words of one `lipreel generate` a job.

Options go through the command line's own parser, so that a list knows what the command knows, and no more.
"""

import csv
import io
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError

_PATHS = ("sound", "out")
_NOT_FOR_JOBS = ("help", "json", "quiet")  # options that say what is printed


@dataclass(frozen=True)
class BatchJob:
    """One job of a batch."""

    sound: Path
    out: Path
    words: tuple[str, ...]
    """What would stand behind `lipreel generate`, in whatever folder."""


def read_manifest(file: Path) -> tuple[BatchJob, ...]:
    """The jobs of a list, in its order; relative paths begin at the list's folder.

    TOML has a table [[job]] for each, and may have [defaults]; CSV has a line for each below the keys' names,
    and an empty field is one that is not given. Keys are `sound`, `out` and the long options of `generate`.

    Raises:
        InputError: The list cannot be read, lacks a key, or names a folder twice.
    """
    try:
        text = file.read_text("utf-8-sig")
        rows = _csv_rows(text) if file.suffix.lower() == ".csv" else _toml_rows(text)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", str(file)) from error
    except (ValueError, RecursionError, csv.Error) as error:
        raise InputError(f"not a list of jobs: {error}", str(file), "docs/scripting.md shows one") from error
    jobs = tuple(_job(row, file, number) for number, row in enumerate(rows, 1))
    if not jobs:
        raise InputError("there are no jobs in it", str(file))
    _check_folders(jobs, file)
    return jobs


def shard(jobs: Sequence[BatchJob], index: int, count: int) -> tuple[BatchJob, ...]:
    """Every `count`-th job from the `index`-th on, which is counted from 1."""
    return tuple(jobs[index - 1 :: count])


def _toml_rows(text: str) -> list[dict[str, object]]:
    data = tomllib.loads(text)
    defaults, jobs = data.pop("defaults", {}), data.pop("job", [])
    if data:
        raise ValueError(f"{min(data)!r} is neither [defaults] nor [[job]]")
    if not isinstance(defaults, dict) or not isinstance(jobs, list):
        raise ValueError("[defaults] is a table, and each [[job]] too")
    if not all(isinstance(job, dict) for job in jobs):
        raise ValueError("each [[job]] is a table")
    return [{**defaults, **job} for job in jobs]


def _csv_rows(text: str) -> list[dict[str, object]]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True, restval="")
    filled = []
    for row in rows:
        if None in row:
            raise ValueError(f"line {rows.line_num} has more fields than the first")
        filled.append({key: _truth(value) for key, value in row.items() if value})
    return filled


def _truth(text: str) -> object:
    return {"true": True, "false": False}.get(text.lower(), text)


def _job(row: Mapping[str, object], file: Path, number: int) -> BatchJob:
    where = f"{file}: job {number}"
    for key in _PATHS:
        value = row.get(key)
        if not isinstance(value, str) or not value or "\0" in value:
            raise InputError(f'there is no "{key}"', where)
    for key in row:
        if key in _NOT_FOR_JOBS:
            raise InputError(f'"{key}" is not an option of a job', where)
    sound, out = (file.parent / str(row[key]) for key in _PATHS)
    options = [word for key, value in row.items() if key not in _PATHS for word in _words(key, value, file)]
    return BatchJob(sound, out, (f"--out={out.absolute()}", *options, "--", str(sound.absolute())))


def _words(key: str, value: object, file: Path) -> list[str]:
    """An option as it stands on a command line; false is left out, or --no-... where there is one."""
    option = f"--{key.replace('_', '-')}"
    if value is True:
        return [option]
    if value is False:
        return ["--no-colour-match"] if option == "--colour-match" else []
    # A folder of avatars beside the list is named as it lies; anything else is a built-in avatar's name.
    if key == "avatar" and (file.parent / str(value)).is_dir():
        value = (file.parent / str(value)).absolute()
    return [f"{option}={value}"]


def _check_folders(jobs: Sequence[BatchJob], file: Path) -> None:
    seen: dict[Path, int] = {}
    for number, job in enumerate(jobs, 1):
        out = job.out.resolve()
        if out in seen:
            raise InputError(f"jobs {seen[out]} and {number} share the folder {job.out}", str(file))
        seen[out] = number
