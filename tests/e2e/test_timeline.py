# SPDX-License-Identifier: GPL-3.0-or-later
"""A timeline that is somebody's own: nothing in it is lost, moved or deselected."""

import shutil
import time
from pathlib import Path
from typing import Any

from lipreel.tests.e2e.desktop import Desktop

PICTURE = Path(__file__).parents[2] / "models/demo/frames/0000.jpg"
FILM = Path(__file__).parents[1] / "data" / "film-0.1"
LEFT, FRAMES = 11, 72


def add_speech(studio: Desktop, frames: int = FRAMES) -> str:
    return str(studio.ask("add_sound", "/share/speech.wav", 2, LEFT, frames))


def generate(studio: Desktop) -> dict[str, Any]:
    studio.click_button("lipreel.generate")
    status = studio.wait_for_job()
    assert status["state"] == "done", status
    return status


def without(facts: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: seen for name, seen in facts["strips"].items() if name not in names}


def test_among_strips_of_every_kind(studio: Desktop) -> None:
    shutil.copy(PICTURE, studio.share / "image.jpg")
    speech = add_speech(studio)
    music = studio.ask("add_sound", "/share/speech.wav", 50, LEFT)
    studio.ask("retime", music, LEFT + 20)
    assert studio.ask("fill", "/share/image.jpg", LEFT, FRAMES) > 15
    studio.ask("select", speech)
    studio.key("Home")
    before = studio.ask("all_facts")
    studio.ask("go_to", LEFT + 5)
    studio.click_button("lipreel.preview_frame")
    studio.wait_until(lambda: studio.ask("live")["fresh"], 60, "no preview is drawn")
    generate(studio)
    studio.shot("crowded")
    after = studio.ask("all_facts")
    ours = "speech.wav Lipreel"
    assert set(after["strips"]) == {*before["strips"], ours}
    mended = {**without(after, ours), speech: before["strips"][speech]}
    assert mended == before["strips"]
    assert studio.ask("active") == speech


def test_delete_during_a_job_takes_only_what_is_selected(studio: Desktop) -> None:
    add_speech(studio, 300)
    other = studio.ask("add_sound", "/share/speech.wav", 7, 400, 20)
    studio.ask("select", "speech.wav")
    studio.click_button("lipreel.generate")
    studio.ask("select", other)
    studio.wait_until(lambda: bool(studio.images()), 30, "no strip appears")
    assert [strip["name"] for strip in studio.ask("strips") if strip["select"]] == [other]
    assert studio.ask("is_dirty")
    studio.key("Delete")
    assert studio.wait_for_job()["state"] == "done"
    assert sorted(strip["name"] for strip in studio.ask("strips")) == ["speech.wav", "speech.wav Lipreel"]


def test_update_keeps_the_look_and_undo_shows_what_was_there(studio: Desktop) -> None:
    speech = add_speech(studio)
    generate(studio)
    studio.ask("dress", "speech.wav Lipreel", LEFT)
    once = studio.ask("all_facts")
    mtimes = {file: file.stat().st_mtime_ns for file in studio.frames()}
    studio.ask("trim", speech, LEFT + 48)
    trimmed = studio.ask("all_facts")
    time.sleep(1)
    studio.shot("stale", "sidebar")
    status = generate(studio)
    assert "new in" in status["note"]
    studio.shot("updated")
    now = studio.ask("all_facts")
    (strip,) = studio.images()
    assert (strip["name"], strip["left"], strip["right"]) == ("My Talker", LEFT, LEFT + 48)
    for name in ("transform", "crop", "modifiers", "channel", "blend_alpha", "color_tag", "blend_type"):
        assert now["strips"]["My Talker"][name] == once["strips"]["My Talker"][name]
    assert now["keyframes"] == once["keyframes"]
    assert {file: file.stat().st_mtime_ns for file in mtimes} == mtimes
    studio.key("ctrl+z")
    assert studio.ask("all_facts") == trimmed
    assert all(
        (strip_folder(studio) / name).is_file() for name, *_ in trimmed["strips"]["My Talker"]["elements"]
    )
    studio.key("ctrl+shift+z")
    assert studio.ask("all_facts") == now


def strip_folder(studio: Desktop) -> Path:
    return studio.share / Path(studio.images()[0]["folder"]).relative_to("/share")


def test_nothing_to_do_leaves_the_file_clean(studio: Desktop) -> None:
    add_speech(studio, 24)
    generate(studio)
    studio.ask("save_as", "/share/film.blend")
    assert not studio.ask("is_dirty")
    assert "none new" in generate(studio)["note"]
    assert not studio.ask("is_dirty")


def test_two_characters_in_a_dialogue(studio: Desktop) -> None:
    """The second one's own settings stay its own."""
    first = add_speech(studio, 24)
    second = studio.ask("add_sound", "/share/speech.wav", 2, 101, 24)
    studio.ask("set_setting", second, "format", "jpg")
    studio.ask("select", first, second)
    time.sleep(0.5)
    studio.shot("two", "sidebar")
    generate(studio)
    made = {strip["name"]: Path(strip["elements"][0]).suffix for strip in studio.images()}
    assert made == {f"{first} Lipreel": ".png", f"{second} Lipreel": ".jpg"}


def test_connected_strips(studio: Desktop) -> None:
    studio.ask("connect_strips", True)
    speech = add_speech(studio, 24)
    generate(studio)
    assert [strip["name"] for strip in studio.ask("strips") if strip["select"]] == [speech]
    x, y = studio.ask("strip_place", speech)
    studio.do("click", x=x, y=y)
    time.sleep(0.5)
    selected = {strip["name"] for strip in studio.ask("strips") if strip["select"]}
    connected = studio.ask("can_connect")
    assert connected or studio.ask("version") < [4, 5]
    assert selected == ({speech, f"{speech} Lipreel"} if connected else {speech})


def test_what_the_panel_says_when_it_cannot(studio: Desktop) -> None:
    studio.ask("set_scene_output", "")
    add_speech(studio, 24)
    assert studio.ask("reason", "generate").startswith("Save the file first")
    time.sleep(0.5)
    studio.shot("unsaved", "sidebar")
    studio.click_button("wm.save_mainfile")
    time.sleep(1)
    studio.shot("saving")
    studio.do("key", keys="Escape")
    if studio.ask("version") >= [5, 0]:
        studio.ask("no_sequencer_scene")
        time.sleep(0.5)
        studio.shot("no-scene", "sidebar")
        assert "Choose a scene" in studio.ask("reason", "generate")


def test_a_file_of_0_1(studio: Desktop) -> None:
    """Its strips keep all but their images, and its frames stay where they are."""
    shutil.copytree(FILM, studio.share / "film")
    studio.ask("open_file", "/share/film/film.blend")
    before = studio.ask("all_facts")["strips"]
    old = {file: file.read_bytes() for file in (studio.share / "film" / "lipreel").rglob("*.*")}
    generate = ["--command", "lipreel", "generate", "--all", "--avatar", "demo", "--save"]
    command = ["blender", "-b", "/share/film/film.blend", *generate]
    done = studio.do("run", command=command, seconds=300)
    assert done["status"] == 0, done["text"]
    studio.ask("open_file", "/share/film/film.blend")
    after = studio.ask("all_facts")["strips"]
    assert after.keys() == before.keys()
    for name, seen in before.items():
        assert [after[name][fact] for fact in ("channel", "blend_alpha")] == [
            seen[fact] for fact in ("channel", "blend_alpha")
        ]
    assert {file: file.read_bytes() for file in old} == old
    places = {strip["name"]: (strip["left"], strip["right"]) for strip in studio.ask("strips")}
    pairs = {"talk": "talk Lipreel", "talk.001": "talk Lipreel.001", "Interview": "other Lipreel"}
    assert {places[sound] == places[image] for sound, image in pairs.items()} == {True}
    for image in studio.images():
        folder = studio.share / Path(image["folder"]).relative_to("/share")
        assert folder.parent == studio.share / "film" / "lipreel" / "film"
        assert all((folder / element).is_file() for element in image["elements"])


def test_the_panels_are_looked_at(studio: Desktop) -> None:
    """Images, Performance and the menu, for the eye; and that they draw without a complaint."""
    add_speech(studio, 24)
    studio.ask("open_panels", "pictures", "performance")
    time.sleep(1)
    studio.shot("panels", "sidebar")
    studio.ask("pop_up_menu")
    time.sleep(1)
    studio.shot("menu")
    studio.do("key", keys="Escape")
