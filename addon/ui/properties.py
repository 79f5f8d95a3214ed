# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user sets: `strip.lipreel` of a sound strip, and `scene.lipreel`, which new strips begin with.

Both are kept in the .blend. A strip shows the scene's settings until it is given its own, one by one in the
panel, or all of them by Generate.
"""

from collections.abc import Callable
from typing import Any

import bpy

from ...engine.job.frame_names import QUALITY
from .. import compat
from ..characters import avatars
from ..sequencer.strip_settings import own_name

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
_SILENCES = (
    ("avatar", "Avatar's Own", "As the avatar has it"),
    ("hold", "Closed Mouth", "The mouth is closed and still"),
    ("model", "As Heard", "Whatever the avatar's network makes of it"),
)
_COLOURS = (
    ("avatar", "Avatar's Own", "As the avatar has it"),
    ("on", "Match", "Shift the colors of what is drawn to those of the image around it"),
    ("off", "Leave", "Leave the colors as they are drawn"),
)
# Blender's own choices for new image strips, and its words for them.
_FITS = (
    ("FIT", "Scale to Fit", "All of the image, as large as there is room for"),
    ("FILL", "Scale to Fill", "No border, though parts of the image may be cut off"),
    ("STRETCH", "Stretch to Fill", "No border and nothing cut off, though the image may be out of shape"),
    ("ORIGINAL", "Use Original Size", "As many pixels as the image has"),
)

Kind = Callable[..., Any]

_SETTINGS: dict[str, tuple[Kind, dict[str, Any]]] = {
    "avatar": (
        bpy.props.StringProperty,
        {
            "name": "Avatar",
            "description": "The character that speaks: the name of a built-in one, or a folder",
            "default": "demo",
        },
    ),
    "output": (
        bpy.props.StringProperty,
        {
            "name": "Output Folder",
            "description": "Where the images go, in a folder for each strip. // is the folder of the "
            ".blend file. If empty, the preferences say where",
            "subtype": "DIR_PATH",
            "options": compat.PATH_OPTIONS,
        },
    ),
    "mouth": (
        bpy.props.StringProperty,
        {
            "name": "Mouth Track",
            "description": "A file to move the mouth by, in place of what is heard: one that Export Mouth "
            "Track or `lipreel mouth` wrote, or Rhubarb's .tsv, .xml or .json",
            "subtype": "FILE_PATH",
            "options": compat.PATH_OPTIONS,
        },
    ),
    "format": (
        bpy.props.EnumProperty,
        {"name": "Format", "description": "Format of the images", "items": _FORMATS},
    ),
    "quality": (
        bpy.props.IntProperty,
        {
            "name": "Quality",
            "description": "Quality of JPEG images",
            "subtype": "PERCENTAGE",
            "min": 1,
            "max": 100,
            "default": QUALITY,
        },
    ),
    "overlay": (
        bpy.props.BoolProperty,
        {
            "name": "Overlay",
            "description": "Only the speaking face, on transparency, to lie over your own footage of the "
            "avatar",
        },
    ),
    "precision": (
        bpy.props.EnumProperty,
        {"name": "Precision", "description": "How exactly the images are computed", "items": _PRECISIONS},
    ),
    "silence": (
        bpy.props.EnumProperty,
        {"name": "Silence", "description": "What the mouth does in pauses", "items": _SILENCES},
    ),
    "colour_match": (
        bpy.props.EnumProperty,
        {
            "name": "Colors",
            "description": "Whether what is drawn is fitted to the image around it",
            "items": _COLOURS,
        },
    ),
    "own_edge": (
        bpy.props.BoolProperty,
        {
            "name": "Soft Edge",
            "description": "Choose how soft the edge of what is drawn is, instead of the avatar",
        },
    ),
    "feather": (
        bpy.props.FloatProperty,
        {
            "name": "Soft Edge",
            "description": "Width of the soft edge of what is drawn, in pixels of the image; 0 is a hard "
            "edge",
            "min": 0.0,
            "max": 200.0,
            "default": 12.0,
            "subtype": "PIXEL",
        },
    ),
    "fit": (
        bpy.props.EnumProperty,
        {"name": "Fit", "description": "How a new image strip is fitted to the frame", "items": _FITS},
    ),
}


class LipreelSettings(bpy.types.PropertyGroup):
    """scene.lipreel."""


class LipreelStripSettings(bpy.types.PropertyGroup):
    """strip.lipreel of a sound strip."""


def _get_avatar(settings: Any) -> int:
    return avatars.number(settings.avatar)


def _set_avatar(settings: Any, value: int) -> None:
    for entry in avatars.entries(bpy.context):
        if entry.number == value:
            settings.avatar = entry.key


_CORRECTED = {
    "jaw": ("Jaw", "how far the mouth is open"),
    "spread": ("Spread", "how wide the corners are pulled"),
    "round": ("Round", "how far the lips are rounded"),
    "press": ("Press", "how firmly the lips are shut: m, b, p"),
    "bite": ("Bite", "how far the lower lip is under the teeth: f, v"),
    "tongue": ("Tongue", "how far the tip of the tongue is up"),
}
# Directly on the strip type: there, and not in a group, Blender can key them.
_DIALS: dict[str, tuple[Kind, dict[str, Any]]] = {
    "lipreel_intensity": (
        bpy.props.FloatProperty,
        {
            "name": "Intensity",
            "description": "How much the mouth moves: at 0 it stays shut, at 1 it moves as heard",
            "min": 0.0,
            "max": 2.0,
            "default": 1.0,
            "step": 5,
        },
    ),
    "lipreel_hold": (
        bpy.props.IntProperty,
        {
            "name": "Hold",
            "description": "Frames for which a mouth is held: 1, or 2 for animation on twos",
            "min": 1,
            "max": 3,
            "default": 1,
            "options": set(),
        },
    ),
    **{
        f"lipreel_{name}": (
            bpy.props.FloatProperty,
            {
                "name": title,
                "description": f"Added to what was heard of {meaning}. Key it over a word to correct it",
                "min": -1.0,
                "max": 1.0,
                "default": 0.0,
                "step": 5,
            },
        )
        for name, (title, meaning) in _CORRECTED.items()
    },
    **{
        f"lipreel_{name}_gain": (
            bpy.props.FloatProperty,
            {
                "name": f"{title} Gain",
                "description": f"What was heard of {meaning}, times so much",
                "min": 0.0,
                "max": 3.0,
                "default": 1.0,
                "step": 5,
            },
        )
        for name, (title, meaning) in _CORRECTED.items()
    },
}

_AVATAR_CHOICE: dict[str, Any] = {
    "name": "Avatar",
    "description": "The character that speaks",
    "items": lambda self, context: avatars.items(context, self.avatar),
    "get": _get_avatar,
    "set": _set_avatar,
    "options": {"SKIP_SAVE"},
}
_RANGE: dict[str, Any] = {
    "name": "Range",
    "description": "Which part of the sound strips to make images for",
    "items": _RANGES,
}


def _of_scene() -> dict[str, Any]:
    """The properties of scene.lipreel."""
    shared = {name: kind(**keywords) for name, (kind, keywords) in _SETTINGS.items()}
    return {
        **shared,
        "avatar_choice": bpy.props.EnumProperty(**_AVATAR_CHOICE),
        "range": bpy.props.EnumProperty(**_RANGE),
    }


def _of_strip() -> dict[str, Any]:
    """The properties of strip.lipreel: a place for each setting, and the setting that is shown."""
    found: dict[str, Any] = {"avatar_choice": bpy.props.EnumProperty(**_AVATAR_CHOICE)}
    for name, (kind, keywords) in _SETTINGS.items():
        if kind is bpy.props.EnumProperty:
            kept, own = bpy.props.IntProperty, {"min": 0}
        else:
            kept, own = kind, {key: keywords[key] for key in ("default", "min", "max") if key in keywords}
        own |= {"name": keywords["name"], "description": keywords["description"]}
        found[own_name(name)] = kept(**own, options={"HIDDEN"})
        shown = {key: value for key, value in keywords.items() if key != "default"}
        found[name] = kind(**shown, get=_getter(name, keywords), set=_setter(name))
    return found


def _getter(name: str, keywords: dict[str, Any]) -> Callable[[Any], Any]:
    """The strip's own value, else its scene's; Blender wants the number of a choice."""
    items = [item[0] for item in keywords.get("items", ())]

    def get(settings: Any) -> Any:
        if settings.is_property_set(own_name(name)):
            value = getattr(settings, own_name(name))
            return min(value, len(items) - 1) if items else value
        value = getattr(settings.id_data.lipreel, name)
        return items.index(value) if items else value

    return get


def _setter(name: str) -> Callable[[Any, Any], None]:
    def set_own(settings: Any, value: Any) -> None:
        setattr(settings, own_name(name), value)

    return set_own


# Blender reads a class's properties from its annotations.
LipreelSettings.__annotations__ = _of_scene()
LipreelStripSettings.__annotations__ = _of_strip()


def register() -> None:
    """Give scenes and sound strips their settings."""
    bpy.types.Scene.lipreel = bpy.props.PointerProperty(
        type=LipreelSettings, name="Lipreel", description="What new strips of Lipreel begin with"
    )
    sounds = compat.sound_strip_type()
    sounds.lipreel = bpy.props.PointerProperty(
        type=LipreelStripSettings, name="Lipreel", description="What this strip speaks with"
    )
    for name, (kind, keywords) in _DIALS.items():
        setattr(sounds, name, kind(**keywords))
    sounds.lipreel_lead = bpy.props.IntProperty(
        name="Lead",
        description="Frames by which the mouth moves before the sound is heard; less than 0: behind it",
        min=-10,
        max=10,
        default=0,
        options=set(),  # one for all frames: it is no dial to be keyed
    )


def unregister() -> None:
    """Take them back; the values stay in the file."""
    for name in _DIALS:
        delattr(compat.sound_strip_type(), name)
    del compat.sound_strip_type().lipreel_lead
    del compat.sound_strip_type().lipreel
    del bpy.types.Scene.lipreel
