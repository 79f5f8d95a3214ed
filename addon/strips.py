# SPDX-License-Identifier: GPL-3.0-or-later
"""Strips in Blender: sound strips read as plain data, image strips put above them."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..engine.errors import InputError
from . import compat
from .folders import frame_file
from .placement import SoundStrip, Span, aligned_left, free_channel, scene_fps
from .strip_sound import StripSound

RECORD = "lipreel"
"""The custom property of our image strips: a dict of the job's facts."""

PREVIEW = "lipreel_preview"
"""The custom property of a preview: the name of its sound strip."""

_COLOR_TAG = "COLOR_04"


@dataclass(frozen=True)
class StripKey:
    """How a sound strip is found again after undo, a rename or a reload; never a pointer to it."""

    scene_uid: int
    """Blender's number for the scene, which lasts as long as the session."""
    scene: str
    strip: str
    sound: str
    """The file that it plays, as Blender keeps it."""


@dataclass(frozen=True)
class Pictures:
    """The frames that go into an image strip."""

    made: SoundStrip
    """The sound strip that they were made for."""
    folder: Path
    suffix: str
    """Of the files: png or jpg."""
    count: int
    """Frames that are there, from 1 on."""


def key_of(scene: Any, strip: Any) -> StripKey:
    """How to find this strip again."""
    return StripKey(scene.session_uid, scene.name, strip.name, _sound_file(strip))


def find(key: StripKey) -> tuple[Any, Any] | None:
    """The scene and the sound strip, or None if either is gone."""
    scenes = [scene for scene in bpy.data.scenes if scene.session_uid == key.scene_uid]
    scene = scenes[0] if scenes else bpy.data.scenes.get(key.scene)
    if scene is None or scene.sequence_editor is None:
        return None
    sounds = all_sounds(scene)
    named = [strip for strip in sounds if strip.name == key.strip]
    # A strip of another name may be the same one, renamed: if no other plays its file, it is.
    same = named or [strip for strip in sounds if _sound_file(strip) == key.sound]
    return (scene, same[0]) if len(same) == 1 else None


def selected_sounds(scene: Any) -> list[Any]:
    """The selected sound strips, from left to right; the active one alone if none is selected."""
    chosen = [strip for strip in all_sounds(scene) if strip.select]
    active = scene.sequence_editor.active_strip if scene.sequence_editor else None
    if not chosen and active is not None and active.type == "SOUND":
        return [active]
    return chosen


def all_sounds(scene: Any) -> list[Any]:
    """All sound strips of a scene, from left to right."""
    if scene.sequence_editor is None:
        return []
    sounds = [strip for strip in compat.all_strips(scene.sequence_editor) if strip.type == "SOUND"]
    return sorted(sounds, key=lambda strip: compat.times(strip).left)


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


def read_sound(strip: Any, place: SoundStrip) -> StripSound:
    """The sound of a strip in `place`, to be read by another thread; packed bytes are copied here.

    Raises:
        InputError: The strip has no sound.
    """
    sound = strip.sound
    if sound is None:
        raise InputError("the strip has no sound", strip.name, "Choose a file for it in the sidebar")
    path = Path(bpy.path.abspath(sound.filepath, library=sound.library))
    packed = bytes(sound.packed_file.data) if sound.packed_file else None
    return StripSound(strip.name, path, packed, place.start, place.duration)


def own_strip(sound: Any, scene: Any) -> Any | None:
    """The image strip that Lipreel made for this sound strip, or None."""
    made = [strip for strip in _neighbours(sound, scene) if strip.type == "IMAGE" and RECORD in strip]
    names = {strip.name for strip in all_sounds(scene)}
    for strip in made:
        if strip[RECORD].get("sound") == sound.name:
            return strip
    for strip in made:  # one whose sound was renamed since
        record = strip[RECORD]
        if record.get("sound") not in names and record.get("file") == _sound_file(sound):
            return strip
    return None


def folders_of_others(scene: Any) -> set[str]:
    """Folders whose frames are shown in other scenes: the strips there may have the same names."""
    editors = [other.sequence_editor for other in bpy.data.scenes if other != scene and other.sequence_editor]
    made = [strip for editor in editors for strip in compat.all_strips(editor) if RECORD in strip]
    return {str(Path(bpy.path.abspath(strip.directory))) for strip in made}


def insert(scene: Any, sound: Any, pictures: Pictures, record: Mapping[str, str | int | float]) -> Any:
    """Put an image strip above the sound strip, in place of the one that was made for it before.

    Returns:
        The new strip, aligned with the sound and fitted to the render size.

    Raises:
        InputError: There are no pictures, or no channel is free.
    """
    if not pictures.count:
        raise InputError("there are no frames yet", str(pictures.folder), "Generate first")
    now = read_place(scene, sound)
    left = aligned_left(pictures.made, now)
    right = left + pictures.made.frames  # of the whole job: the strip may still be growing
    old = own_strip(sound, scene)
    neighbours = _neighbours(sound, scene)
    spans = [_span(strip) for strip in neighbours if strip != old and strip.get(PREVIEW) != sound.name]
    channel = free_channel(now.channel, left, right, spans, _barred(scene, sound))
    with compat.caches_off(scene.sequence_editor):
        _remove_previews(scene, sound)
        if old is not None:
            neighbours.remove(old)
        first = pictures.folder / frame_file(1, pictures.suffix)
        strip = _new_image(neighbours, f"{sound.name} Lipreel", first, channel, left)
        strip[RECORD] = {"sound": sound.name, "file": _sound_file(sound), **record}
        _append(strip, pictures)
    return strip


def grow(scene: Any, strip: Any, pictures: Pictures) -> None:
    """Append the frames that have come since; the strip grows to the right.

    Raises:
        InputError: Something was put in its way, and no channel above is free.
    """
    more = pictures.count - len(strip.elements)
    if more <= 0:
        return
    place = compat.times(strip)
    neighbours = compat.strips(strip.parent_meta() or scene.sequence_editor)
    others = [_span(other) for other in neighbours if other != strip]
    right = place.right + more
    channel = free_channel(strip.channel - 1, place.left, right, others, _barred(scene, strip))
    with compat.caches_off(scene.sequence_editor):
        if channel != strip.channel:  # to set it is dear: Blender then draws all that it has cached anew
            strip.channel = channel
        _append(strip, pictures)


def insert_preview(scene: Any, sound: Any, file: Path, frame: int) -> Any:
    """Put a strip of one picture above the sound strip at `frame`, in place of the preview before it.

    Raises:
        InputError: No channel is free.
    """
    with compat.caches_off(scene.sequence_editor):
        _remove_previews(scene, sound)
        neighbours = _neighbours(sound, scene)
        spans = [_span(strip) for strip in neighbours]
        channel = free_channel(sound.channel, frame, frame + 1, spans, _barred(scene, sound))
        strip = _new_image(neighbours, f"{sound.name} Preview", file, channel, frame)
        strip[PREVIEW] = sound.name
    return strip


def remove(scene: Any, sound: Any) -> bool:
    """Remove the image strip that was made for a sound strip, not its files; whether there was one."""
    strip = own_strip(sound, scene)
    if strip is None:
        return False
    with compat.caches_off(scene.sequence_editor):
        _neighbours(sound, scene).remove(strip)
    return True


def _new_image(neighbours: Any, name: str, file: Path, channel: int, left: int) -> Any:
    """A strip of one picture, fitted to the render size and tagged as ours."""
    strip = neighbours.new_image(
        name=name, filepath=str(file), channel=channel, frame_start=left, fit_method="FIT"
    )
    strip.directory = _blender_path(file.parent)
    strip.blend_type = "ALPHA_OVER"
    strip.color_tag = _COLOR_TAG
    return strip


def _span(strip: Any) -> Span:
    place = compat.times(strip)
    return Span(strip.channel, place.left, place.right)


def _remove_previews(scene: Any, sound: Any) -> None:
    neighbours = _neighbours(sound, scene)
    for strip in [strip for strip in neighbours if strip.get(PREVIEW) == sound.name]:
        neighbours.remove(strip)


def _sound_file(strip: Any) -> str:
    return str(strip.sound.filepath) if strip.sound else ""


def _append(strip: Any, pictures: Pictures) -> None:
    numbers = range(len(strip.elements) + 1, pictures.count + 1)
    compat.append_pictures(strip, (frame_file(number, pictures.suffix) for number in numbers))


def _neighbours(sound: Any, scene: Any) -> Any:
    """The strips among which a strip lies: those of the scene, or of the meta strip around it."""
    return compat.strips(sound.parent_meta() or scene.sequence_editor)


def _barred(scene: Any, sound: Any) -> list[int]:
    """The channels that are locked or muted."""
    channels = (sound.parent_meta() or scene.sequence_editor).channels
    return [number for number, channel in enumerate(channels) if channel.lock or channel.mute]


def _blender_path(folder: Path) -> str:
    """A folder as Blender keeps it: relative to the .blend where the user likes that and it can be."""
    path = str(folder)
    if bpy.data.filepath and bpy.context.preferences.filepaths.use_relative_paths:
        with suppress(ValueError):  # on another drive, on Windows
            path = bpy.path.relpath(path)
    return path
