# SPDX-License-Identifier: GPL-3.0-or-later
"""Lipreel's image strips in Blender: found, and read as plain data."""

import json
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy

from ...engine.errors import InputError
from .. import compat
from . import numbers
from .pairing import Part, assign
from .shown import Shown, Then
from .sound_strips import all_sounds, read_place, sound_file

RECORD = "lipreel"
"""The custom property of our image strips: a dict of what they were made from."""


def own_strip(sound: Any, scene: Any) -> Any | None:
    """The image strip that belongs to this sound strip, or None."""
    return own_strips(scene).get(sound.name)


def own_strips(scene: Any) -> dict[str, Any]:
    """The image strips that belong to sound strips of a scene, by the names of those."""
    images = {strip.name: strip for strip in _ours(scene)}
    return {sound: images[image] for sound, image in pairs(scene).items()} if images else {}


def pairs(scene: Any) -> dict[str, str]:
    """The names of the sound strips of a scene, each with that of its image strip, where there is one."""
    sounds = []
    for strip in all_sounds(scene):
        with suppress(InputError):  # a retimed one has none
            place = read_place(scene, strip)
            sounds.append(_part(strip, place.zero, place.moments, _sound_family(strip)))
    images = []
    for strip in _ours(scene):
        zero = zero_of(strip)
        left, right = compat.ends(strip)
        images.append(_part(strip, zero, range(left - zero, right - zero), _image_family(strip)))
    return assign(sounds, images)


def sharing(scene: Any, image: Any) -> list[Any]:
    """All sound strips that an image strip belongs to: more than one if only the sound was cut."""
    names = [sound for sound, own in pairs(scene).items() if own == image.name]
    return [strip for strip in all_sounds(scene) if strip.name in names]


def cuts(scene: Any, image: Any) -> frozenset[int]:
    """The moments at which an image strip was cut in two: there, another of its number begins or ends."""
    number = numbers.number_of(image)
    others = [
        read_shown(strip).seen
        for strip in _ours(scene)
        if numbers.number_of(strip) == number and strip != image
    ]
    seen = read_shown(image).seen
    starts, ends = {other.start for other in others}, {other.stop for other in others}
    return frozenset(({seen.stop} & starts) | ({seen.start} & ends))


def read_again(folder: Path, names: set[str]) -> None:
    """Have Blender read files again that it may have read before: redrawn, or gone and there again."""
    for scene in bpy.data.scenes:
        for strip in _ours(scene):
            if folder_of(strip) == folder and any(element.filename in names for element in strip.elements):
                strip.directory = strip.directory  # setting it is what makes Blender forget what it has read


def size_of(strip: Any) -> tuple[int, int]:
    """Width and height of the images of a strip."""
    element = strip.elements[0]
    return element.orig_width, element.orig_height


def first_moment(strip: Any) -> int:
    """The moment of the sound that the first file of one of our strips shows."""
    record = strip[RECORD]
    if "first" in record:
        return int(record["first"])
    # Lipreel 0.1 wrote seconds into the sound.
    with suppress(KeyError, ValueError, ZeroDivisionError):
        return round(Fraction(record["start"]) * Fraction(record["fps"]))
    return 0


def zero_of(strip: Any) -> int:
    """The frame of the scene at which moment 0 of the sound lies for one of our strips."""
    times = compat.times(strip)
    return times.left - round(times.trim) - first_moment(strip)


def read_then(strip: Any) -> Then:
    """What one of our strips and its sound showed when it was last made."""
    record = strip[RECORD]
    first = first_moment(strip)
    as_made = [first, first + int(record.get("frames", 0))]  # in 0.1 that was the sound
    seen = range(*(int(moment) for moment in record.get("seen", as_made)))
    sound = range(*(int(moment) for moment in record.get("sound_moments", as_made)))
    return Then(seen, sound)


def same_clock(strip: Any, fps: Fraction, shift: Fraction) -> bool:
    """Whether moments mean the same in one of our strips as at this rate and shift of its sound."""
    record = strip[RECORD]
    return (record.get("fps"), record.get("shift", "0")) == (str(fps), str(shift))


def is_overlay(strip: Any) -> bool:
    """Whether one of our strips was made as an overlay."""
    try:
        made_with = json.loads(strip[RECORD].get("settings", "{}"))
    except ValueError:
        return False
    return bool(isinstance(made_with, dict) and made_with.get("overlay"))


def is_old(strip: Any) -> bool:
    """Whether Lipreel 0.1 made the strip."""
    return "first" not in strip[RECORD]


def read_shown(strip: Any) -> Shown:
    """What one of our strips shows."""
    zero = zero_of(strip)
    left, right = compat.ends(strip)
    first = first_moment(strip)
    return Shown(
        first, tuple(element.filename for element in strip.elements), range(left - zero, right - zero)
    )


def folder_of(strip: Any) -> Path:
    """The folder of the files of an image strip."""
    return Path(bpy.path.abspath(strip.directory))


def blender_path(folder: Path) -> str:
    """A folder as Blender keeps it: relative to the .blend where the user likes that and it can be."""
    path = str(folder)
    if bpy.data.filepath and bpy.context.preferences.filepaths.use_relative_paths:
        with suppress(ValueError):  # on another drive, on Windows
            path = bpy.path.relpath(path)
    return path


def _ours(scene: Any) -> list[Any]:
    strips = compat.all_strips(scene.sequence_editor) if scene.sequence_editor else ()
    return [strip for strip in strips if strip.type == "IMAGE" and hasattr(strip.get(RECORD), "to_dict")]


def _part(strip: Any, zero: int, moments: range, family: frozenset[str]) -> Part:
    meta = strip.parent_meta()
    return Part(strip.name, family, zero, moments, meta.name if meta else "", strip.channel)


def _sound_family(strip: Any) -> frozenset[str]:
    number = numbers.number_of(strip)
    return frozenset({f"0.1 {sound_file(strip)}"} | ({str(number)} if number else set()))


def _image_family(strip: Any) -> frozenset[str]:
    number = numbers.number_of(strip)
    return frozenset({str(number)}) if number else frozenset({f"0.1 {strip[RECORD].get('file', '')}"})
