# SPDX-License-Identifier: GPL-3.0-or-later
"""What a newcomer at the window found: each was seen, and is not to be seen again."""

import time
from pathlib import Path

import cv2
from lipreel.tests.e2e.desktop import Desktop
from lipreel.tests.helpers import images

RED = (0, 0, 255)


def make(studio: Desktop, frames: int = 48, *, overlay: bool = False, save: bool = False) -> str:
    """A sound strip and its images; its name."""
    if save:
        (studio.share / "film").mkdir()
        studio.ask("set_scene_output", "")
        studio.ask("save_as", "/share/film/film.blend")
    name = str(studio.ask("add_sound", "/share/speech.wav", 2, 11, frames))
    if overlay:
        studio.ask("set_setting", name, "overlay", True)
    studio.ask("select", name)
    time.sleep(0.5)
    studio.click_button("lipreel.generate")
    assert studio.wait_for_job()["state"] == "done"
    return name


def files(studio: Desktop) -> list[Path]:
    """The files of the first image strip."""
    image = studio.images()[0]
    folder = studio.share / Path(image["folder"]).relative_to("/share")
    return [folder / name for name in image["elements"]]


def test_a_saved_file_keeps_its_pictures(studio: Desktop) -> None:
    """What the file on disk shows does not go: Remove Unused Frames wants the file saved first."""
    name = make(studio, 96, save=True)
    studio.ask("save_as", "/share/film/film.blend")
    before = files(studio)
    studio.ask("trim", name, 11 + 60)
    studio.click_button("lipreel.generate")
    studio.wait_for_job()
    assert not studio.ask("can", "lipreel.remove_unused")
    studio.ask("open_file", "/share/film/film.blend")
    assert [file for file in before if not file.exists()] == []
    assert studio.ask("status")["note"] == ""  # what came of that job belongs to another state


def test_a_redrawn_picture_is_seen(studio: Desktop) -> None:
    """Preview and render show the new image, not the one that Blender remembers."""
    make(studio, 24)
    file = files(studio)[10]
    picture = images.read(file)
    picture[100:300, 100:300] = RED
    cv2.imwrite(str(file), picture)
    studio.ask("press", "sequencer.refresh_all", {}, "EXEC_DEFAULT")
    studio.ask("go_to", 21)
    time.sleep(1)
    studio.click_button("lipreel.generate")
    studio.wait_for_job()
    studio.shot("retouched")
    studio.ask("press", "lipreel.generate", {"redraw_retouched": True})
    studio.wait_for_job()
    time.sleep(1.5)
    studio.shot("redrawn")
    assert tuple(images.read(file)[150, 150]) != RED
    studio.render()
    studio.ask("save_render", "/share/rendered.png")
    assert tuple(images.read(studio.share / "rendered.png")[150, 150]) != RED


def test_there_is_one_plate_and_it_follows(studio: Desktop) -> None:
    """Insert Plate with the mouse, twice; then the sound is trimmed and updated."""
    name = make(studio, 48, overlay=True)
    for _ in range(2):
        studio.click_button("lipreel.insert_plate")
        studio.wait_for_job()
        time.sleep(0.5)
    studio.shot("plate")
    assert [each["name"] for each in studio.images()] == ["speech.wav Lipreel", "speech.wav Plate"]
    studio.ask("trim", name, 11 + 24)
    time.sleep(0.5)
    studio.click_button("lipreel.generate")
    studio.wait_for_job()
    time.sleep(0.5)
    studio.shot("plate-trimmed")
    assert {each["right"] for each in studio.images()} == {35}
    studio.click_button("lipreel.remove")
    time.sleep(0.5)
    assert studio.images() == []


def test_insert_belongs_to_its_sound(studio: Desktop) -> None:
    """After the growing strip was deleted: above the sound that it was made for, and once."""
    name = str(studio.ask("add_sound", "/share/speech.wav", 2, 11, 120))
    studio.ask("select", name)
    time.sleep(0.5)
    studio.click_button("lipreel.generate")
    studio.wait_until(lambda: bool(studio.images()), 30, "no strip appears")
    studio.ask("select", studio.images()[0]["name"])
    studio.key("x")
    studio.wait_for_job()
    studio.ask("select", name)
    time.sleep(0.5)
    studio.click_button("lipreel.insert")
    time.sleep(0.5)
    assert len(studio.images()) == 1
    assert not studio.ask("can", "lipreel.insert")


def test_remove_unused_frames_by_hand(studio: Desktop) -> None:
    """The dialog is read, and confirmed with Enter."""
    name = make(studio, 48, save=True)
    studio.ask("trim", name, 11 + 24)
    time.sleep(0.5)
    studio.click_button("lipreel.generate")
    studio.wait_for_job()
    studio.ask("save_as", "/share/film/film.blend")
    before = set((studio.share / "film").rglob("frame_*"))
    studio.ask("press", "lipreel.remove_unused", {})
    time.sleep(1)
    studio.shot("remove-unused")
    studio.do("key", keys="Return")
    time.sleep(1)
    after = set((studio.share / "film").rglob("frame_*"))
    moved = {file for file in after if "removed" in file.parts}
    assert len(after) == len(before)
    assert len(moved) > 10
    assert all(file.is_file() for file in files(studio))
