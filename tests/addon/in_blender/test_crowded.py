# SPDX-License-Identifier: GPL-3.0-or-later
"""Timelines with strips of every kind that this Blender has: Lipreel works among them and touches none."""

import os
from pathlib import Path
from typing import Any

import bpy
import pytest
from lipreel.addon import compat
from lipreel.addon.ui.command import DONE, main
from lipreel.tests.addon.in_blender.timelines import (
    add_effect,
    add_modifier,
    add_sound,
    facts,
    files_of,
    image_of,
    save_noise,
)

ONE_INPUT = {"GLOW", "TRANSFORM", "SPEED", "GAUSSIAN_BLUR"}
NO_INPUT = {"COLOR", "TEXT", "MULTICAM", "ADJUSTMENT"}
LEFT, LENGTH = 11, 25


def strip_types() -> list[str]:
    """The types that strips can have here."""
    base = getattr(bpy.types, "Strip", None) or bpy.types.Sequence
    return [item.identifier for item in base.bl_rna.properties["type"].enum_items]


def effect_types() -> list[str]:
    """Those of effects."""
    editor = bpy.context.scene.sequence_editor_create()
    parameter = compat.strips(editor).bl_rna.functions["new_effect"].parameters["type"]
    return [item.identifier for item in parameter.enum_items]


@pytest.fixture
def talk(scene: Any, tmp_path: Path) -> Any:
    """A sound strip of one second. Blender 4.2 as a module can make none: there it comes from a file."""
    sound = save_noise(tmp_path / "talk.wav", LENGTH / 25)
    if bpy.app.build_options.audaspace:
        return add_sound(scene.sequence_editor, sound, left=LEFT)
    bpy.ops.wm.open_mainfile(filepath=os.environ["LIPREEL_FILM"])
    opened = bpy.context.scene
    opened.lipreel.output, opened.lipreel.avatar = str(tmp_path / "out"), os.environ["LIPREEL_TINY_AVATAR"]
    (strip,) = compat.strips(opened.sequence_editor)
    strip.frame_start, strip.frame_final_start, strip.frame_final_end = LEFT, LEFT, LEFT + LENGTH
    strip.select = True
    return strip


def _not_here() -> set[str]:
    """Types that this build of Blender cannot make from Python, though it has their names."""
    return set() if bpy.app.build_options.audaspace else {"SOUND"}


def picture(tmp_path: Path) -> str:
    """A small image."""
    image = bpy.data.images.new("image", 8, 4)
    image.filepath_raw, image.file_format = str(tmp_path / "image.png"), "PNG"
    image.save()
    return str(image.filepath_raw)


def fill(holder: Any, tmp_path: Path, film: Path | None) -> set[str]:
    """One strip of every type that can be made, over the sound's frames and beside them; their types."""
    strips = compat.strips(holder)
    made = set()
    channel = 2

    def add(strip: Any) -> Any:
        nonlocal channel
        channel += 1
        made.add(strip.type)
        return strip

    file = picture(tmp_path)
    inputs = [add(strips.new_image(f"image {n}", file, channel, LEFT + n)) for n in range(2)]
    for strip in inputs:
        strip.frame_final_end = LEFT + LENGTH
    for kind in effect_types():
        needs = () if kind in NO_INPUT else inputs[:1] if kind in ONE_INPUT else inputs
        add(add_effect(holder, kind, channel, LEFT, LENGTH, needs))
    add(strips.new_scene("scene", bpy.data.scenes.new("other"), channel, LEFT))
    add(strips.new_clip("clip", bpy.data.movieclips.load(file), channel, LEFT))
    add(strips.new_mask("mask", bpy.data.masks.new("mask"), channel, LEFT))
    if bpy.app.build_options.audaspace:
        add(strips.new_sound("music", str(tmp_path / "talk.wav"), channel, LEFT + 5))
    if film is not None:
        add(strips.new_movie("film", str(film), channel, LEFT))
    return made


def film_file(tmp_path: Path) -> Path | None:
    """A film, where this build of Blender can write one."""
    cv2 = pytest.importorskip("cv2")
    import numpy as np

    file = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*"MJPG"), 25, (16, 16))
    for shade in range(10):
        writer.write(np.full((16, 16, 3), 25 * shade, np.uint8))
    writer.release()
    return file if file.is_file() else None


def unchanged(before: dict[str, Any], after: dict[str, Any], *new: str) -> None:
    """Nothing but the new strips has come or changed."""
    assert set(after) == set(before) | set(new)
    for name, seen in before.items():
        assert {**after[name], "custom": None} == {**seen, "custom": None}, name


def test_every_type_may_lie_in_the_timeline(talk: Any, tmp_path: Path) -> None:
    scene = talk.id_data
    meta = compat.strips(scene.sequence_editor).new_meta("meta", 60, LEFT)
    made = fill(scene.sequence_editor, tmp_path, film_file(tmp_path))
    made |= fill(meta, tmp_path, None) | {meta.type}
    assert made >= set(strip_types()) - {"SUBTRACT", *_not_here()}
    everything = compat.all_strips(scene.sequence_editor)
    for number, strip in enumerate(everything):
        strip.mute = number % 3 == 1 and strip != talk
        strip.lock = number % 3 == 2 and strip != talk
        if strip.type == "IMAGE":
            add_modifier(strip)
        strip.select = strip == talk
    scene.frame_set(LEFT + 3)
    before = facts(scene)
    assert bpy.ops.lipreel.preview_frame() == {"FINISHED"}
    assert bpy.ops.lipreel.generate() == {"FINISHED"}
    unchanged(before, facts(scene), "talk Lipreel")
    strip = next(strip for strip in everything if strip.name == "talk Lipreel")
    assert compat.ends(strip) == (LEFT, LEFT + LENGTH)
    assert len(files_of(strip)) == LENGTH
    assert not any(
        other.channel == strip.channel and other != strip for other in compat.strips(scene.sequence_editor)
    )
    assert main(["generate", "--strip", "talk"]) == DONE
    unchanged(before, facts(scene), "talk Lipreel")


def test_a_sound_in_a_meta_gets_its_strip_there(talk: Any, tmp_path: Path) -> None:
    scene = talk.id_data
    meta = compat.strips(scene.sequence_editor).new_meta("meta", 3, LEFT)
    talk.move_to_meta(meta)
    add_effect(meta, "COLOR", 2, LEFT, LENGTH)
    talk.select = True
    with pytest.raises(RuntimeError, match="Select a sound strip"):
        bpy.ops.lipreel.generate()
    scene.sequence_editor.display_stack(meta)
    bpy.ops.lipreel.generate()
    image = image_of(scene)
    assert image.parent_meta() == meta
    assert (compat.ends(image), image.channel) == ((LEFT, LEFT + LENGTH), 3)
    before = facts(scene)
    bpy.ops.lipreel.generate()
    unchanged(before, facts(scene))


def test_a_picture_that_was_moved_into_a_meta_is_found_there(talk: Any) -> None:
    scene = talk.id_data
    bpy.ops.lipreel.generate()
    meta = compat.strips(scene.sequence_editor).new_meta("meta", 5, LEFT)
    image_of(scene).move_to_meta(meta)
    talk.frame_final_end = LEFT + 20
    bpy.ops.lipreel.generate()
    image = image_of(scene)
    assert image.parent_meta() == meta
    assert compat.ends(image) == (LEFT, LEFT + 20)


@pytest.mark.parametrize("what", ["strip", "channel"])
def test_a_locked_picture_is_refused(talk: Any, what: str) -> None:
    scene = talk.id_data
    bpy.ops.lipreel.generate()
    image = image_of(scene)
    if what == "strip":
        image.lock = True
    else:
        scene.sequence_editor.channels[image.channel].lock = True
    talk.frame_final_end = LEFT + 20
    before = facts(scene)
    with pytest.raises(RuntimeError, match=r"talk Lipreel: .*locked.*Unlock it"):
        bpy.ops.lipreel.generate()
    assert facts(scene) == before


def test_a_linked_scene_is_refused(talk: Any, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, into):
        into.scenes = ["Scene"]
    (linked,) = into.scenes
    assert main(["generate", "--all", "--scene", linked.name]) != DONE or linked.library is None
    bpy.context.window_manager.windows[0].scene = linked
    with pytest.raises(RuntimeError, match="linked from another file"):
        bpy.ops.lipreel.generate()
