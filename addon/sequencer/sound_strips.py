# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound strips in Blender: found, chosen, and read as plain data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ...engine.errors import InputError
from .. import compat
from . import numbers
from .placement import SoundStrip, heard, scene_fps
from .strip_sound import StripSound


@dataclass(frozen=True)
class StripKey:
    """How a sound strip is found again after undo, a rename or a reload; never a pointer to it."""

    scene_uid: int
    """Blender's number for the scene, which lasts as long as the session."""
    scene: str
    number: int
    """See numbers.py; undo may have taken it away."""
    strip: str
    sound: str
    """The file that it plays, as Blender keeps it."""
    moments: range
    """What it showed of the sound: tells the parts of a strip that was cut from one another."""


def key_of(scene: Any, strip: Any, number: int, moments: range) -> StripKey:
    """How to find this strip again."""
    return StripKey(scene.session_uid, scene.name, number, strip.name, sound_file(strip), moments)


def find(key: StripKey) -> tuple[Any, Any] | None:
    """The scene and the sound strip, or None if either is gone."""
    scenes = [scene for scene in bpy.data.scenes if scene.session_uid == key.scene_uid]
    scene = scenes[0] if scenes else bpy.data.scenes.get(key.scene)
    if scene is None or scene.sequence_editor is None:
        return None
    sounds = all_sounds(scene)
    same = (
        [strip for strip in sounds if numbers.number_of(strip) == key.number]
        or [strip for strip in sounds if strip.name == key.strip]
        or [strip for strip in sounds if sound_file(strip) == key.sound]  # renamed, if it is the only one
    )
    if len(same) == 1:
        return scene, same[0]
    numbered = [strip for strip in same if numbers.number_of(strip) == key.number]
    named = [strip for strip in numbered if strip.name == key.strip]
    parts = named or [strip for strip in numbered if key.moments.start in _moments(scene, strip)]
    return (scene, parts[0]) if parts else None


def selected_sounds(scene: Any) -> list[Any]:
    """The selected sound strips of the level that is open, from left to right; else the active one alone."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    sounds = _sounds(compat.shown_strips(editor))
    chosen = [strip for strip in sounds if strip.select]
    return chosen or [strip for strip in sounds if strip == editor.active_strip]


def foremost(scene: Any, sounds: Sequence[Any]) -> Any:
    """The one of some selected strips whose settings are in the panel: the active one, if it is of them."""
    active = scene.sequence_editor.active_strip
    return active if active in sounds else sounds[0]


def all_sounds(scene: Any) -> list[Any]:
    """All sound strips of a scene, also inside meta strips, from left to right."""
    return _sounds(compat.all_strips(scene.sequence_editor)) if scene.sequence_editor else []


def read_place(scene: Any, strip: Any) -> SoundStrip:
    """Where a sound strip lies.

    Raises:
        InputError: It plays at another speed than its sound.
    """
    if change := compat.speed_change(strip):
        how = "Remove the change of speed, or render the sound to a file of its own"
        raise InputError(f"the strip is {change}", strip.name, how)
    times = compat.times(strip)
    fps = scene_fps(scene.render.fps, scene.render.fps_base)
    return SoundStrip(times.left, times.right, times.trim, compat.sound_offset(strip), strip.channel, fps)


def heard_moments(scene: Any, sounds: Iterable[Any]) -> list[range]:
    """For each of some strips the moments that are heard in one piece with it: across cuts.

    Raises:
        InputError: One of them plays at another speed than its sound.
    """
    places: dict[tuple[object, ...], list[SoundStrip]] = {}
    for strip in all_sounds(scene):
        if not compat.speed_change(strip):
            places.setdefault(_together(strip), []).append(read_place(scene, strip))
    return [heard(read_place(scene, sound), places[_together(sound)]) for sound in sounds]


def all_moments(scene: Any, sounds: Sequence[Any]) -> range:
    """From the first to the last of the moments that some sound strips show.

    Raises:
        InputError: One of them plays at another speed than its sound.
    """
    moments = [read_place(scene, sound).moments for sound in sounds]
    return range(min(part.start for part in moments), max(part.stop for part in moments))


def read_sound(strip: Any) -> StripSound:
    """The sound of a strip, to be read by another thread; packed bytes are copied here.

    Raises:
        InputError: The strip has no sound.
    """
    sound = strip.sound
    if sound is None:
        raise InputError("the strip has no sound", strip.name, "Choose a file for it in the sidebar")
    path = Path(bpy.path.abspath(sound.filepath, library=sound.library))
    packed = bytes(sound.packed_file.data) if sound.packed_file else None
    return StripSound(strip.name, path, packed)


def neighbours(strip: Any, scene: Any) -> Any:
    """The strips among which a strip lies: those of the scene, or of the meta strip around it."""
    return compat.strips(strip.parent_meta() or scene.sequence_editor)


def sound_file(strip: Any) -> str:
    """The file that a sound strip plays, as Blender keeps it; "" if there is none."""
    return str(strip.sound.filepath) if strip.sound else ""


def file_name(strip: Any) -> str:
    """The name of that file without its folder, which another place of the .blend would change."""
    return sound_file(strip).replace("\\", "/").rpartition("/")[2]


def _together(strip: Any) -> tuple[object, ...]:
    """What strips have in common that can be parts of one that was cut."""
    meta = strip.parent_meta()
    return sound_file(strip), strip.mute, meta.name if meta else ""


def _sounds(strips: Any) -> list[Any]:
    sounds = [strip for strip in strips if strip.type == "SOUND"]
    return sorted(sounds, key=lambda strip: compat.ends(strip)[0])


def _moments(scene: Any, strip: Any) -> range:
    try:
        return read_place(scene, strip).moments
    except InputError:
        return range(0)
