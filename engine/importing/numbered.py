# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of numbered files: 0.jpg, 1.jpg ..."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError

PICTURES = (".jpg", ".jpeg", ".png")
"""What a template's images may be."""

CONVERTED = (".gif", ".webp", ".tif", ".tiff", ".bmp")
"""What is made into PNG for one."""

STILLS = {*PICTURES, *CONVERTED} - {".gif"}
"""A file with one of these endings is one image; a GIF is read as the video that it may be."""

_COMPANION = "._"  # what macOS lays beside files on foreign disks

_TRAILING_NUMBER = re.compile(r"[0-9]{1,9}$")


@dataclass(frozen=True)
class Numbered:
    """Files whose names are consecutive numbers."""

    first: int
    """The lowest number."""
    files: tuple[Path, ...]
    """In the order of their numbers, at least one."""


def numbered_files(folder: Path, suffixes: Collection[str]) -> Numbered | None:
    """The files of `folder` whose names are a number and one of `suffixes`; None if there are none.

    Raises:
        InputError: A number is missing or there twice, or there are files of several formats.
    """
    files = {file for file in folder.glob("*") if file.suffix.lower() in suffixes and _is_number(file.stem)}
    if not files:
        return None
    if len(formats := {file.suffix for file in files}) > 1:
        raise InputError(f"holds files of several formats ({', '.join(sorted(formats))})", str(folder))
    ordered = sorted(files, key=lambda file: int(file.stem))
    numbers = [int(file.stem) for file in ordered]
    for place, number in enumerate(numbers, numbers[0]):
        if number != place:
            what = f"{place}{ordered[0].suffix} is missing" if number > place else f"{number} is there twice"
            raise InputError(what, str(folder), "The numbers must have no gap: copy the folder anew")
    return Numbered(numbers[0], tuple(ordered))


def picture_sequence(folder: Path) -> tuple[Path, ...]:
    """The images of a folder whose names end in consecutive numbers: shot_0101.png, shot_0102.png ...

    Raises:
        InputError: There are none, a number is missing, or there are several sequences.
    """
    sequences: dict[str, dict[int, Path]] = {}
    for file in folder.iterdir():
        number = _TRAILING_NUMBER.search(file.stem)
        known = file.suffix.lower() in (*PICTURES, *CONVERTED)
        if number and known and not file.name.startswith(_COMPANION):
            name = f"{file.stem[: number.start()]}#{file.suffix}"
            sequences.setdefault(name, {})[int(number[0])] = file
    if not sequences:
        raise InputError("holds no numbered images (.jpg, .png, .webp, .tif, .bmp, .gif)", str(folder))
    if len(sequences) > 1:
        names = ", ".join(sorted(sequences)[:3])
        raise InputError(f"holds several sequences ({names})", str(folder), "Put each into its own folder")
    (files,) = sequences.values()
    numbers = sorted(files)
    if gap := sorted(set(range(numbers[0], numbers[-1])) - set(numbers)):
        raise InputError(f"image {gap[0]} is missing", str(folder), "The numbers must have no gap")
    return tuple(files[number] for number in numbers)


def _is_number(stem: str) -> bool:
    return stem.isascii() and stem.isdigit() and len(stem) < 10
