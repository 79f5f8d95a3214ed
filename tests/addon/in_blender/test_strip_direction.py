# SPDX-License-Identifier: GPL-3.0-or-later
"""Directing in Blender: dials and keys on the sound strip, and only the frames drawn that they change."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import bpy
import pytest
from lipreel.addon import compat
from lipreel.addon.jobs.queue import queue
from lipreel.addon.sequencer import strip_direction
from lipreel.addon.sequencer.targets import stale
from lipreel.tests.addon.in_blender.timelines import (
    add_sound,
    files_of,
    generate,
    image_of,
    save_noise,
    sequencer,
)

LEFT, LENGTH = 11, 50


@pytest.fixture
def talk(scene: Any, tmp_path: Path) -> Any:
    """A sound strip with frames, of an avatar that takes a mouth track."""
    scene.lipreel.avatar = os.environ["LIPREEL_TINY_MOUTH"]
    speech = Path(__file__).parents[2] / "data" / "speech.wav"
    strip = add_sound(scene.sequence_editor, Path(shutil.copy(speech, tmp_path)), left=LEFT)
    strip.frame_final_end = LEFT + LENGTH
    generate(scene, strip)
    return strip


def names(scene: Any) -> list[str]:
    return [file.name for file in files_of(image_of(scene))]


def key(scene: Any, sound: Any, dial: str, *points: tuple[int, float]) -> None:
    """As I over the slider does."""
    for frame, value in points:
        scene.frame_set(frame)
        setattr(sound, dial, value)
        sound.keyframe_insert(dial, frame=frame)


def changed(before: list[str], after: list[str]) -> list[int]:
    """The frames of the scene whose images are others now."""
    pairs = zip(before, after, strict=True)
    return [LEFT + place for place, (one, other) in enumerate(pairs) if one != other]


def keys(scene: Any) -> dict[str, list[int]]:
    return {
        curve.data_path.rpartition("[")[2]: [round(point.co[0]) for point in curve.keyframe_points]
        for curve in compat.fcurves(scene)
    }


def test_a_key_over_a_word_changes_its_frames_alone(scene: Any, talk: Any) -> None:
    before = names(scene)
    key(scene, talk, "lipreel_jaw", (30, 0.0), (32, 0.8), (36, 0.8), (38, 0.0))
    assert stale(scene, [talk]) == [talk]
    generate(scene, talk)
    assert changed(before, names(scene)) == list(range(31, 38))
    assert queue.job
    assert "50 frames, 7 new" in queue.job.note()
    assert stale(scene, [talk]) == []
    generate(scene, talk)
    assert queue.job.note() == "50 frames, none new"


def test_taking_the_key_back_draws_nothing(scene: Any, talk: Any) -> None:
    before = names(scene)
    key(scene, talk, "lipreel_jaw", (30, 0.5), (40, 0.0))
    generate(scene, talk)
    assert names(scene) != before
    for frame in (30, 40):
        talk.keyframe_delete("lipreel_jaw", frame=frame)
    talk.lipreel_jaw = 0.0
    generate(scene, talk)
    assert names(scene) == before
    assert queue.job
    assert queue.job.note() == "50 frames, none new"


@pytest.mark.parametrize(
    ("dial", "value"),
    [("lipreel_intensity", 1.7), ("lipreel_hold", 2), ("lipreel_round", 0.2), ("lipreel_press_gain", 0.0)],
)
def test_dials_make_it_stale_and_are_copied(
    scene: Any, talk: Any, tmp_path: Path, dial: str, value: float
) -> None:
    before = names(scene)
    assert strip_direction.digest(scene, talk, 0) == ""
    setattr(talk, dial, value)
    assert stale(scene, [talk]) == [talk]
    generate(scene, talk)
    assert names(scene) != before
    if dial == "lipreel_hold":  # on twos: pairs on the sound's clock
        keys_of = [name[13:21] for name in names(scene)]
        assert len(set(keys_of)) > LENGTH // 2 - 2  # the template moves on under a mouth that is held
    other = add_sound(scene.sequence_editor, save_noise(tmp_path / "b.wav", 2), "b", 5, 300)
    for strip in compat.all_strips(scene.sequence_editor):
        strip.select = strip in (talk, other)
    scene.sequence_editor.active_strip = talk
    bpy.ops.lipreel.copy_settings()
    assert getattr(other, dial) == pytest.approx(value)


def test_an_avatar_that_hears_for_itself_takes_no_direction(scene: Any, talk: Any, tiny_avatar: str) -> None:
    talk.lipreel.avatar = tiny_avatar
    generate(scene, talk)
    before = names(scene)
    talk.lipreel_intensity = 0.5
    key(scene, talk, "lipreel_jaw", (30, 0.5))
    assert stale(scene, [talk]) == []
    generate(scene, talk)
    assert names(scene) == before


def test_keys_go_with_a_strip_that_is_moved_cut_copied_and_renamed(scene: Any, talk: Any) -> None:
    key(scene, talk, "lipreel_press", (30, 0.0), (34, 0.9), (36, 0.0))
    generate(scene, talk)
    before = names(scene)
    compat.move_content(talk, 40)
    assert keys(scene) == {'"talk"].lipreel_press': [70, 74, 76]}
    assert strip_direction.beside(scene, talk, 51) == 0
    generate(scene, talk)
    assert names(scene) == before
    talk.name = 'he "said"'
    assert stale(scene, [talk]) == []
    image = image_of(scene)
    right = talk.split(frame=80, split_method="SOFT")
    other = image.split(frame=80, split_method="SOFT")
    generate(scene, talk, right)
    assert [file.name for file in (*files_of(image), *files_of(other))] == before
    compat.move_content(right, 100)
    assert pressed(scene, right, 51 + 100) == pressed(scene, talk, 51)
    for strip in compat.all_strips(scene.sequence_editor):
        strip.select = strip == talk
    with sequencer(scene):
        bpy.ops.sequencer.duplicate()
    (copy,) = [s for s in compat.strips(scene.sequence_editor) if s.select and s.type == "SOUND"]
    compat.move_content(copy, 300)
    assert pressed(scene, copy, 51 + 300) == pressed(scene, talk, 51)


def pressed(scene: Any, sound: Any, zero: int) -> Any:
    """What is added to the pressing of the lips, moment by moment."""
    return strip_direction.read(scene, sound, zero, range(LENGTH))["offset"][3]


def test_keys_of_a_sound_that_was_slipped_lie_beside_their_words(scene: Any, talk: Any) -> None:
    """Blender leaves them where they are: the panel says so, and one button puts them back."""
    key(scene, talk, "lipreel_press", (30, 0.0), (34, 0.9), (36, 0.0))
    generate(scene, talk)
    before = pressed(scene, talk, LEFT)
    left, right = compat.ends(talk)
    curve_frames = keys(scene)
    compat.move_content(talk, 7)  # what a slip does: the content moves under handles that stay
    for curve in compat.fcurves(scene):
        for point in curve.keyframe_points:
            point.co[0] -= 7
    compat.set_ends(talk, left, right)
    assert keys(scene) == curve_frames
    zero = LEFT + 7
    assert strip_direction.beside(scene, talk, zero) == 7
    talk.select = True
    bpy.ops.lipreel.shift_corrections()
    assert strip_direction.beside(scene, talk, zero) == 0
    assert [point + 7 for point in curve_frames['"talk"].lipreel_press']] == keys(scene)[
        '"talk"].lipreel_press'
    ]
    assert pressed(scene, talk, zero) == before


def test_a_muted_curve_rests(scene: Any, talk: Any) -> None:
    key(scene, talk, "lipreel_press", (30, 0.9), (36, 0.9))
    (curve,) = compat.fcurves(scene)
    curve.mute = True
    talk.lipreel_press = 0.25
    found = strip_direction.read(scene, talk, LEFT, [30 - LEFT])
    assert found["offset"][3] == 0.25


@pytest.mark.parametrize("change", ["easing", "strength"])
def test_all_that_changes_a_curve_makes_the_strip_stale(scene: Any, talk: Any, change: str) -> None:
    key(scene, talk, "lipreel_press", (30, 0.0), (36, 0.9))
    (curve,) = compat.fcurves(scene)
    noise = curve.modifiers.new("NOISE")
    curve.keyframe_points[0].interpolation = "BOUNCE"
    before = strip_direction.digest(scene, talk, LEFT)
    if change == "easing":
        curve.keyframe_points[0].easing = "EASE_IN"
    else:
        noise.strength = 2.0
    assert strip_direction.digest(scene, talk, LEFT) != before


def test_a_new_key_does_not_hide_that_the_others_lie_beside_their_words(scene: Any, talk: Any) -> None:
    key(scene, talk, "lipreel_press", (30, 0.0), (34, 0.9), (36, 0.0))
    generate(scene, talk)
    key(scene, talk, "lipreel_jaw", (45, 0.2))
    assert strip_direction.beside(scene, talk, LEFT) == 0
    left, right = compat.ends(talk)
    compat.move_content(talk, 7)
    for curve in compat.fcurves(scene):
        for point in curve.keyframe_points:
            point.co[0] -= 7
    compat.set_ends(talk, left, right)
    assert strip_direction.beside(scene, talk, LEFT + 7) == 7


def test_keys_that_are_all_moved_by_hand_are_not_complained_of(scene: Any, talk: Any) -> None:
    key(scene, talk, "lipreel_press", (30, 0.0), (34, 0.9), (36, 0.0))
    generate(scene, talk)
    for curve in compat.fcurves(scene):
        for point in curve.keyframe_points:
            point.co[0] += 4
    assert strip_direction.beside(scene, talk, LEFT) == 0


def test_keys_that_the_user_has_moved_are_not_complained_of(scene: Any, talk: Any) -> None:
    key(scene, talk, "lipreel_press", (30, 0.0), (34, 0.9))
    generate(scene, talk)
    for point in compat.fcurves(scene)[0].keyframe_points[:1]:
        point.co[0] += 3
    assert strip_direction.beside(scene, talk, LEFT) == 0


def test_saved_and_opened_again(scene: Any, talk: Any, tmp_path: Path) -> None:
    key(scene, talk, "lipreel_jaw", (30, 0.5), (40, 0.0))
    talk.lipreel_intensity = 1.2
    generate(scene, talk)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "film.blend"))
    scene = bpy.context.scene
    (sound,) = [strip for strip in compat.all_strips(scene.sequence_editor) if strip.type == "SOUND"]
    assert sound.lipreel_intensity == pytest.approx(1.2)
    assert stale(scene, [sound]) == []


def test_a_track_goes_out_and_comes_back_corrected(scene: Any, talk: Any, tmp_path: Path) -> None:
    """What is exported draws the same images; what is changed in it, others."""
    talk.select = True
    file = tmp_path / "talk.mouth.json"
    bpy.ops.lipreel.export_mouth(filepath=str(file), format="lipreel")
    data = json.loads(file.read_text())
    assert len(data["values"]) == 386  # all of the sound
    before = names(scene)
    bpy.ops.lipreel.use_mouth(filepath=str(file))
    assert stale(scene, [talk]) == [talk]
    generate(scene, talk)
    assert len(changed(before, names(scene))) < LENGTH  # where four decimals make no other mouth: at rest
    before = names(scene)
    for place in range(80, 100):
        data["values"][place][0] = 1.0
    file.write_text(json.dumps(data))
    os.utime(file, (1, 1))
    assert stale(scene, [talk]) == [talk]
    generate(scene, talk)
    assert changed(before, names(scene)) == list(range(LEFT + 25, LEFT + 32))
    talk.lipreel.mouth = ""
    generate(scene, talk)


def test_keys_are_in_what_is_exported(scene: Any, talk: Any, tmp_path: Path) -> None:
    talk.select = True
    key(scene, talk, "lipreel_tongue", (30, 0.0), (32, 1.0), (36, 1.0), (38, 0.0))
    bpy.ops.lipreel.export_mouth(filepath=str(tmp_path / "a.mouth.json"), format="lipreel")
    values = json.loads((tmp_path / "a.mouth.json").read_text())["values"]
    tongue = [row[5] for row in values]
    assert tongue[round((34 - LEFT) / 25 * 80)] == 1
    assert max(tongue[150:]) < 1
    for kind, ending in (("rhubarb-tsv", "tsv"), ("livelink-csv", "csv"), ("papagayo", "pgo")):
        bpy.ops.lipreel.export_mouth(filepath=str(tmp_path / f"a.{ending}"), format=kind)
        assert (tmp_path / f"a.{ending}").stat().st_size > 100


def test_what_is_no_track_is_refused(scene: Any, talk: Any, tmp_path: Path) -> None:
    talk.select = True
    (tmp_path / "a.tsv").write_text("no\n")
    with pytest.raises(RuntimeError, match="not a mouth track"):
        bpy.ops.lipreel.use_mouth(filepath=str(tmp_path / "a.tsv"))
    assert talk.lipreel.mouth == ""


def test_keys_of_a_sound_that_is_trimmed_stay_over_their_words(scene: Any, talk: Any) -> None:
    key(scene, talk, "lipreel_press", (30, 0.0), (34, 0.9), (36, 0.0))
    generate(scene, talk)
    before = pressed(scene, talk, LEFT)
    compat.set_ends(talk, LEFT + 8, LEFT + LENGTH - 6)
    assert strip_direction.beside(scene, talk, LEFT) == 0
    assert pressed(scene, talk, LEFT) == before


def test_keys_in_a_meta_go_where_it_goes(scene: Any, talk: Any) -> None:
    key(scene, talk, "lipreel_press", (30, 0.0), (34, 0.9), (36, 0.0))
    generate(scene, talk)
    before = pressed(scene, talk, LEFT)
    image = image_of(scene)
    for strip in compat.all_strips(scene.sequence_editor):
        strip.select = strip in (talk, image)
    with sequencer(scene):
        bpy.ops.sequencer.meta_make()
    (meta,) = [strip for strip in compat.strips(scene.sequence_editor) if strip.type == "META"]
    compat.move_content(meta, 100)
    (talk,) = [strip for strip in compat.all_strips(scene.sequence_editor) if strip.type == "SOUND"]
    assert compat.ends(talk) == (111, 161)
    assert pressed(scene, talk, LEFT + 100) == before
    assert strip_direction.beside(scene, talk, LEFT + 100) == 0
    assert stale(scene, [talk]) == []


@pytest.mark.parametrize(("rate", "latest"), [(50, 36 + 25), (24, 36 - 1), (30, 36 + 5)])
def test_keys_at_another_frame_rate_are_put_back_over_their_words(
    scene: Any, talk: Any, rate: int, latest: int
) -> None:
    """Blender leaves them on their frames, where other words are said now."""
    key(scene, talk, "lipreel_press", (LEFT, 0.0), (34, 0.9), (36, 0.0))
    generate(scene, talk)
    scene.render.fps = rate
    assert keys(scene) == {'"talk"].lipreel_press': [LEFT, 34, 36]}
    assert strip_direction.beside(scene, talk, LEFT) == latest - 36
    talk.select = True
    bpy.ops.lipreel.shift_corrections()
    assert strip_direction.beside(scene, talk, LEFT) == 0
    (curve,) = compat.fcurves(scene)
    seconds = [(point.co[0] - LEFT) / rate for point in curve.keyframe_points]
    assert seconds == pytest.approx([0, 23 / 25, 1])
    scene.render.fps = 25
    bpy.ops.lipreel.shift_corrections()
    assert keys(scene) == {'"talk"].lipreel_press': [LEFT, 34, 36]}
