# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user sets in a scene: scene.lipreel, kept in the .blend."""

from typing import Any

import bpy

from . import avatars, compat

_FORMATS = (
    ("png", "PNG", "Lossless"),
    ("jpg", "JPEG", "Smaller files"),
)
_RANGES = (
    ("STRIP", "Strip", "All of the sound strip"),
    ("PREVIEW", "Preview Range", "The part of the sound strip that lies in the preview range"),
)
_PRECISIONS = (
    ("exact", "Exact", "32-bit floating point throughout"),
    ("fast", "Fast", "8-bit integers: faster, hardly a difference to be seen"),
)


def _get_avatar(settings: Any) -> int:
    return avatars.number(settings.avatar)


def _set_avatar(settings: Any, value: int) -> None:
    for entry in avatars.entries(bpy.context):
        if entry.number == value:
            settings.avatar = entry.key


class LipreelSettings(bpy.types.PropertyGroup):
    """scene.lipreel."""

    avatar: bpy.props.StringProperty(
        name="Avatar",
        description="The character that speaks: the name of a built-in one, or a folder",
        default="demo",
    )
    avatar_choice: bpy.props.EnumProperty(
        name="Avatar",
        description="The character that speaks",
        items=lambda self, context: avatars.items(context, self.avatar),
        get=_get_avatar,
        set=_set_avatar,
        options={"SKIP_SAVE"},
    )
    range: bpy.props.EnumProperty(
        name="Range",
        description="Which part of the sound strip to make pictures for",
        items=_RANGES,
        default="STRIP",
    )
    output: bpy.props.StringProperty(
        name="Output Folder",
        description="Where the pictures go, in a folder for each strip. // is the folder of the .blend file. "
        "If empty, the preferences say where",
        subtype="DIR_PATH",
        options=compat.PATH_OPTIONS,
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
    precision: bpy.props.EnumProperty(
        name="Precision",
        description="How exactly the pictures are computed",
        items=_PRECISIONS,
        default="exact",
    )
