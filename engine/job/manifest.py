# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of a batch: a TOML or CSV file to the words of one `lipreel generate` a job.

Options go through the command line's own parser, so that a list knows what the command knows, and no more.
"""

import csv
import io
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
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


def read_manifest(file: Path, known: Collection[str] | None = None) -> tuple[BatchJob, ...]:
    """The jobs of a list, in its order; relative paths begin at the list's folder, ~ at the user's.

    TOML has a table [[job]] for each, and may have [defaults]; CSV, with commas, semicolons or tabs, has a
    line for each below the keys' names, and an empty field is one that is not given. Keys are `sound`, `out`
    and the long options of `generate`; other keys than those `known` are refused, if these are given.

    Raises:
        InputError: The list cannot be read, lacks a key, or names a folder twice.
    """
    try:
        text = file.read_text("utf-8-sig")
        if file.suffix.lower() in (".csv", ".tsv"):
            rows = _csv_rows(text, file, known)
        else:
            rows = _toml_rows(text, file, known)
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


def _toml_rows(text: str, file: Path, known: Collection[str] | None) -> list[dict[str, object]]:
    data = tomllib.loads(text)
    defaults, jobs = data.pop("defaults", {}), data.pop("job", [])
    if data:
        raise ValueError(f"{min(data)!r} is neither [defaults] nor [[job]]")
    if not isinstance(defaults, dict) or not isinstance(jobs, list):
        raise ValueError("[defaults] is a table, and each [[job]] too")
    if not all(isinstance(job, dict) for job in jobs):
        raise ValueError("each [[job]] is a table")
    for where, table in (("[defaults]", defaults), *((f"job {n}", job) for n, job in enumerate(jobs, 1))):
        for key in table:
            _check_key(key, f"{file}: {where}", known)
    return [{**defaults, **job} for job in jobs]


def _csv_rows(text: str, file: Path, known: Collection[str] | None) -> list[dict[str, object]]:
    head = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True, restval="", delimiter=delimiter)
    names = [name.strip().lower() for name in rows.fieldnames or ()]
    for column, name in enumerate(names, 1):
        if not name:
            raise ValueError(f"line 1, column {column} has no name")
        if names.index(name) + 1 < column:
            raise ValueError(f'line 1, column {column}: there are two columns "{name}"')
        _check_key(name, f"{file}: line 1, column {column}", known)
    rows.fieldnames = names
    filled = []
    for row in rows:
        if None in row:
            raise ValueError(f"line {rows.line_num} has more fields than the first")
        filled.append({key: _truth(value.strip()) for key, value in row.items() if value.strip()})
    return filled


def _truth(text: str) -> object:
    return {"true": True, "false": False}.get(text.lower(), text)


def _job(row: Mapping[str, object], file: Path, number: int) -> BatchJob:
    where = f"{file}: job {number}"
    for key in _PATHS:
        value = row.get(key)
        if not isinstance(value, str) or not value or "\0" in value:
            raise InputError(f'there is no "{key}"', where)
    sound, out = (file.parent / Path(str(row[key])).expanduser() for key in _PATHS)
    options = [word for key, value in row.items() if key not in _PATHS for word in _words(key, value, file)]
    return BatchJob(sound, out, (f"--out={out.absolute()}", *options, "--", str(sound.absolute())))


def _check_key(key: str, where: str, known: Collection[str] | None) -> None:
    """Refuse what is no option of a job."""
    name = key.replace("_", "-")
    if name in _NOT_FOR_JOBS or (known is not None and name not in known and name not in _PATHS):
        close = get_close_matches(name, known or (), 1)
        how = f'Is "{close[0]}" meant?' if close else "`lipreel generate --help` names them"
        raise InputError(f'"{key}" is not an option of a job', where, how)


def _words(key: str, value: object, file: Path) -> list[str]:
    """An option as it stands on a command line; false is left out, or --no-... where there is one."""
    option = f"--{key.replace('_', '-')}"
    if value is True:
        return [option]
    if value is False:
        return ["--no-colour-match"] if option == "--colour-match" else []
    # A folder of avatars beside the list is named as it lies; anything else is a built-in avatar's name.
    if key == "mouth":
        value = (file.parent / Path(str(value)).expanduser()).absolute()
    if key == "avatar" and (file.parent / Path(str(value)).expanduser()).is_dir():
        value = (file.parent / Path(str(value)).expanduser()).absolute()
    return [f"{option}={value}"]


def _check_folders(jobs: Sequence[BatchJob], file: Path) -> None:
    seen: dict[Path, int] = {}
    for number, job in enumerate(jobs, 1):
        out = job.out.resolve()
        if ignores_case(out):
            out = Path(str(out).casefold())
        if out in seen:
            raise InputError(f"jobs {seen[out]} and {number} share the folder {job.out}", str(file))
        seen[out] = number


def ignores_case(folder: Path) -> bool:
    """Whether the disk of a folder, which need not be there yet, takes Scene and scene for one name."""
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    for place in (there, *there.parents):
        other = place.with_name(place.name.swapcase()) if place.name else place
        if other.name != place.name:
            try:
                return other.samefile(place)
            except OSError:
                return False
    return False
