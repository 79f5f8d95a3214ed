# SPDX-License-Identifier: GPL-3.0-or-later
"""Timelines for the tests: strips as users have them."""

import time
import wave
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from lipreel.addon import compat
from lipreel.addon.jobs.queue import queue
from lipreel.tests.e2e.rig.strip_facts import facts, keyframes

__all__ = ["facts", "keyframes"]

RATE = 16000


def save_noise(path: Path, seconds: float) -> Path:
    """A sound of noise, 16-bit mono."""
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, round(seconds * RATE))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def add_sound(holder: Any, sound: Path, name: str = "talk", channel: int = 1, left: int = 11) -> Any:
    """A sound strip in a scene or a meta strip."""
    return compat.strips(holder).new_sound(name, str(sound), channel, left)


def add_effect(
    holder: Any, kind: str, channel: int, left: int, length: int, inputs: Iterable[Any] = ()
) -> Any:
    """An effect strip; the names of its arguments changed in 5.0."""
    expected = compat.strips(holder).bl_rna.functions["new_effect"].parameters
    place = {"length": length} if "length" in expected else {"frame_end": left + length}
    names = ("input1", "input2") if "input1" in expected else ("seq1", "seq2")
    place |= dict(zip(names, inputs, strict=False))
    return compat.strips(holder).new_effect(name=kind, type=kind, channel=channel, frame_start=left, **place)


def add_modifier(strip: Any) -> None:
    """A modifier of colour; not in 5.0, where `modifiers.new` ends Blender as a module."""
    if bpy.app.version[:2] != (5, 0):
        strip.modifiers.new("bright", "BRIGHT_CONTRAST")


@contextmanager
def sequencer(scene: Any) -> Iterator[None]:
    """As if the mouse were over a Sequencer that shows this scene."""
    window = bpy.context.window_manager.windows[0]
    window.scene = scene
    if hasattr(window.workspace, "sequencer_scene"):
        window.workspace.sequencer_scene = scene
    area = window.screen.areas[0]
    before, area.type = area.type, "SEQUENCE_EDITOR"
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        yield
    area.type = before


def images(scene: Any) -> list[Any]:
    """The image strips of a scene, also inside meta strips, from left to right."""
    found = [strip for strip in compat.all_strips(scene.sequence_editor) if strip.type == "IMAGE"]
    return sorted(found, key=lambda strip: (compat.ends(strip)[0], strip.channel))


def image_of(scene: Any) -> Any:
    """The only image strip of a scene."""
    (image,) = images(scene)
    return image


def files_of(image: Any) -> list[Path]:
    """The files that an image strip shows between its handles, each of which is there."""
    times = compat.times(image)
    first = round(times.trim)
    folder = Path(bpy.path.abspath(image.directory))
    found = [folder / element.filename for element in image.elements][
        first : first + times.right - times.left
    ]
    assert all(file.is_file() for file in found), found
    return found


def generate(scene: Any, *sounds: Any, **options: Any) -> None:
    """Select these sounds alone, generate, and select what was selected before."""
    before = {strip.name: strip.select for strip in compat.all_strips(scene.sequence_editor)}
    for strip in compat.all_strips(scene.sequence_editor):
        strip.select = strip in sounds
    try:
        bpy.ops.lipreel.generate(**options)
    finally:
        for strip in compat.all_strips(scene.sequence_editor):
            strip.select = before.get(strip.name, strip.select)


def tick_until(done: Callable[[], bool], seconds: float = 60) -> None:
    """Drive the jobs as the window's timer does."""
    limit = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < limit, queue.progress
        queue.tick()
        time.sleep(0.01)
