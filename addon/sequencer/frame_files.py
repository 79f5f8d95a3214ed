# SPDX-License-Identifier: GPL-3.0-or-later
"""The frames on disk, as far as this file is concerned: which strips show them, and which nobody does."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ...engine.errors import InputError
from ...engine.job.frame_names import frame_name
from .. import compat
from . import image_strips
from .folders import REMOVED, folder_name

# Frames of strips, also set aside because they were damaged or drawn anew, and plates; nothing else that lies
# beside them: a user may keep files of their own there.
_OURS = re.compile(r"(frame|plate)_-?\d{5,}-[0-9a-f]{8}\.\w+(\.(damaged|retouched)\w*)?")


@dataclass(frozen=True)
class Unused:
    """What may be cleared away."""

    files: tuple[Path, ...]
    bytes: int
    kept_for: tuple[str, ...]
    """Other .blend files whose strips may show files of the same folders, which are left alone."""


def note_saved(file: str) -> None:
    """Write into the records of all folders that this file shows that it does, as it was saved to `file`."""
    blend = file or bpy.data.filepath
    if not blend:
        return
    folders = [folder for folder in _shown() if (folder / "lipreel.json").is_file()]
    if not folders:  # nothing is to be imported by Blender's own saving
        return
    from ...engine.job.strip_users import add_blend

    for folder in folders:
        try:
            add_blend(folder, Path(blend))
        except InputError as error:  # a file that cannot be written to is no reason not to save
            print(f"lipreel: {error}")  # noqa: T201 (Blender's console)


def unused() -> Unused:
    """The frames in the folders of this file's strips that no strip shows."""
    from ...engine.job.strip_users import blends_of, is_strip_folder

    shown = _shown()
    me = Path(bpy.data.filepath).resolve()
    files: list[Path] = []
    others: set[str] = set()
    for folder in sorted(shown):
        if not is_strip_folder(folder):
            continue  # not ours, or of Lipreel 0.1
        users = [blend for blend in blends_of(folder) if blend.is_file() and blend.resolve() != me]
        if users:
            others.update(blend.name for blend in users)
            continue
        found = [file for file in folder.iterdir() if _OURS.fullmatch(file.name)]
        files += sorted(file for file in found if file.name not in shown[folder])
    return Unused(tuple(files), sum(file.stat().st_size for file in files), tuple(sorted(others)))


def clear_away(found: Unused) -> Path | None:
    """Move the files into a folder for what was removed, each in one of the name of its own; where they are.

    Raises:
        InputError: A file cannot be moved.
    """
    target = None
    for file in found.files:
        target = file.parent.parent.parent / REMOVED / file.parent.name
        try:
            target.mkdir(parents=True, exist_ok=True)
            file.rename(_free(target / file.name))
        except OSError as error:
            raise InputError(
                f"cannot be moved ({error.strerror})", str(file), "See who may write there"
            ) from error
    return target.parent if target else None


def copy_numbered(image: Any, chosen: Path) -> tuple[int, Path]:
    """Copy what an image strip shows as frame_000001, frame_000002, ... for other programs.

    They go to the chosen folder if it is empty or new, else to a new one in it.

    Returns:
        How many there are, and where.

    Raises:
        InputError: A file cannot be read or written.
    """
    import shutil

    shown = image_strips.read_shown(image)
    source = image_strips.folder_of(image)
    # Where the strip was pulled out beyond its images, it holds the first or the last.
    places = [min(max(moment - shown.first, 0), len(shown.files) - 1) for moment in shown.seen]
    names = [shown.files[place] for place in places]
    try:
        taken = chosen.is_dir() and next(chosen.iterdir(), None) is not None
        folder = _free(chosen / folder_name(image.name)) if taken else chosen
        folder.mkdir(parents=True, exist_ok=True)
        for number, name in enumerate(names, 1):
            plain = frame_name(number, "jpg" if name.endswith(".jpg") else "png")
            shutil.copy2(source / name, folder / plain)
    except OSError as error:
        raise InputError(
            f"cannot be copied ({error.strerror})", str(error.filename), "See what is there"
        ) from error
    return len(names), folder


def _shown() -> dict[Path, set[str]]:
    """The folders of all image strips of this file, with the names of the files that they show."""
    found: dict[Path, set[str]] = {}
    for scene in bpy.data.scenes:
        for strip in compat.all_strips(scene.sequence_editor) if scene.sequence_editor else ():
            if strip.type == "IMAGE":
                # However the folder is spelt: with "..", or through a link.
                names = found.setdefault(image_strips.folder_of(strip).resolve(), set())
                names.update(element.filename for element in strip.elements)
    return found


def _free(file: Path) -> Path:
    """A name that nothing has yet."""
    number, free = 1, file
    while free.exists():
        number += 1
        free = file.with_name(f"{file.stem}_{number}{file.suffix}")
    return free
