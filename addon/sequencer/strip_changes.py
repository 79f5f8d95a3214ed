# SPDX-License-Identifier: GPL-3.0-or-later
"""Lipreel's image strips in Blender: made, and changed in what they show.

A strip that is there is never replaced: whatever else the user has done to it stays as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ...engine.errors import InputError
from .. import compat
from . import numbers
from .image_strips import RECORD, blender_path, folder_of, own_strip, read_shown, zero_of
from .layout import fitted_scale
from .placement import Span, free_channel, is_free
from .shown import Shown
from .sound_strips import neighbours, read_place

PLATE = "lipreel_plate"
"""The custom property of a plate: the number of its sound strip."""

_COLOR_TAG = "COLOR_04"


@dataclass(frozen=True)
class Files:
    """What an image strip is to show, and where the files are."""

    shown: Shown
    folder: Path
    size: tuple[int, int]
    """Width and height of the images that are new."""


def refuse_locked(scene: Any, strip: Any) -> None:
    """InputError if the user has locked the strip or its channel."""
    channel = _channels(scene, strip)[strip.channel]
    if strip.lock or channel.lock:
        what = "the strip is locked" if strip.lock else f"its channel {channel.name} is locked"
        raise InputError(what, strip.name, "Unlock it, to have its images changed")


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


def plate_of(scene: Any, overlay: Any) -> Any | None:
    """The plate that lies under an overlay, if there is one."""
    number, (left, right) = numbers.number_of(overlay), compat.ends(overlay)
    for strip in neighbours(overlay, scene):
        begin, end = compat.ends(strip)
        if strip.type == "IMAGE" and strip.get(PLATE) == number and begin < right and left < end:
            return strip
    return None


def put_plate(scene: Any, sound: Any, overlay: Any, files: Files, fit: str) -> bool:
    """Put an image strip below an overlay, laid out like it; one that is there is changed in its images.

    Returns:
        Whether anything was changed.

    Raises:
        InputError: No channel below it is free, or the plate is locked.
    """
    left = zero_of(overlay) + files.shown.first
    right = left + len(files.shown.files)
    plate = plate_of(scene, overlay)
    if plate is not None:
        names = tuple(element.filename for element in plate.elements)
        if (compat.ends(plate), names) == ((left, right), files.shown.files):
            return False
        refuse_locked(scene, plate)
        with compat.caches_off(scene.sequence_editor):
            times = compat.times(plate)
            longer = left - (times.left - round(times.trim))
            channel, parked = plate.channel, _parked(scene, plate, 0, longer, left, right)
            if parked != channel:
                plate.channel = parked
            with _keyframes_kept(scene, plate):
                compat.move_content(plate, longer)
            plate.directory = blender_path(files.folder)
            _set_files(plate, files.shown.files, files.size)
            compat.set_ends(plate, left, right)
            if plate.channel != channel:
                plate.channel = channel
        return True
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
        strip[PLATE] = numbers.number_of(overlay)
    return True


def new_image(scene: Any, sound: Any, name: str, file: Path, channel: int, left: int, fit: str) -> Any:
    """A strip of one image beside a sound strip, fitted to the render size and tagged as ours."""
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
    longer = shown.first - before.first
    with compat.caches_off(scene.sequence_editor):
        # To set the channel is dear: Blender then draws all that it has cached anew.
        parked = _parked(scene, strip, moved, longer, left, right)
        if parked != strip.channel:
            strip.channel = parked
        if moved:
            compat.move_content(strip, moved)
        if longer:
            with _keyframes_kept(scene, strip):
                compat.move_content(strip, longer)
        if not _same_folder(strip, files.folder):
            strip.directory = blender_path(files.folder)
        _set_files(strip, shown.files, files.size)
        compat.set_ends(strip, left, right)
        if strip.channel != channel:
            strip.channel = channel
    seen = [shown.seen.start, shown.seen.stop]
    strip[RECORD] = {**strip[RECORD].to_dict(), "first": shown.first, "seen": seen}
    return True


def _parked(scene: Any, strip: Any, moved: int, longer: int, left: int, right: int) -> int:
    """A channel in which a strip touches nothing on its way: Blender would push it elsewhere where it did."""
    begin, end = compat.ends(strip)
    stops = [(begin, end), (begin + moved, end + moved), (begin + moved + longer, end + moved + longer)]
    low, high = min(left, *(stop[0] for stop in stops)), max(right, *(stop[1] for stop in stops))
    try:
        return room(scene, strip, strip.channel - 1, low, high, moving=True)
    except InputError:  # every channel is in use somewhere on the way
        return int(strip.channel)


def remove(scene: Any, sound: Any) -> bool:
    """Remove the image strip of a sound strip and the plate under it, not their files; whether it was."""
    strip = own_strip(sound, scene)
    if strip is None:
        return False
    plate = plate_of(scene, strip)
    with compat.caches_off(scene.sequence_editor):
        if plate is not None:
            neighbours(plate, scene).remove(plate)
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
    """How an image strip is laid out, with the size of its first image: for `fit_again`."""
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
    """Fit a strip whose images have another size now, unless the user has laid it out; whether it was."""
    record = strip[RECORD].to_dict()
    was = record.get("transform")
    now = transform_of(strip)
    if was is None or list(was[:5]) != now[:5] or (int(was[5]), int(was[6])) == size:
        return False
    render = scene.render.resolution_x, scene.render.resolution_y
    strip.transform.scale_x, strip.transform.scale_y = fitted_scale(render, size, fit)
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
    name = bpy.utils.escape_identifier(strip.name)  # as in the curves' own paths
    paths = (f'strips_all["{name}"]', f'sequences_all["{name}"]')
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
