# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user may do while Lipreel is at work: nothing crashes, hangs or is lost."""

import time

import pytest
from lipreel.tests.e2e.desktop import Desktop

COUNT_STRIPS = """
import bpy
editor = bpy.context.scene.sequence_editor
print("STRIPS", len(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all))
"""
KEPT = "The sound strip is gone: the frames are kept"


@pytest.fixture
def working(studio: Desktop) -> Desktop:
    """Lipreel at work on the whole of the speech, with 40 frames made."""
    studio.ask("add_sound", "/share/speech.wav", 1, 1)
    studio.ask("save_as", "/share/film.blend")
    studio.click_button("lipreel.generate")
    studio.wait_for_frames(40)
    return studio


def frames(blender: Desktop) -> int:
    return len(blender.frames())


def assert_whole(blender: Desktop) -> None:
    """The job ends, and its strip is complete."""
    assert blender.wait_for_job()["state"] == "done"
    (strip,) = blender.images()
    (sound,) = [strip for strip in blender.ask("strips") if strip["type"] == "SOUND"]
    assert (strip["left"], strip["right"]) == (sound["left"], sound["right"])
    assert len(strip["elements"]) == strip["right"] - strip["left"] == frames(blender)


def test_render_a_picture(working: Desktop) -> None:
    working.ask("go_to", 10)
    working.render()
    working.ask("save_render", "/share/rendered.png")
    assert working.ask("status")["running"]
    assert_whole(working)


def test_render_an_animation(working: Desktop) -> None:
    working.ask("set_range", 1, 30)
    working.render(30)
    assert len(list((working.share / "render").glob("*.png"))) == 30
    assert working.ask("status")["running"]
    assert_whole(working)


def test_save(working: Desktop) -> None:
    file = working.share / "film.blend"
    before = file.stat().st_mtime_ns
    working.key("ctrl+s")
    working.wait_until(lambda: file.stat().st_mtime_ns != before, 10, "the file is not saved")
    assert working.ask("status")["running"]
    assert_whole(working)
    tell = ["blender", "-b", "/share/film.blend", "--python-expr", COUNT_STRIPS]
    done = working.do("run", command=tell, seconds=60)
    assert "STRIPS 2" in done["text"], done["text"]  # the sound, and the strip as it was then


def test_open_a_file(working: Desktop) -> None:
    working.ask("open_file", "/share/film.blend")
    assert working.ask("threads") == []
    assert not working.ask("status")["running"]
    kept = frames(working)
    assert kept >= 40
    working.wait_until(lambda: working.ask("show_panel"), 10, "there is no tab Lipreel")
    working.click_button("lipreel.generate")
    assert_whole(working)


def test_new_file(working: Desktop) -> None:
    working.key("ctrl+n")
    working.shot("new")
    working.do("key", keys="g")  # General
    time.sleep(1)
    working.shot("unsaved")  # the growing strip is something to save
    working.do("key", keys="d")  # Don't Save
    working.wait_until(lambda: not working.ask("file_path"), 10, "no new file")
    assert working.ask("threads") == []
    kept = frames(working)
    assert kept >= 40
    time.sleep(2)
    assert frames(working) == kept


def test_delete_the_sound_strip(working: Desktop) -> None:
    name = working.ask("strips")[0]["name"]
    x, y = working.ask("strip_place", name)
    working.do("click", x=x, y=y)
    working.key("Delete")
    assert [strip["type"] for strip in working.ask("strips")] == ["IMAGE"]
    status = working.wait_for_job()
    assert (status["state"], status["note"]) == ("done", KEPT)


def test_rename_the_sound_strip(working: Desktop) -> None:
    """No other strip plays its file: it is found again."""
    working.ask("rename", "speech.wav", "Interview")
    assert working.wait_for_job()["state"] == "done"
    (strip,) = working.images()
    assert len(strip["elements"]) == strip["right"] - strip["left"] == frames(working)


def test_delete_the_scene(working: Desktop) -> None:
    working.ask("delete_scene")
    status = working.wait_for_job()
    assert (status["state"], status["note"]) == ("done", KEPT)


def test_switch_workspaces(working: Desktop) -> None:
    first = working.ask("workspace")
    for _ in range(4):
        working.do("key", keys="ctrl+Next")
        time.sleep(1)
    assert working.ask("workspace") != first
    working.ask("open_workspace", first)
    assert_whole(working)


def test_disable_and_enable(working: Desktop) -> None:
    working.ask("disable")
    assert working.ask("threads") == []
    kept = frames(working)
    working.ask("enable")
    working.wait_until(lambda: working.ask("show_panel"), 10, "there is no tab Lipreel")
    time.sleep(1)
    assert frames(working) == kept >= 40
    working.click_button("lipreel.generate")
    assert_whole(working)


def test_quit(working: Desktop) -> None:
    working.key("ctrl+s")
    working.key("ctrl+q")
    working.ended(10)
    assert frames(working) >= 40


def test_close_the_window_without_saving(working: Desktop) -> None:
    working.ask("rename", "speech.wav", "Interview")
    working.do("key", keys="alt+F4")
    time.sleep(1)
    working.shot("dialog")
    working.do("key", keys="d")  # Don't Save
    working.ended(10)
    assert frames(working) >= 40
