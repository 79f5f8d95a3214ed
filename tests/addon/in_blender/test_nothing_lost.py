# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate changes what is in a strip, never the strip; and it overwrites no frame that somebody may see."""

import shutil
from pathlib import Path
from typing import Any

import bpy
import pytest
from lipreel.addon import compat
from lipreel.addon.jobs.generate_job import GenerateJob
from lipreel.addon.jobs.queue import queue
from lipreel.addon.sequencer import numbers
from lipreel.addon.sequencer.targets import targets
from lipreel.tests.addon.in_blender.timelines import (
    add_effect,
    add_modifier,
    add_sound,
    facts,
    files_of,
    generate,
    image_of,
    images,
    keyframes,
    save_noise,
    tick_until,
)

LEFT, LENGTH = 11, 50


@pytest.fixture
def talk(scene: Any, tmp_path: Path) -> Any:
    """A sound strip of two seconds out of twenty, in a file that is saved."""
    sound = save_noise(tmp_path / "talk.wav", 20)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    scene.lipreel.output = ""
    strip = add_sound(scene.sequence_editor, sound, left=LEFT)
    strip.frame_final_end = LEFT + LENGTH
    return strip


def bytes_of(image: Any) -> list[bytes]:
    return [file.read_bytes() for file in files_of(image)]


def written(folder: Path) -> dict[Path, int]:
    """All frames on disk, with the moments at which they were written."""
    return {file: file.stat().st_mtime_ns for file in folder.rglob("frame_*") if file.is_file()}


def dress(scene: Any, image: Any) -> Any:
    """Do to a strip what its user may do; an effect on top of it is returned."""
    image.name = "My Talker"
    image.channel = 7
    image.transform.offset_x, image.transform.rotation = 120.0, 0.25
    image.crop.min_x, image.crop.max_y = 3, 2
    image.blend_type, image.color_multiply = "ADD", 0.75
    image.use_flip_x = True
    add_modifier(image)
    image.color_tag = "COLOR_02"
    image.mute = True
    for frame, alpha in ((LEFT + 2, 0.25), (LEFT + 30, 0.875)):
        image.blend_alpha = alpha
        image.keyframe_insert("blend_alpha", frame=frame)
    blur = add_effect(scene.sequence_editor, "GAUSSIAN_BLUR", 9, LEFT, LENGTH, [image])
    blur.size_x = 12.0
    scene.frame_set(LEFT)
    return blur


def looks(scene: Any) -> dict[str, dict[str, object]]:
    """All that there is of the strips but the images that they show, and where they end."""
    own = ("elements", "frame_duration", "frame_final_duration", "content_duration", "duration")
    ends = ("frame_final_start", "frame_final_end", "left_handle", "right_handle", "content_start")
    offsets = ("frame_offset_start", "frame_offset_end", "left_handle_offset", "right_handle_offset")
    more = ("frame_start", "content_end", "custom", "strips")
    return {
        name: {key: value for key, value in seen.items() if key not in (*own, *ends, *offsets, *more)}
        for name, seen in facts(scene).items()
    }


def test_nothing_to_do_touches_nothing(scene: Any, talk: Any, tmp_path: Path) -> None:
    bpy.ops.lipreel.generate()
    dress(scene, image_of(scene))
    before, record, keys = facts(scene), image_of(scene)["lipreel"].to_dict(), keyframes(scene)
    files = written(tmp_path)
    bpy.ops.lipreel.generate()
    assert (facts(scene), keyframes(scene)) == (before, keys)
    assert image_of(scene)["lipreel"].to_dict() == record
    assert written(tmp_path) == files
    assert queue.job
    assert not queue.job.changed
    assert queue.job.note() == "50 frames, none new"


@pytest.mark.parametrize(
    "change", ["avatar option", "shorter", "longer", "left longer", "left shorter", "moved"]
)
def test_a_strip_keeps_all_that_its_user_did(scene: Any, talk: Any, tmp_path: Path, change: str) -> None:
    talk.frame_final_start += 5
    bpy.ops.lipreel.generate()
    dress(scene, image_of(scene))
    before, keys, files = looks(scene), keyframes(scene), written(tmp_path)
    selected = [strip.name for strip in compat.all_strips(scene.sequence_editor) if strip.select]
    active = scene.sequence_editor.active_strip
    if change == "avatar option":
        talk.lipreel.own_edge, talk.lipreel.feather = True, 30.0
    elif change == "shorter":
        talk.frame_final_end -= 20
    elif change == "longer":
        talk.frame_final_end += 20
    elif change == "left longer":
        talk.frame_final_start -= 3
    elif change == "left shorter":
        talk.frame_final_start += 3
    else:
        talk.frame_start += 100
        keys = {path: [[x + 100, y] for x, y in points] for path, points in keys.items()}
    bpy.ops.lipreel.generate()
    image = image_of(scene)
    assert looks(scene) == before
    assert keyframes(scene) == keys
    assert compat.ends(image) == compat.ends(talk)
    assert [strip.name for strip in compat.all_strips(scene.sequence_editor) if strip.select] == selected
    assert scene.sequence_editor.active_strip == active
    after = written(tmp_path)
    assert {file: after[file] for file in files} == files  # none was overwritten or removed
    assert len(files_of(image)) == image.frame_final_duration
    assert bytes_of(image) == from_nothing(scene, talk, tmp_path)


def from_nothing(scene: Any, sound: Any, tmp_path: Path) -> list[bytes]:
    """The frames of a strip, made anew in a folder of their own."""
    (target,) = targets(bpy.context, scene, [sound], output=str(tmp_path / "fresh"))
    job = GenerateJob(target)
    job._put = lambda _: True  # type: ignore[assignment,method-assign]  # only the frames
    queue.start([job])
    tick_until(lambda: not queue.running)
    assert job.background.failure is None, job.note()
    result = job.background.result
    moments = target.place.moments
    names = [result.files[moment - target.request.moments.start] for moment in moments]
    frames = [(target.request.folder / name).read_bytes() for name in names]
    shutil.rmtree(tmp_path / "fresh")
    return frames


def test_frames_that_stay_are_not_drawn_again(scene: Any, talk: Any) -> None:
    bpy.ops.lipreel.generate()
    talk.frame_final_end += 100
    bpy.ops.lipreel.generate()
    assert queue.job
    note = queue.job.note()
    assert note.startswith("150 frames, ")
    new = int(note.split()[2])
    assert 100 <= new <= 100 + 2 * 25, note  # up to 2 s before the old end hear what follows


def test_the_new_strip_is_not_selected(scene: Any, talk: Any) -> None:
    other = add_sound(scene.sequence_editor, Path(talk.sound.filepath), "other", 5, 600)
    scene.sequence_editor.active_strip = other
    talk.select, other.select = True, False
    bpy.ops.lipreel.generate()
    assert [strip.name for strip in compat.all_strips(scene.sequence_editor) if strip.select] == ["talk"]
    assert scene.sequence_editor.active_strip == other


def test_a_preview_range_over_a_finished_strip_loses_nothing(scene: Any, talk: Any) -> None:
    bpy.ops.lipreel.generate()
    whole = bytes_of(image_of(scene))
    scene.lipreel.range, scene.use_preview_range = "PREVIEW", True
    scene.frame_preview_start, scene.frame_preview_end = LEFT + 10, LEFT + 19
    bpy.ops.lipreel.generate()
    assert bytes_of(image_of(scene)) == whole
    talk.lipreel.own_edge, talk.lipreel.feather = True, 40.0
    bpy.ops.lipreel.generate()
    now = bytes_of(image_of(scene))
    assert now[:10] + now[20:] == whole[:10] + whole[20:]
    assert all(one != other for one, other in zip(now[10:20], whole[10:20], strict=True))


def test_two_preview_ranges_make_one_strip_without_a_gap(scene: Any, talk: Any) -> None:
    scene.lipreel.range, scene.use_preview_range = "PREVIEW", True
    for first in (5, 30):
        scene.frame_preview_start, scene.frame_preview_end = LEFT + first, LEFT + first + 4
        bpy.ops.lipreel.generate()
    assert compat.ends(image_of(scene)) == (LEFT + 5, LEFT + 35)
    files_of(image_of(scene))


def test_undo_after_a_shorter_generate_finds_its_frames(scene: Any, talk: Any) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.lipreel.generate()
    whole = bytes_of(image_of(scene))
    bpy.ops.ed.undo_push(message="generated")
    talk.frame_final_end -= 20
    bpy.ops.lipreel.generate()
    bpy.ops.ed.undo_push(message="shorter")
    bpy.ops.ed.undo()
    assert bytes_of(image_of(bpy.context.scene)) == whole


def test_save_as_beside_it_leaves_the_first_file_alone(scene: Any, talk: Any, tmp_path: Path) -> None:
    bpy.ops.lipreel.generate()
    whole = bytes_of(image_of(scene))
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film2.blend"))
    talk.frame_final_end -= 20
    talk.lipreel.own_edge, talk.lipreel.feather = True, 30.0
    bpy.ops.lipreel.generate()
    assert image_of(scene).directory.startswith("//lipreel/film/")  # it keeps its folder
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "film.blend"))
    assert bytes_of(image_of(bpy.context.scene)) == whole


def test_two_files_of_one_folder_with_strips_of_one_name(scene: Any, talk: Any, tmp_path: Path) -> None:
    bpy.ops.lipreel.generate()
    whole = bytes_of(image_of(scene))
    bpy.ops.wm.save_mainfile()
    other = save_noise(tmp_path / "other.wav", 1)
    bpy.ops.wm.read_homefile(use_empty=True)
    second = bpy.context.scene
    second.render.fps = 25
    second.lipreel.avatar = talk_avatar()
    add_sound(second.sequence_editor_create(), other, left=1)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "second.blend"))
    bpy.ops.lipreel.generate()
    assert len(files_of(image_of(second))) == 25
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "film.blend"))
    assert bytes_of(image_of(bpy.context.scene)) == whole


def talk_avatar() -> str:
    import os

    return os.environ["LIPREEL_TINY_AVATAR"]


@pytest.mark.parametrize("names", [("line", "Line"), ("a:b", "a?b"), ("talk", "talk ")])
def test_names_that_become_one_folder(scene: Any, talk: Any, tmp_path: Path, names: tuple[str, str]) -> None:
    short = save_noise(tmp_path / "short.wav", 0.4)
    sounds = [
        add_sound(scene.sequence_editor, short, name, 10 * (n + 1), 400) for n, name in enumerate(names)
    ]
    sounds[1].frame_final_end -= 4
    generate(scene, *sounds)
    folders = {image.directory.lower() for image in images(scene)}
    assert len(folders) == 2
    assert sorted(len(files_of(image)) for image in images(scene)) == [6, 10]


def test_a_renamed_sound_beside_a_new_one_of_its_old_name(scene: Any, talk: Any, tmp_path: Path) -> None:
    bpy.ops.lipreel.generate()
    whole = bytes_of(image_of(scene))
    talk.name = "speech"
    new = add_sound(scene.sequence_editor, save_noise(tmp_path / "new.wav", 0.4), "talk", 5, 300)
    generate(scene, new)
    first, second = images(scene)
    assert bytes_of(first) == whole
    assert len(files_of(second)) == 10
    assert numbers.number_of(first) != numbers.number_of(second)


def test_a_retouched_frame_is_kept_and_a_broken_one_is_not(scene: Any, talk: Any) -> None:
    bpy.ops.lipreel.generate()
    whole = bytes_of(image_of(scene))
    files = files_of(image_of(scene))
    retouched = files[7]
    picture = bpy.data.images.load(str(retouched))
    picture.pixels[:4] = (1.0, 0.0, 0.0, 1.0)
    picture.save()
    files[9].write_bytes(whole[9][:100])
    files[11].unlink()
    painted = retouched.read_bytes()
    bpy.ops.lipreel.generate()
    now = bytes_of(image_of(scene))
    assert now[7] == painted
    assert now[:7] + now[8:] == whole[:7] + whole[8:]
    assert files[9].with_name(f"{files[9].name}.damaged").read_bytes() == whole[9][:100]
    assert queue.job
    assert "50 frames, 2 new" in queue.job.note()
    assert "retouched" in queue.job.note()
    assert queue.job.retouched  # type: ignore[attr-defined]
    bpy.ops.lipreel.generate(redraw_retouched=True)
    assert bytes_of(image_of(scene)) == whole
    assert painted in [file.read_bytes() for file in retouched.parent.iterdir() if file.is_file()]


def test_files_are_never_hard_links(scene: Any, talk: Any) -> None:
    bpy.ops.lipreel.generate()
    assert {file.stat().st_nlink for file in files_of(image_of(scene))} == {1}


def test_a_trim_and_a_cut_show_the_same_picture_at_the_same_moment(scene: Any, talk: Any) -> None:
    """The template's phase belongs to the sound, and the sound goes on across a cut."""
    talk.frame_final_end = LEFT + 400
    bpy.ops.lipreel.generate()
    names = [file.name for file in files_of(image_of(scene))]
    right = talk.split(frame=LEFT + 100, split_method="SOFT")
    left_image = image_of(scene)
    right_image = left_image.split(frame=LEFT + 100, split_method="SOFT")
    generate(scene, talk, right)
    assert [file.name for file in files_of(left_image)] == names[:100]
    assert [file.name for file in files_of(right_image)] == names[100:]
    right.frame_final_start += 60  # now the sound does not go on: only what is near the ends changes
    generate(scene, talk, right)
    assert [file.name for file in files_of(left_image)][:50] == names[:50]
    assert [file.name for file in files_of(right_image)][50:] == names[210:]
    assert compat.ends(right_image) == compat.ends(right)


def test_a_strip_that_was_pointed_at_a_folder_of_the_users_is_not_written_there(
    scene: Any, talk: Any, tmp_path: Path
) -> None:
    bpy.ops.lipreel.generate()
    image = image_of(scene)
    mine = tmp_path / "holiday"
    shutil.copytree(files_of(image)[0].parent, mine)
    (mine / "lipreel.json").unlink()
    image.directory = str(mine)
    before = {file.name: file.read_bytes() for file in mine.iterdir()}
    talk.frame_final_end += 10
    bpy.ops.lipreel.generate()
    assert {file.name: file.read_bytes() for file in mine.iterdir()} == before
    assert image.directory.startswith("//lipreel/film/talk-")
    assert len(files_of(image)) == LENGTH + 10
