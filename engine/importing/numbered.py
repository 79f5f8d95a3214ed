# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of numbered files: 0.jpg, 1.jpg ..."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..image_size import image_size

PICTURES = (".jpg", ".jpeg", ".png")


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


def common_size(pictures: Collection[Path]) -> tuple[int, int]:
    """Width and height that all the pictures have, from their headers.

    Raises:
        InputError: One cannot be read or is of another size than the first.
    """
    sizes: dict[tuple[int, int], Path] = {}
    for file in pictures:
        try:
            sizes.setdefault(image_size(file.read_bytes()), file)
        except (OSError, ValueError) as error:
            raise InputError(f"cannot be read as a picture ({error})", str(file)) from error
        if len(sizes) > 1:
            (first, other) = (f"{width}x{height}" for width, height in sizes)
            raise InputError(f"is {other}, but the first picture is {first}", str(file))
    (size,) = sizes
    return size


def _is_number(stem: str) -> bool:
    return stem.isascii() and stem.isdigit() and len(stem) < 10
