# SPDX-License-Identifier: GPL-3.0-or-later
"""A strip of one image, that shows the frame under the playhead until there are all of them."""

from pathlib import Path
from typing import Any

from .. import compat
from . import strip_changes
from .sound_strips import neighbours, read_place

PREVIEW = "lipreel_preview"
"""The custom property of a preview: the number of its sound strip; in 0.1 the sound strip's name."""

PLACE = "lipreel_preview_place"
"""Where it was put, channel and frame: one that lies elsewhere is a copy, or the user's by now."""


def insert(
    scene: Any, sound: Any, number: int, file: Path, size: tuple[int, int], frame: int, fit: str
) -> Any:
    """Put a strip of one image above a sound strip at `frame`, in place of the preview before it.

    Raises:
        InputError: No channel is free.
    """
    with compat.caches_off(scene.sequence_editor), strip_changes.selection_kept(scene):
        remove(scene, number, sound.name)
        channel = strip_changes.room(scene, sound, read_place(scene, sound).channel, frame, frame + 1)
        strip = strip_changes.new_image(scene, sound, f"{sound.name} Preview", file, channel, frame, fit)
        compat.set_file(strip, 0, file.name, size)
        strip[PREVIEW], strip[PLACE] = number, [strip.channel, frame]
    return strip


def remove(scene: Any, number: int, name: str = "") -> bool:
    """Remove the previews of a sound strip, by its number or as in 0.1 its name; whether there were any."""
    found = [strip for strip in compat.all_strips(scene.sequence_editor) if _is_of(strip, number, name)]
    for strip in found:
        neighbours(strip, scene).remove(strip)
    return bool(found)


def _is_of(strip: Any, number: int, name: str) -> bool:
    if PREVIEW not in strip or strip[PREVIEW] not in (number, name):
        return False
    place = list(strip.get(PLACE, ()))
    return not place or place == [strip.channel, compat.ends(strip)[0]]
