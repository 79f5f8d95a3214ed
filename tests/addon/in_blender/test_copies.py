# SPDX-License-Identifier: GPL-3.0-or-later
"""Strips that were copied, cut, pasted, renamed and appended: each sound keeps its own image."""

from pathlib import Path
from typing import Any

import bpy
import pytest
from lipreel.addon import compat
from lipreel.addon.sequencer import image_strips, numbers
from lipreel.tests.addon.in_blender.timelines import (
    add_sound,
    facts,
    files_of,
    generate,
    image_of,
    images,
    save_noise,
    sequencer,
)

LEFT, LENGTH = 11, 50


@pytest.fixture
def talk(scene: Any, tmp_path: Path) -> Any:
    """A sound strip of two seconds out of twenty with its image, in a file that is saved."""
    sound = save_noise(tmp_path / "talk.wav", 20)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    scene.lipreel.output = ""
    strip = add_sound(scene.sequence_editor, sound, left=LEFT)
    strip.frame_final_end = LEFT + LENGTH
    bpy.ops.lipreel.generate()
    return strip


def select(scene: Any, *strips: Any) -> None:
    for strip in compat.all_strips(scene.sequence_editor):
        strip.select = strip in strips


def duplicate(scene: Any, *strips: Any, by: int = 300) -> list[Any]:
    """Shift D and a move to the right; the copies, in the order of their types."""
    select(scene, *strips)
    with sequencer(scene):
        bpy.ops.sequencer.duplicate()
    copies = [strip for strip in compat.strips(scene.sequence_editor) if strip.select]
    for copy in copies:
        copy.frame_start += by
    return sorted(copies, key=lambda strip: strip.type, reverse=True)


def names(image: Any) -> list[str]:
    return [file.name for file in files_of(image)]


def test_a_copy_of_the_sound_gets_a_picture_of_its_own(scene: Any, talk: Any) -> None:
    first = image_of(scene)
    before = facts(scene)["talk Lipreel"]
    (copy,) = duplicate(scene, talk)
    copy.lipreel.own_edge, copy.lipreel.feather = True, 30.0
    generate(scene, copy)
    assert facts(scene)["talk Lipreel"] == before
    one, two = images(scene)
    assert one == first
    assert compat.ends(two) == compat.ends(copy)
    assert numbers.number_of(copy) == numbers.number_of(two) != numbers.number_of(talk)
    assert image_strips.folder_of(one) != image_strips.folder_of(two)


def test_a_copy_of_the_picture_is_left_alone(scene: Any, talk: Any) -> None:
    (copy,) = duplicate(scene, image_of(scene))
    before = facts(scene)[copy.name]
    talk.frame_final_end += 20
    generate(scene, talk)
    assert facts(scene)[copy.name] == before
    assert compat.ends(image_strips.own_strip(talk, scene)) == compat.ends(talk)


def test_a_copy_of_both_is_a_pair(scene: Any, talk: Any) -> None:
    image = image_of(scene)
    sound, picture = duplicate(scene, talk, image)
    before, whole = facts(scene)[image.name], names(image)
    sound.lipreel.own_edge, sound.lipreel.feather = True, 30.0
    generate(scene, sound)
    assert facts(scene)[image.name] == before
    assert names(image) == whole
    assert len(names(picture)) == LENGTH
    assert not set(names(picture)) & set(whole)
    assert len(images(scene)) == 2


def test_both_were_cut(scene: Any, talk: Any) -> None:
    image = image_of(scene)
    whole = names(image)
    right, right_image = (strip.split(frame=LEFT + 20, split_method="SOFT") for strip in (talk, image))
    before = facts(scene)
    generate(scene, talk, right)
    assert facts(scene) == before
    assert names(image) + names(right_image) == whole
    right.lipreel.own_edge, right.lipreel.feather = True, 30.0
    generate(scene, right)
    assert names(image) == whole[:20]
    assert len(names(right_image)) == 30
    assert not set(names(right_image)) & set(whole)


def test_the_sound_alone_was_cut(scene: Any, talk: Any) -> None:
    image = image_of(scene)
    whole, before = names(image), facts(scene)[image.name]
    right = talk.split(frame=LEFT + 20, split_method="SOFT")
    generate(scene, talk, right)
    assert facts(scene)[image.name] == before
    assert len(images(scene)) == 1
    right.lipreel.own_edge, right.lipreel.feather = True, 30.0
    generate(scene, right)
    now = names(image_of(scene))
    assert now[:20] == whole[:20]
    assert not set(now[20:]) & set(whole)


def test_pasted_into_another_scene(scene: Any, talk: Any) -> None:
    image = image_of(scene)
    other = bpy.data.scenes.new("other")
    other.render.fps, other.lipreel.avatar = scene.render.fps, scene.lipreel.avatar
    other.sequence_editor_create()
    select(scene, talk, image)
    before = facts(scene)
    with sequencer(scene):
        bpy.ops.sequencer.copy()
    with sequencer(other):
        bpy.ops.sequencer.paste()
    sound = next(strip for strip in compat.strips(other.sequence_editor) if strip.type == "SOUND")
    sound.lipreel.own_edge, sound.lipreel.feather = True, 30.0
    generate(other, sound)
    assert facts(scene) == before
    assert len(names(image_of(other))) == LENGTH


def test_appended_from_another_file(scene: Any, talk: Any, tmp_path: Path, tiny_avatar: str) -> None:
    whole = [file.read_bytes() for file in files_of(image_of(scene))]
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_homefile(use_empty=True)
    (tmp_path / "elsewhere").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "elsewhere" / "second.blend"))
    with bpy.data.libraries.load(str(tmp_path / "film.blend")) as (_, into):
        into.scenes = ["Scene"]
    (appended,) = into.scenes
    bpy.context.window_manager.windows[0].scene = appended
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = appended
    (sound,) = (strip for strip in compat.strips(appended.sequence_editor) if strip.type == "SOUND")
    before = facts(appended)
    generate(appended, sound)
    assert facts(appended) == before
    assert [file.read_bytes() for file in files_of(image_of(appended))] == whole
    sound.frame_final_end -= 20
    generate(appended, sound)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "film.blend"))
    assert [file.read_bytes() for file in files_of(image_of(bpy.context.scene))] == whole


def test_renamed(scene: Any, talk: Any) -> None:
    image = image_of(scene)
    talk.name, image.name = "speech", "face"
    before = facts(scene)
    generate(scene, talk)
    assert facts(scene) == before
    talk.frame_final_end += 10
    generate(scene, talk)
    assert image_of(scene).name == "face"
    assert compat.ends(image_of(scene)) == compat.ends(talk)


def test_a_removed_strip_comes_again_from_the_same_frames(scene: Any, talk: Any) -> None:
    whole, folder = names(image_of(scene)), image_of(scene).directory
    bpy.ops.lipreel.remove()
    bpy.ops.lipreel.generate()
    assert (names(image_of(scene)), image_of(scene).directory) == (whole, folder)
