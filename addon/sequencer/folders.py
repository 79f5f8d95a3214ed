# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder in which a strip's frames lie: one for each strip, whatever becomes of its name."""

import re
from pathlib import Path

# What some file system does not take, so that a project can move from one system to another.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9a-f]{8}")
_LONGEST = 80  # characters; most file systems take 255 bytes

UNSAVED = "untitled"
"""Stands for the name of a .blend that has none."""

REMOVED = "removed"
"""The folder, beside those of the .blend files, in which Remove Unused Frames puts them."""


def folder_name(strip_name: str) -> str:
    """A name for a folder after that of a strip, on every system: "talk: 1.wav" becomes "talk_ 1.wav"."""
    name = _FORBIDDEN.sub("_", strip_name)[:_LONGEST].strip(" .")
    if not name or _DEVICES.fullmatch(name):
        return f"strip_{name}".rstrip("_")
    return name


def home_folder(output: Path, blend: str) -> Path:
    """The folder, inside that for all frames, of the strips of the .blend of this path; "" if it has none."""
    name = folder_name(Path(blend).stem if blend else UNSAVED)
    return output / (f"{name}_" if name.lower() == REMOVED else name)


def strip_folder(home: Path, strip: str, number: int) -> Path:
    """The folder of the strip with this number: the one that is there, whatever the strip was called then."""
    ending = f"-{number:08x}"
    there = sorted(home.glob(f"*{ending}")) if home.is_dir() else []
    return there[0] if there else home / f"{folder_name(strip)}{ending}"


def is_of_number(folder: Path, number: int) -> bool:
    """Whether a folder has the name of one for the strip with this number."""
    return folder.name.endswith(f"-{number:08x}")


def numbers_there(home: Path, strip: str) -> list[int]:
    """The numbers of the folders that were made for strips of this name, the latest first.

    Undo, or a file that was not saved, may have taken the number from the strip: the frames are there.
    """
    if not home.is_dir():
        return []
    name = f"{folder_name(strip)}-"
    found = [folder for folder in home.iterdir() if folder.is_dir() and folder.name.startswith(name)]
    found = [folder for folder in found if _NUMBER.fullmatch(folder.name[len(name) :])]
    found.sort(key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
    return [int(folder.name[len(name) :], 16) for folder in found]
