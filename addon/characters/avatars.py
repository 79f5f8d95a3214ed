# SPDX-License-Identifier: GPL-3.0-or-later
"""The avatars to choose from: their names and images, read without opening them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import bpy
import bpy.utils.previews

from ..extension import avatars_folder

BUILT_IN = Path(__file__).parents[2] / "models"

_OURS = "Comes with Lipreel"

Item = tuple[str, str, str, int, int]
"""As Blender wants it: identifier, name, description, icon, number."""


@dataclass(frozen=True)
class Entry:
    """An avatar in the chooser."""

    key: str
    """What `scene.lipreel.avatar` holds: the name of a built-in one, or a folder."""
    name: str
    description: str
    picture: Path | None
    """Its first template frame, if that is a file of its own."""
    fast: bool = False
    """Whether it is prepared for the precision "fast"."""
    track: bool = False
    """Whether it takes a mouth track, which can be directed."""

    @property
    def number(self) -> int:
        """Stands for it in Blender, and is the same in every session."""
        return number(self.key)


class _Chooser:
    """What was read, and the icons: Blender asks at every drawing, and keeps no text that it is given."""

    def __init__(self) -> None:
        self.entries: dict[Path, tuple[float, Entry]] = {}
        self.icons: Any = None
        self.items: list[Item] = []


_chooser = _Chooser()


def register() -> None:
    """Make room for icons."""
    _chooser.icons = bpy.utils.previews.new()


def unregister() -> None:
    """Forget the icons, and all that was read."""
    bpy.utils.previews.remove(_chooser.icons)
    _chooser.__init__()  # type: ignore[misc]  # as it was before


def number(key: str) -> int:
    """The number of the avatar `key`, 31 bits."""
    return crc32(key.encode()) & 0x7FFFFFFF


def entries(context: Any) -> list[Entry]:
    """The built-in avatars, and those in the user's folder."""
    found = [_entry(file, file.parent.name, _OURS) for file in _avatars(BUILT_IN)]
    own = avatars_folder(context)
    if own is not None:
        found += [_entry(file, str(file.parent), str(file.parent)) for file in _avatars(own)]
    return found


def items(context: Any, chosen: str) -> list[Item]:
    """The choices for Blender, with `chosen` among them even if it is elsewhere or gone."""
    found = entries(context)
    if all(entry.key != chosen for entry in found):
        file = Path(bpy.path.abspath(chosen)) / "avatar.toml"
        missing = Entry(chosen, f"{Path(chosen).name} (missing)", f"There is no avatar in {chosen}", None)
        found.append(_entry(file, chosen, chosen) if file.is_file() else missing)
    _chooser.items = [
        (entry.key, entry.name, entry.description, _icon(entry.picture), entry.number) for entry in found
    ]
    return _chooser.items


def has_fast(key: str) -> bool:
    """Whether the avatar `key` is prepared for the precision "fast"."""
    entry = _find(key)
    return entry is not None and entry.fast


def takes_track(key: str) -> bool:
    """Whether the avatar `key` takes a mouth track, which can be directed."""
    entry = _find(key)
    return entry is not None and entry.track


def _find(key: str) -> Entry | None:
    built_in = BUILT_IN / key / "avatar.toml"
    if built_in.is_file():
        return _entry(built_in, key, _OURS)
    file = Path(bpy.path.abspath(key)) / "avatar.toml"
    return _entry(file, key, key) if file.is_file() else None


def _avatars(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/avatar.toml"))


def _entry(file: Path, key: str, description: str) -> Entry:
    """Read anew only if the file has changed."""
    changed = file.stat().st_mtime
    known = _chooser.entries.get(file)
    if known is None or known[0] != changed:
        known = (changed, _read(file, key, description))
        _chooser.entries[file] = known
    return known[1]


def _read(file: Path, key: str, description: str) -> Entry:
    """Only the name and the image; whatever is wrong with the rest is told when the avatar is used."""
    fallback = file.parent.name
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        template = table["template"]
        picture = file.parent / template["frames"].format(template["first"]) if "frames" in template else None
        fast, track = "fast" in table.get("prepared", {}), table["generator"]["family"] == "mouth"
        return Entry(key, str(table["name"]), description, picture, fast, track)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return Entry(key, f"{fallback} (cannot be read)", description, None)


def _icon(picture: Path | None) -> int:
    if picture is None or not picture.is_file():
        return 0
    name = str(picture)
    if name not in _chooser.icons:
        _chooser.icons.load(name, name, "IMAGE")
    return int(_chooser.icons[name].icon_id)
