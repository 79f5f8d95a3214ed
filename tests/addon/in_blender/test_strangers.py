# SPDX-License-Identifier: GPL-3.0-or-later
"""What strangers found when they used Lipreel for the first time: each was lost, moved or mistaken once."""

import shutil
from pathlib import Path
from typing import Any

import bpy
import pytest
from lipreel.addon import compat
from lipreel.addon.sequencer import frame_files, image_strips
from lipreel.addon.sequencer.targets import stale
from lipreel.tests.addon.in_blender.timelines import (
    add_effect,
    add_sound,
    facts,
    files_of,
    generate,
    image_of,
    images,
    keyframes,
    save_noise,
    sequencer,
)

LEFT, LENGTH = 11, 50


@pytest.fixture
def talk(scene: Any, tmp_path: Path) -> Any:
    """A sound strip in a saved file, with room to pull its handles."""
    (tmp_path / "p").mkdir()
    sound = save_noise(tmp_path / "p" / "talk.wav", 20)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "p" / "film.blend"))
    scene.lipreel.output = ""
    strip = add_sound(scene.sequence_editor, sound, left=LEFT)
    strip.frame_final_end = LEFT + LENGTH
    return strip


def shown(image: Any) -> list[bytes]:
    return [file.read_bytes() for file in files_of(image)]


def names(image: Any) -> list[str]:
    return [file.name for file in files_of(image)]


def soften(sound: Any, width: float = 30.0) -> None:
    """Settings that make other frames of the same moments."""
    sound.lipreel.own_edge, sound.lipreel.feather = True, width


def duplicate(scene: Any, *strips: Any) -> list[Any]:
    """Shift+D, sounds first."""
    for strip in compat.all_strips(scene.sequence_editor):
        strip.select = strip in strips
    with sequencer(scene):
        bpy.ops.sequencer.duplicate()
    copies = [strip for strip in compat.strips(scene.sequence_editor) if strip.select]
    return sorted(copies, key=lambda strip: str(strip.type), reverse=True)


def other_frames(scene: Any, talk: Any) -> None:
    """No strip of this file shows the first frames any more."""
    soften(talk)
    generate(scene, talk)
    bpy.ops.wm.save_mainfile()


# Remove Unused Frames


def test_a_copy_of_the_file_keeps_its_frames(scene: Any, talk: Any, tmp_path: Path) -> None:
    generate(scene, talk)
    before = shown(image_of(scene))
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "p" / "copy.blend"), copy=True)
    other_frames(scene, talk)
    bpy.ops.lipreel.remove_unused()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "p" / "copy.blend"))
    assert shown(image_of(bpy.context.scene)) == before


def test_a_project_that_was_moved_keeps_its_frames(scene: Any, talk: Any, tmp_path: Path) -> None:
    generate(scene, talk)
    before = shown(image_of(scene))
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "p" / "film2.blend"))
    other_frames(scene, talk)
    bpy.ops.wm.read_homefile(use_empty=True)
    shutil.move(tmp_path / "p", tmp_path / "q")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "q" / "film2.blend"))
    bpy.ops.lipreel.remove_unused()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "q" / "film.blend"))
    assert shown(image_of(bpy.context.scene)) == before


def test_a_folder_may_be_spelt_in_two_ways(scene: Any, talk: Any, tmp_path: Path) -> None:
    generate(scene, talk)
    image = image_of(scene)
    right = talk.split(frame=LEFT + 20, split_method="SOFT")
    other = image.split(frame=LEFT + 20, split_method="SOFT")
    before = shown(image)
    inside = Path(bpy.path.abspath(other.directory)).relative_to(tmp_path / "p")
    other.directory = str(tmp_path / "p" / ".." / "p" / inside)
    other_frames(scene, right)
    bpy.ops.lipreel.remove_unused()
    assert shown(image) == before
    assert files_of(other)


def test_a_file_called_removed(scene: Any, talk: Any, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "p" / "removed.blend"))
    generate(scene, talk)
    other_frames(scene, talk)
    assert len(frame_files.unused().files) == LENGTH
    bpy.ops.lipreel.remove_unused()
    assert frame_files.unused().files == ()


def test_files_of_the_user_stay(scene: Any, talk: Any) -> None:
    generate(scene, talk)
    frame = files_of(image_of(scene))[5]
    own = frame.with_name("frame_000006-my paint-over.png")
    shutil.copy(frame, own)
    bpy.ops.wm.save_mainfile()
    bpy.ops.lipreel.remove_unused()
    assert own.is_file()


# What a strip looks like


def test_the_channel_is_kept_where_there_is_room(scene: Any, talk: Any) -> None:
    """Blender pushes a strip away that touches another one, if only on its way."""
    generate(scene, talk)
    image = image_of(scene)
    channel = image.channel
    color = add_effect(scene.sequence_editor, "COLOR", channel, 145, 50)
    talk.frame_start += 100
    talk.frame_final_end -= 20
    generate(scene, talk)
    assert (image.channel, compat.ends(image)) == (channel, (111, 141))
    assert (color.channel, compat.ends(color)) == (channel, (145, 195))


def test_the_channel_is_kept_where_only_pictures_are_added(scene: Any, talk: Any) -> None:
    talk.frame_final_start += 20
    generate(scene, talk)
    image = image_of(scene)
    channel = image.channel
    image.frame_final_start += 10
    ends = compat.ends(image)
    color = add_effect(scene.sequence_editor, "COLOR", channel, 1, ends[0] - 1)
    talk.frame_final_start -= 10
    generate(scene, talk)
    assert (image.channel, compat.ends(image)) == (channel, ends)
    assert (color.channel, compat.ends(color)) == (channel, (1, ends[0]))


@pytest.mark.parametrize("name", ['He said "hi"', "a\\b", "x]y['"])
def test_keyframes_stay_whatever_the_strip_is_called(scene: Any, talk: Any, name: str) -> None:
    talk.frame_final_start += 20
    talk.name = name
    generate(scene, talk)
    image = image_of(scene)
    for frame, alpha in ((35, 0.25), (50, 0.8)):
        image.blend_alpha = alpha
        image.keyframe_insert("blend_alpha", frame=frame)
    before = keyframes(scene)
    talk.frame_final_start -= 10
    generate(scene, talk)
    assert compat.ends(image) == compat.ends(talk)
    assert keyframes(scene) == before


@pytest.mark.parametrize("change", [None, soften])
def test_a_picture_that_is_held_stays_held(scene: Any, talk: Any, change: Any) -> None:
    """Pulled out beyond its images, a strip holds the first or the last."""
    generate(scene, talk)
    image = image_of(scene)
    image.frame_final_end += 10
    image.frame_final_start -= 5
    before, ends = facts(scene)[image.name], compat.ends(image)
    assert ends == (LEFT - 5, LEFT + LENGTH + 10)
    assert stale(scene, [talk]) == []
    if change is not None:
        change(talk)
    generate(scene, talk)
    assert compat.ends(image) == ends
    if change is None:
        assert facts(scene)[image.name] == before


def test_a_part_that_was_cut_grows_with_its_sound(scene: Any, talk: Any) -> None:
    generate(scene, talk)
    image = image_of(scene)
    right = talk.split(frame=LEFT + 20, split_method="SOFT")
    other = image.split(frame=LEFT + 20, split_method="SOFT")
    compat.move_content(right, 200)
    compat.move_content(other, 200)
    talk.frame_final_end += 10
    right.frame_final_start -= 5
    generate(scene, talk, right)
    assert compat.ends(image) == compat.ends(talk) == (LEFT, LEFT + 30)
    assert compat.ends(other) == compat.ends(right)


# Whose image it is


def test_a_picture_that_is_kept_is_not_taken_by_another_sound(scene: Any, talk: Any, tmp_path: Path) -> None:
    generate(scene, talk)
    image = image_of(scene)
    before = facts(scene)[image.name]
    compat.strips(scene.sequence_editor).remove(talk)
    file = save_noise(tmp_path / "p" / "other.wav", 2)
    new = add_sound(scene.sequence_editor, file, "talk", 1, 600)
    generate(scene, new)
    assert facts(scene)[image.name] == before
    assert len(images(scene)) == 2


def test_each_of_two_pairs_keeps_its_own(scene: Any, talk: Any) -> None:
    generate(scene, talk)
    image = image_of(scene)
    image.channel = 8
    sound, copy = duplicate(scene, talk, image)
    copy.channel, sound.channel = 6, 5
    first = names(image)
    soften(sound)
    generate(scene, sound)
    assert names(image) == first
    second = names(copy)
    assert second != first
    soften(talk, 12.0)
    generate(scene, talk)
    assert names(copy) == second
    assert names(image) != first


def test_a_copy_of_the_sound_alone_gets_its_own_picture(scene: Any, talk: Any) -> None:
    """Two characters say the same line at once."""
    generate(scene, talk)
    image = image_of(scene)
    before = names(image)
    (copy,) = duplicate(scene, talk)
    copy.channel = 8
    assert compat.ends(copy) == compat.ends(talk)
    soften(copy)
    generate(scene, copy)
    assert names(image) == before
    assert len(images(scene)) == 2
    assert image_strips.own_strip(talk, scene) == image


def test_a_preview_that_was_copied_is_the_users(scene: Any, talk: Any) -> None:
    scene.frame_set(LEFT + 5)
    talk.select = True
    bpy.ops.lipreel.preview_frame()
    (copy,) = duplicate(scene, image_of(scene))
    compat.move_content(copy, 300)
    copy.name = "my still"
    generate(scene, talk)
    assert "my still" in [strip.name for strip in images(scene)]


def test_a_picture_of_two_sounds_is_not_removed_for_one(scene: Any, talk: Any) -> None:
    generate(scene, talk)
    right = talk.split(frame=LEFT + 20, split_method="SOFT")
    for strip in compat.all_strips(scene.sequence_editor):
        strip.select = strip == right
    with pytest.raises(RuntimeError, match="the strip is that of talk, too"):
        bpy.ops.lipreel.remove()
    assert image_strips.own_strip(talk, scene) is not None
    talk.select = True
    bpy.ops.lipreel.remove()
    assert images(scene) == []


def test_another_property_may_be_called_lipreel(scene: Any, talk: Any) -> None:
    generate(scene, talk)
    file = files_of(image_of(scene))[0]
    own = compat.strips(scene.sequence_editor).new_image("mine", str(file), 9, 400)
    for value in (1, "x"):
        own["lipreel"] = value
        generate(scene, talk)


# Plates, sequences, Insert


def test_there_is_one_plate_and_it_follows(scene: Any, talk: Any) -> None:
    talk.lipreel.overlay = True
    add_effect(scene.sequence_editor, "COLOR", 9, 1, 400)
    talk.channel = 3  # room below the sound
    generate(scene, talk)
    overlay = image_of(scene)
    talk.select = True
    bpy.ops.lipreel.insert_plate()
    (plate,) = [strip for strip in images(scene) if strip != overlay]
    plate.blend_alpha = 0.5
    talk.frame_final_end += 20
    talk.frame_final_start += 5
    generate(scene, talk)
    assert compat.ends(plate) == compat.ends(overlay)
    before = facts(scene)
    bpy.ops.lipreel.insert_plate()
    assert facts(scene) == before
    assert compat.ends(plate) == compat.ends(overlay) == compat.ends(talk)
    assert plate.blend_alpha == 0.5
    assert len(files_of(plate)) == LENGTH + 15
    bpy.ops.lipreel.remove()
    assert images(scene) == []


def test_a_plate_is_for_what_was_made_as_an_overlay(scene: Any, talk: Any) -> None:
    generate(scene, talk)
    talk.lipreel.overlay = True  # but the images are whole ones
    talk.select = True
    with pytest.raises(RuntimeError, match="Only an overlay needs a plate"):
        bpy.ops.lipreel.insert_plate()


def test_a_plain_sequence_has_a_folder_of_its_own_and_held_frames(
    scene: Any, talk: Any, tmp_path: Path
) -> None:
    generate(scene, talk)
    image = image_of(scene)
    image.frame_final_end += 10
    talk.select = True
    bpy.ops.lipreel.copy_sequence(directory=str(tmp_path / "p"))  # where the .blend is
    assert not list((tmp_path / "p").glob("frame_*"))
    copies = sorted((tmp_path / "p" / "talk Lipreel").glob("frame_*"))
    assert len(copies) == LENGTH + 10
    assert {file.read_bytes() for file in copies[LENGTH - 1 :]} == {shown(image)[-1]}


def test_insert_is_for_its_own_sound_and_once(scene: Any, talk: Any, tmp_path: Path) -> None:
    generate(scene, talk)
    other = add_sound(scene.sequence_editor, save_noise(tmp_path / "p" / "b.wav", 2), "b", 5, 300)
    for strip in compat.all_strips(scene.sequence_editor):
        strip.select = strip == other
    with pytest.raises(RuntimeError, match=r"The images are for talk\.wav"):
        bpy.ops.lipreel.insert()
    other.select, talk.select = False, True
    with pytest.raises(RuntimeError, match="has its images"):
        bpy.ops.lipreel.insert()
    bpy.ops.lipreel.remove()
    bpy.ops.lipreel.insert()
    assert compat.ends(image_of(scene)) == compat.ends(talk)
