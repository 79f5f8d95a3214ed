# SPDX-License-Identifier: GPL-3.0-or-later
"""Lipreel's image strips in Blender: made, and changed in what they show.

A strip that is there is never replaced: whatever else the user has done to it stays as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...engine.errors import InputError
from .. import compat
from .image_strips import RECORD, blender_path, folder_of, own_strip, read_shown, zero_of
from .placement import Span, free_channel, is_free
from .shown import Shown
from .sound_strips import neighbours, read_place

_COLOR_TAG = "COLOR_04"


@dataclass(frozen=True)
class Files:
    """What an image strip is to show, and where the files are."""

    shown: Shown
    folder: Path
    size: tuple[int, int]
    """Width and height of the pictures that are new."""


def refuse_locked(scene: Any, strip: Any) -> None:
    """InputError if the user has locked the strip or its channel."""
    channel = _channels(scene, strip)[strip.channel]
    if strip.lock or channel.lock:
        what = "the strip is locked" if strip.lock else f"its channel {channel.name} is locked"
        raise InputError(what, strip.name, "Unlock it, to have its pictures changed")


def insert(scene: Any, sound: Any, files: Files, length: int, fit: str, *, leave_one: bool = False) -> Any:
    """Put a new image strip above the sound strip, where it has room to grow to `length` frames.

    With `leave_one`, a channel stays free between the two: for a plate.

    Raises:
        InputError: No channel is free.
    """
    place = read_place(scene, sound)
    left = place.zero + files.shown.first
    channel = room(scene, sound, place.channel + leave_one, left, left + length)
    first = files.folder / files.shown.files[0]
    with compat.caches_off(scene.sequence_editor), selection_kept(scene):
        strip = new_image(scene, sound, f"{sound.name} Lipreel", first, channel, left, fit)
        strip[RECORD] = {"first": files.shown.first, "seen": [files.shown.first, files.shown.first + 1]}
        change(scene, strip, files, place.zero)
    return strip


def insert_plate(scene: Any, sound: Any, overlay: Any, files: Files, fit: str) -> Any:
    """Put a new image strip below an overlay, laid out like it.

    Raises:
        InputError: No channel below it is free.
    """
    left = zero_of(overlay) + files.shown.first
    right = left + len(files.shown.files)
    others = [Span(other.channel, *compat.ends(other)) for other in neighbours(overlay, scene)]
    channels = _channels(scene, overlay)
    free = [
        channel
        for channel in range(1, overlay.channel)
        if not (channels[channel].lock or channels[channel].mute) and is_free(channel, left, right, others)
    ]
    if not free:
        raise InputError("no channel below it is free", overlay.name, "Move it up by a channel")
    file = files.folder / files.shown.files[0]
    with compat.caches_off(scene.sequence_editor), selection_kept(scene):
        strip = new_image(scene, overlay, f"{sound.name} Plate", file, free[-1], left, fit)
        _set_files(strip, files.shown.files, files.size)
        for name in ("scale_x", "scale_y", "offset_x", "offset_y", "rotation"):
            setattr(strip.transform, name, getattr(overlay.transform, name))
    return strip


def new_image(scene: Any, sound: Any, name: str, file: Path, channel: int, left: int, fit: str) -> Any:
    """A strip of one picture beside a sound strip, fitted to the render size and tagged as ours."""
    strip = neighbours(sound, scene).new_image(
        name=name, filepath=str(file), channel=channel, frame_start=left, fit_method=fit
    )
    strip.directory = blender_path(file.parent)
    strip.blend_type = "ALPHA_OVER"
    strip.color_tag = _COLOR_TAG
    return strip


def change(scene: Any, strip: Any, files: Files, zero: int) -> bool:
    """Have a strip of ours show other files, or others of its moments; whether that changed anything.

    Args:
        scene: Where the strip is.
        strip: Everything else of it stays, also its keyframes where they are.
        files: What it is to show.
        zero: The frame of the scene at which moment 0 of the sound lies; if that is another than before, the
            strip moves there, with its keyframes.

    Raises:
        InputError: Something is in the way, and no channel above is free.
    """
    before, shown = read_shown(strip), files.shown
    moved = zero - zero_of(strip)
    if not moved and before == shown and _same_folder(strip, files.folder):
        return False
    left, right = zero + shown.seen.start, zero + shown.seen.stop
    channel = room(scene, strip, strip.channel - 1, left, right, moving=True)
    with compat.caches_off(scene.sequence_editor):
        if channel != strip.channel:  # to set it is dear: Blender then draws all that it has cached anew
            strip.channel = channel
        if moved:
            compat.move_content(strip, moved)
        if shown.first != before.first:
            with _keyframes_kept(scene, strip):
                compat.move_content(strip, shown.first - before.first)
        if not _same_folder(strip, files.folder):
            strip.directory = blender_path(files.folder)
        _set_files(strip, shown.files, files.size)
        compat.set_ends(strip, left, right)
    seen = [shown.seen.start, shown.seen.stop]
    strip[RECORD] = {**strip[RECORD].to_dict(), "first": shown.first, "seen": seen}
    return True


def remove(scene: Any, sound: Any) -> bool:
    """Remove the image strip that belongs to a sound strip, not its files; whether there was one."""
    strip = own_strip(sound, scene)
    if strip is None:
        return False
    with compat.caches_off(scene.sequence_editor):
        neighbours(strip, scene).remove(strip)
    return True


def room(scene: Any, strip: Any, above: int, left: int, right: int, *, moving: bool = False) -> int:
    """The lowest channel above `above` that is free beside a strip, or for it if it is `moving` there.

    Raises:
        InputError: There is none.
    """
    others = [other for other in neighbours(strip, scene) if not (moving and other == strip)]
    spans = [Span(other.channel, *compat.ends(other)) for other in others]
    channels = _channels(scene, strip)
    barred = {number for number, channel in enumerate(channels) if channel.lock or channel.mute}
    if moving:
        barred.discard(strip.channel)  # where it is, it may stay
    return free_channel(above, left, right, spans, barred)


def transform_of(strip: Any) -> list[float]:
    """How an image strip is laid out, with the size of its first picture: for `fit_again`."""
    transform, size = strip.transform, strip.elements[0]
    values = (
        transform.scale_x,
        transform.scale_y,
        transform.offset_x,
        transform.offset_y,
        transform.rotation,
    )
    return [*(float(value) for value in values), float(size.orig_width), float(size.orig_height)]


def fit_again(scene: Any, strip: Any, size: tuple[int, int], fit: str) -> bool:
    """Fit a strip whose pictures have another size now, unless the user has laid it out; whether it was."""
    record = strip[RECORD].to_dict()
    was = record.get("transform")
    now = transform_of(strip)
    if was is None or list(was[:5]) != now[:5] or (int(was[5]), int(was[6])) == size:
        return False
    across, down = scene.render.resolution_x / size[0], scene.render.resolution_y / size[1]
    scales = {
        "FIT": (min(across, down),) * 2,
        "FILL": (max(across, down),) * 2,
        "STRETCH": (across, down),
        "ORIGINAL": (1.0, 1.0),
    }
    strip.transform.scale_x, strip.transform.scale_y = scales[fit]
    strip[RECORD] = {**record, "transform": transform_of(strip)}
    return True


@contextmanager
def selection_kept(scene: Any) -> Iterator[None]:
    """Leave the selection and the active strip as they are; what is new stays unselected."""
    editor = scene.sequence_editor
    names = ("select", "select_left_handle", "select_right_handle")
    before = {strip.name: [getattr(strip, name) for name in names] for strip in compat.all_strips(editor)}
    active = editor.active_strip
    try:
        yield
    finally:
        for strip in compat.all_strips(editor):
            for name, value in zip(names, before.get(strip.name, (False, False, False)), strict=True):
                if getattr(strip, name) != value:
                    setattr(strip, name, value)
        if editor.active_strip != active:
            editor.active_strip = active


def _channels(scene: Any, strip: Any) -> Any:
    return (strip.parent_meta() or scene.sequence_editor).channels


def _same_folder(strip: Any, folder: Path) -> bool:
    return folder_of(strip) == folder


def _set_files(strip: Any, names: tuple[str, ...], size: tuple[int, int]) -> None:
    elements = strip.elements
    for place, name in enumerate(names):
        if place >= len(elements) or elements[place].filename != name:
            compat.set_file(strip, place, name, size)
    while len(elements) > len(names):
        elements.pop(len(elements) - 1)


@contextmanager
def _keyframes_kept(scene: Any, strip: Any) -> Iterator[None]:
    """Keep the keyframes of a strip where they are: Blender takes them along when the strip moves."""
    paths = (f'strips_all["{strip.name}"]', f'sequences_all["{strip.name}"]')
    curves = [curve for curve in compat.fcurves(scene) if any(path in curve.data_path for path in paths)]
    before: list[dict[str, list[float]]] = []
    for curve in curves:
        values = {
            name: [0.0] * 2 * len(curve.keyframe_points) for name in ("co", "handle_left", "handle_right")
        }
        for name, points in values.items():
            curve.keyframe_points.foreach_get(name, points)
        before.append(values)
    try:
        yield
    finally:
        for curve, values in zip(curves, before, strict=True):
            for name, points in values.items():
                curve.keyframe_points.foreach_set(name, points)
            curve.update()
