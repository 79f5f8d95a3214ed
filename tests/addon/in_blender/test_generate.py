# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator from a script, and the session as the window's timer drives it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
import soundfile
from lipreel.addon import compat
from lipreel.addon.jobs.background_job import State
from lipreel.addon.jobs.generate_job import GenerateJob
from lipreel.addon.jobs.queue import queue
from lipreel.addon.sequencer.targets import targets
from lipreel.tests.addon.in_blender.timelines import files_of

RATE = 16000


@pytest.fixture
def talk(scene: Any, tmp_path: Path) -> Any:
    """A sound strip of 20 seconds, cut to one, which is selected."""
    path = tmp_path / "talk.wav"
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 20 * RATE).astype(np.float32)
    soundfile.write(path, noise, RATE)
    strip = compat.strips(scene.sequence_editor).new_sound("talk", str(path), 1, 11)
    strip.frame_final_end = 36
    return strip


def own(scene: Any) -> list[Any]:
    return [strip for strip in compat.strips(scene.sequence_editor) if strip.type == "IMAGE"]


def start(scene: Any, *sounds: Any) -> None:
    queue.start(GenerateJob(target) for target in targets(bpy.context, scene, sounds))


def tick_until(done: Callable[[], bool], seconds: float = 30) -> None:
    limit = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < limit, queue.progress
        queue.tick()
        time.sleep(0.01)


def test_a_script_waits_for_it(scene: Any, talk: Any, tmp_path: Path) -> None:
    assert bpy.ops.lipreel.generate() == {"FINISHED"}
    (image,) = own(scene)
    assert (compat.times(image).left, compat.times(image).right, image.channel) == (11, 36, 2)
    record = json.loads(next((tmp_path / "out").rglob("lipreel.json")).read_text())
    assert record["job"]["status"] == "done"
    assert record["current"] == [file.name for file in files_of(image)]
    assert image["lipreel"]["provider"] == "cpu"


def test_the_sequencer_shows_the_frames(scene: Any, talk: Any, tmp_path: Path) -> None:
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = 400, 300, 100
    bpy.ops.lipreel.generate()
    scene.view_settings.view_transform = "Standard"
    compat.set_png_output(render.image_settings)
    render.filepath = str(tmp_path / "rendered.png")
    scene.frame_set(15)
    bpy.ops.render.render(write_still=True)
    got, want = pixels(tmp_path / "rendered.png"), pixels(files_of(own(scene)[0])[4])
    assert got.shape == want.shape
    assert np.abs(got - want).max() < 2 / 255


def pixels(file: Path) -> Any:
    image = bpy.data.images.load(str(file))
    return np.array(image.pixels).reshape(*image.size, 4)[..., :3]


def test_several_strips_are_done_one_after_the_other(scene: Any, talk: Any) -> None:
    other = compat.strips(scene.sequence_editor).new_sound("other", talk.sound.filepath, 1, 600)
    other.frame_final_end = 605
    bpy.ops.lipreel.generate()
    assert [len(image.elements) for image in own(scene)] == [25, 5]


def test_generating_again_changes_the_strip(scene: Any, talk: Any) -> None:
    bpy.ops.lipreel.generate()
    bpy.ops.lipreel.generate()
    assert queue.job
    assert queue.job.note() == "25 frames, none new"
    talk.frame_final_start += 5
    bpy.ops.lipreel.generate()
    (image,) = own(scene)
    assert (compat.times(image).left, compat.times(image).right) == (16, 36)


def test_the_preview_range(scene: Any, talk: Any) -> None:
    scene.lipreel.range = "PREVIEW"
    with pytest.raises(RuntimeError, match="no preview range"):
        bpy.ops.lipreel.generate()
    scene.use_preview_range = True
    scene.frame_preview_start, scene.frame_preview_end = 20, 29
    bpy.ops.lipreel.generate()
    (image,) = own(scene)
    assert (compat.times(image).left, compat.times(image).right) == (20, 30)


def test_a_script_hears_of_failures(scene: Any, talk: Any, tmp_path: Path) -> None:
    (tmp_path / "talk.wav").unlink()
    with pytest.raises(RuntimeError, match="there is no such file"):
        bpy.ops.lipreel.generate()
    (failure,) = queue.failures
    assert "Blender" not in failure.message
    assert "bpy" in failure.report
    assert "avatar: " in failure.report
    assert own(scene) == []


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda scene, talk: compat.strips(scene.sequence_editor).remove(talk), "Select a sound strip"),
        (lambda scene, talk: setattr(scene.lipreel, "output", "//lipreel/"), "Save the file first"),
        (lambda scene, talk: setattr(scene.lipreel, "output", ""), "Save the file first"),
    ],
)
def test_a_grey_button_says_why(
    scene: Any, talk: Any, spoil: Callable[[Any, Any], None], reason: str
) -> None:
    spoil(scene, talk)
    with pytest.raises(RuntimeError, match=reason):
        bpy.ops.lipreel.generate()


@pytest.mark.parametrize("move", [1000, -1000])
def test_a_strip_that_shows_none_of_its_sound_is_refused(scene: Any, talk: Any, move: int) -> None:
    left, right = compat.ends(talk)
    talk.frame_start += move  # and the handles stay
    compat.set_ends(talk, left, right)
    with pytest.raises(RuntimeError, match="talk: the strip lies outside its sound"):
        bpy.ops.lipreel.generate()


def test_the_strip_grows_while_the_job_runs(scene: Any, talk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lipreel.addon.jobs.generate_job._GROW_EVERY", 0.0)
    talk.frame_final_end = 511
    start(scene, talk)
    tick_until(lambda: bool(own(scene)))
    early = len(own(scene)[0].elements)
    assert early < 500
    assert queue.running
    compat.strips(scene.sequence_editor).remove(own(scene)[0])
    queue.after_undo()  # it was undo that removed it
    tick_until(lambda: bool(own(scene)))
    tick_until(lambda: not queue.running)
    (image,) = own(scene)
    assert len(image.elements) == 500
    assert compat.times(image).right == 511


def test_the_strip_shows_no_frame_that_is_not_there(
    scene: Any, talk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames of one template frame are made together, and not in the order in which they are shown."""
    monkeypatch.setattr("lipreel.addon.jobs.generate_job._GROW_EVERY", 0.0)
    talk.frame_final_end = 511
    start(scene, talk)

    def grown() -> int:
        (image,) = own(scene) or [None]
        if image is None:
            return 0
        return len(files_of(image))

    tick_until(lambda: 0 < grown() < 500)
    tick_until(lambda: grown() == 500)


def test_the_sound_strip_may_go_while_the_job_runs(scene: Any, talk: Any, tmp_path: Path) -> None:
    start(scene, talk)
    compat.strips(scene.sequence_editor).remove(talk)
    tick_until(lambda: not queue.running)
    assert queue.progress.state is State.DONE
    assert isinstance(queue.job, GenerateJob)
    assert queue.job.gone
    assert len(queue.job.board.done) == 25
    again = compat.strips(scene.sequence_editor).new_sound("again", str(tmp_path / "talk.wav"), 1, 101)
    again.select = True
    bpy.ops.lipreel.insert()
    assert compat.times(own(scene)[0]).left == 101


def test_cancel_keeps_frames(scene: Any, talk: Any) -> None:
    talk.frame_final_end = 511
    start(scene, talk)
    tick_until(lambda: queue.progress.done > 2 and queue.progress.phase == "frames")
    bpy.ops.lipreel.cancel()
    tick_until(lambda: not queue.running, seconds=5)
    assert queue.progress.state is State.CANCELLED
    assert isinstance(queue.job, GenerateJob)
    kept = len(list(queue.job.target.request.folder.glob("frame_*.png")))
    assert kept > 2
    assert queue.job.note() == f"Cancelled: {kept} frames are kept, and Generate goes on"


def test_cancelling_a_queue_says_how_many_were_dropped(scene: Any, talk: Any) -> None:
    talk.frame_final_end = 511
    others = [
        compat.strips(scene.sequence_editor).new_sound(f"other {n}", talk.sound.filepath, 3 + n, 1)
        for n in range(2)
    ]
    start(scene, talk, *others)
    tick_until(lambda: queue.progress.phase == "frames")
    bpy.ops.lipreel.cancel()
    tick_until(lambda: not queue.running, seconds=5)
    assert queue.job
    assert queue.job.note().endswith("Generate goes on. 2 other jobs were dropped")
    assert len(queue.ended) == 1


def test_a_defect_of_ours_is_told_and_ends_the_thread(
    scene: Any, talk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lipreel.addon.jobs.generate_job._GROW_EVERY", 0.0)
    monkeypatch.setattr("lipreel.addon.sequencer.strip_changes.insert", lambda *_, **__: 1 / 0)
    talk.frame_final_end = 511
    start(scene, talk)
    tick_until(lambda: not queue.running)
    assert "ZeroDivisionError" in queue.failures[0].message
    assert queue.job
    assert queue.job.background.join(0)


def test_another_file_stops_the_job(scene: Any, talk: Any, tmp_path: Path) -> None:
    talk.frame_final_end = 511
    start(scene, talk)
    tick_until(lambda: queue.progress.phase == "frames")
    job = queue.job
    assert job
    bpy.ops.wm.read_homefile(use_empty=True)
    assert not queue.running
    assert job.background.join(0)
    assert (queue.job, queue.ended) == (None, [])  # it was about another file


def test_switching_off_stops_the_job(scene: Any, talk: Any) -> None:
    import lipreel

    talk.frame_final_end = 511
    start(scene, talk)
    lipreel.unregister()
    assert queue.job
    assert queue.job.background.join(0)
    lipreel.register()


def test_remove_leaves_the_sound(scene: Any, talk: Any) -> None:
    bpy.ops.lipreel.generate()
    bpy.ops.lipreel.remove()
    assert own(scene) == []
    assert talk.name == "talk"
    assert not bpy.ops.lipreel.remove.poll()


def test_a_strip_removed_by_hand_stays_away(scene: Any, talk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lipreel.addon.jobs.generate_job._GROW_EVERY", 0.0)
    talk.frame_final_end = 511
    start(scene, talk)
    tick_until(lambda: bool(own(scene)))
    compat.strips(scene.sequence_editor).remove(own(scene)[0])
    tick_until(lambda: not queue.running)
    assert own(scene) == []
    assert queue.job
    assert queue.job.note() == "The strip was removed: the frames are kept"
    bpy.ops.lipreel.insert()
    assert len(own(scene)[0].elements) == 500


def test_a_bad_strip_does_not_stop_the_others(scene: Any, talk: Any, tmp_path: Path) -> None:
    bad = compat.strips(scene.sequence_editor).new_sound("bad", talk.sound.filepath, 3, 1)
    bad.frame_final_end = 5
    bad.lipreel.avatar = "nobody"
    with pytest.raises(RuntimeError, match="nobody: no such avatar"):
        bpy.ops.lipreel.generate()
    assert [strip.name for strip in own(scene)] == ["talk Lipreel"]


def test_the_preferred_folder_is_beside_the_file(scene: Any, talk: Any, tmp_path: Path) -> None:
    scene.lipreel.output = ""
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    bpy.ops.lipreel.generate()
    assert len(list((tmp_path / "lipreel" / "film").glob("talk-*/frame_*.png"))) == 25
    assert own(scene)[0].directory.startswith("//lipreel")


def test_strips_of_one_name_in_two_scenes(scene: Any, talk: Any, tmp_path: Path) -> None:
    bpy.ops.lipreel.generate()
    other = bpy.data.scenes.new("Second")
    other.lipreel.output, other.lipreel.avatar = scene.lipreel.output, scene.lipreel.avatar
    twin = compat.strips(other.sequence_editor_create()).new_sound("talk", talk.sound.filepath, 1, 1)
    twin.frame_final_end = 3
    start(other, twin)
    tick_until(lambda: not queue.running)
    folders = sorted(len(list(folder.glob("frame_*"))) for folder in (tmp_path / "out").glob("*/talk-*"))
    assert folders == [2, 25]


def test_a_preview_is_the_frame_of_the_job(scene: Any, talk: Any, tmp_path: Path) -> None:
    scene.frame_set(10)
    assert not bpy.ops.lipreel.preview_frame.poll()
    for frame in (11, 20):  # the second takes the place of the first
        scene.frame_set(frame)
        bpy.ops.lipreel.preview_frame()
    (image,) = own(scene)
    assert (compat.times(image).left, compat.times(image).right, image.channel) == (20, 21, 2)
    assert image.name == "talk Preview"
    (preview,) = files_of(image)
    bpy.ops.lipreel.generate()
    assert files_of(own(scene)[0])[9] == preview
    assert queue.job
    assert "25 frames, 23 new" in queue.job.note()
    assert [(strip.name, strip.channel) for strip in own(scene)] == [("talk Lipreel", 2)]


def test_a_preview_goes_to_an_open_image_editor(scene: Any, talk: Any, tmp_path: Path) -> None:
    area = bpy.context.window_manager.windows[0].screen.areas[0]
    area.type = "IMAGE_EDITOR"
    for frame in (11, 20):
        scene.frame_set(frame)
        bpy.ops.lipreel.preview_frame()
    image = area.spaces.active.image
    assert own(scene) == []
    assert Path(image.filepath).name.startswith("frame_000010-")
    assert "lipreel_number" not in talk  # to look is not to change the file
    got, want = np.array(image.pixels), pixels(Path(image.filepath))
    np.testing.assert_array_equal(got.reshape(*image.size, 4)[..., :3], want)
