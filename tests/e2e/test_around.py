# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies around Generate: previews, imports, refusals, and films without a window."""

import shutil
import time
import tomllib
from pathlib import Path

from lipreel.tests.e2e.desktop import Desktop

ROOT = Path(__file__).parents[2]


def test_preview_a_frame(studio: Desktop) -> None:
    """Drawn over the preview until the playhead moves on; no strip, no file, nothing to save."""
    studio.ask("add_sound", "/share/speech.wav", 2, 11)
    studio.ask("save_as", "/share/film.blend")
    studio.ask("go_to", 5)
    assert "playhead" in studio.ask("reason", "preview_frame")
    for frame in (30, 57):
        studio.ask("go_to", frame)
        time.sleep(0.5)
        studio.click_button("lipreel.preview_frame")
        studio.wait_until(lambda: studio.ask("live")["fresh"], 60, "no preview is drawn")
        assert studio.ask("live")["moment"] == frame - 11
        time.sleep(0.5)
        studio.shot(f"preview-{frame}")
    studio.ask("go_to", 58)
    studio.wait_until(lambda: not studio.ask("live")["on"], 5, "the preview stays")
    assert (studio.images(), studio.frames(), studio.ask("is_dirty")) == ([], [], False)


def test_a_retimed_strip_is_refused(studio: Desktop) -> None:
    name = studio.ask("add_sound", "/share/speech.wav", 2, 11)
    studio.ask("retime", name, 60)
    # Before 4.4, Blender does not tell add-ons of it.
    told = "The strip is retimed. Remove the change of speed" if studio.ask("version") >= [4, 4] else ""
    assert told in studio.ask("reason", "generate")
    studio.ask("save_as", "/share/film.blend")


def test_import_an_avatar(studio: Desktop) -> None:
    installed = next((studio.share / "home").rglob("models/demo/avatar.toml")).parent
    source = "/share/" + str(installed.relative_to(studio.share))
    studio.ask("import_avatar", source)
    assert studio.wait_for_job()["state"] == "done"
    chosen = Path(studio.ask("chosen_avatar"))
    assert chosen.name == "demo"
    assert "lipreel" in chosen.parts  # the extension's own folder for the user's files
    toml = studio.share / chosen.relative_to("/share") / "avatar.toml"
    assert tomllib.loads(toml.read_text())["name"] == "Mina"


def test_a_folder_of_films_without_a_window(studio: Desktop) -> None:
    """docs/batch.py with this Blender: one film has a sound, one has none, one is no film."""
    shutil.copy(ROOT / "docs" / "batch.py", studio.share / "batch.py")
    (studio.share / "films").mkdir()
    studio.ask("save_as", "/share/films/empty.blend")
    studio.ask("add_sound", "/share/speech.wav", 2, 11, 24)
    studio.ask("save_as", "/share/films/talk.blend")
    (studio.share / "films" / "broken.blend").write_bytes(b"no film")
    done = studio.do("run", command=["python3", "/share/batch.py", "/share/films"], seconds=300)
    assert done["status"] == 1, done["text"]
    assert "== 2 failed\nbroken.blend\nempty.blend\n" in done["text"]
    assert "speech.wav: 24 frames" in done["text"]
    assert "there is no sound strip" in done["text"]
    assert "Traceback" not in done["text"]
    lines = done["text"].splitlines()
    made = next(number for number, line in enumerate(lines) if "speech.wav: 24 frames" in line)
    assert "== talk.blend" in lines[:made]
    saved = [number for number, line in enumerate(lines) if "Saved" in line and "talk.blend" in line]
    assert all(number > made for number in saved)  # not every Blender says so
    studio.ask("open_file", "/share/films/talk.blend")
    (strip,) = studio.images()
    assert (strip["left"], strip["right"], len(strip["elements"])) == (11, 35, 24)


def test_films_of_one_folder_with_strips_of_one_name(studio: Desktop) -> None:
    """docs/batch.py again: each film shows its own frames, those of its own part of the sound."""
    shutil.copy(ROOT / "docs" / "batch.py", studio.share / "batch.py")
    (studio.share / "films").mkdir()
    studio.ask("set_scene_output", "")
    name = studio.ask("add_sound", "/share/speech.wav", 2, 11, 60)
    parts = {"one": (11, 35), "two": (35, 71)}
    for film, (left, right) in parts.items():
        studio.ask("trim", name, right, left)
        studio.ask("save_as", f"/share/films/{film}.blend")
    done = studio.do("run", command=["python3", "/share/batch.py", "/share/films"], seconds=300)
    assert done["status"] == 0, done["text"]
    for film, (left, right) in parts.items():
        studio.ask("open_file", f"/share/films/{film}.blend")
        (strip,) = studio.images()
        assert (strip["left"], strip["right"]) == (left, right)
        folder = studio.share / Path(strip["folder"]).relative_to("/share")
        assert folder.parent == studio.share / "films" / "lipreel" / film
        moments = [int(element[6:12]) for element in strip["elements"]]
        assert moments == list(range(left - 10, right - 10))
        assert all((folder / element).is_file() for element in strip["elements"])
