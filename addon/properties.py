# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user sets: in the scene (scene.lipreel) and in the preferences."""

from pathlib import Path
from typing import Any

import bpy

from . import compat

PACKAGE = __package__.rpartition(".")[0]
"""The extension's name among Blender's add-ons."""

_FORMATS = (
    ("png", "PNG", "Lossless"),
    ("jpg", "JPEG", "Smaller files"),
)
_RANGES = (
    ("STRIP", "Strip", "All of the sound strip"),
    ("PREVIEW", "Preview Range", "The part of the sound strip that lies in the preview range"),
)
_PROVIDERS = (
    ("auto", "Automatic", "The fastest that this computer has"),
    ("cpu", "CPU", "The processor"),
    ("cuda", "CUDA", "An NVIDIA graphics card, where the library for it is installed"),
    ("coreml", "Core ML", "Apple's own, on a Mac"),
    ("directml", "DirectML", "A graphics card on Windows, where the library for it is installed"),
    ("openvino", "OpenVINO", "Intel's own, where the library for it is installed"),
)

# Blender keeps no reference to the texts of a dynamic list: whoever made it must.
_avatar_items: list[tuple[str, str, str]] = []


def avatar_items(_settings: Any, context: Any) -> list[tuple[str, str, str]]:
    """The built-in avatars, and those in the folder that the preferences name."""
    from ..engine.avatar import list_avatars

    items = [(name, _title(name), "Comes with Lipreel") for name in list_avatars()]
    items += [(str(folder), _title(folder.name), str(folder)) for folder in list_folders(context)]
    _avatar_items[:] = items
    return _avatar_items


def list_folders(context: Any) -> list[Path]:
    """The user's own avatars."""
    folder = getattr(preferences(context), "avatars_folder", "")
    if not folder:
        return []
    return sorted(file.parent for file in Path(bpy.path.abspath(folder)).glob("*/avatar.toml"))


def preferences(context: Any) -> Any | None:
    """The preferences, or None where the add-on runs without being installed."""
    addon = context.preferences.addons.get(PACKAGE)
    return addon.preferences if addon else None


def _title(name: str) -> str:
    return name.replace("_", " ").title()


class LipreelSettings(bpy.types.PropertyGroup):
    """scene.lipreel: kept in the .blend."""

    avatar: bpy.props.EnumProperty(
        name="Avatar",
        description="The character that speaks",
        items=avatar_items,
    )
    range: bpy.props.EnumProperty(
        name="Range",
        description="Which part of the sound strip to make pictures for",
        items=_RANGES,
        default="STRIP",
    )
    output: bpy.props.StringProperty(
        name="Output Folder",
        description="Where the pictures go, in a folder for each strip. // is the folder of the .blend file",
        subtype="DIR_PATH",
        options=compat.PATH_OPTIONS,
        default="//lipreel/",
    )
    format: bpy.props.EnumProperty(
        name="Format",
        description="Format of the pictures",
        items=_FORMATS,
        default="png",
    )
    quality: bpy.props.IntProperty(
        name="Quality",
        description="Quality of JPEG pictures",
        subtype="PERCENTAGE",
        min=1,
        max=100,
        default=95,
    )
    overlay: bpy.props.BoolProperty(
        name="Overlay",
        description="Only the speaking face, on transparency, to lie over your own footage of the avatar",
        default=False,
    )


class LipreelPreferences(bpy.types.AddonPreferences):
    """Kept by Blender for all files."""

    bl_idname = PACKAGE

    avatars_folder: bpy.props.StringProperty(
        name="Avatars Folder",
        description="A folder that holds a folder for each of your own avatars",
        subtype="DIR_PATH",
    )
    workers: bpy.props.IntProperty(
        name="Workers",
        description="Pictures that are made at the same time. 0 leaves one core of the processor to Blender",
        min=0,
        max=64,
        default=0,
    )
    provider: bpy.props.EnumProperty(
        name="Provider",
        description="What computes",
        items=_PROVIDERS,
        default="auto",
    )

    def draw(self, _context: Any) -> None:
        """Draw the preferences."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "avatars_folder")
        layout.prop(self, "provider")
        layout.prop(self, "workers")
