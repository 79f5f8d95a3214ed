# SPDX-License-Identifier: GPL-3.0-or-later
"""From a sound strip to a talking character, as a user does it: with the mouse and the keyboard."""

import math
import time
import wave
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from lipreel.tests.e2e.desktop import Desktop
from lipreel.tests.helpers import images
from numpy.typing import NDArray

FPS = 24
FRAMES = 48


def read(file: Path) -> NDArray[np.uint8]:
    picture = images.read(file)
    assert picture is not None, file
    return picture


def add_speech(studio: Desktop, *, frames: int = 0) -> str:
    return str(studio.ask("add_sound", "/share/speech.wav", 2, 11, frames))


def test_generate(studio: Desktop) -> None:
    add_speech(studio)
    studio.ask("go_to", 10 + 46)
    studio.key("Home")
    time.sleep(1)
    studio.shot("panel", "sidebar")
    studio.click_button("lipreel.generate")
    studio.wait_for_frames(60)
    studio.shot("running")
    growing = studio.images()[0]
    status = studio.wait_for_job()
    assert status["state"] == "done", status

    with wave.open(str(studio.share / "speech.wav")) as sound:
        frames = math.ceil(Fraction(sound.getnframes(), sound.getframerate()) * FPS)
    (sound_strip,) = [strip for strip in studio.ask("strips") if strip["type"] == "SOUND"]
    (strip,) = studio.images()
    assert (strip["left"], strip["right"]) == (11, 11 + frames)
    assert (strip["left"], strip["right"]) == (sound_strip["left"], sound_strip["right"])
    assert (sound_strip["channel"], strip["channel"]) == (2, 3)
    assert 0 < len(growing["elements"]) < len(strip["elements"]) == frames
    assert Path(strip["folder"]).parent == Path("/share/frames/untitled")
    on_disk = studio.frames()
    assert strip["elements"] == [file.name for file in on_disk]

    for number in (1, 46, frames):
        studio.ask("go_to", 10 + number)
        studio.render()
        studio.ask("save_render", "/share/rendered.png")
        rendered = read(studio.share / "rendered.png")
        assert cv2.absdiff(rendered, read(on_disk[number - 1])).max() <= 1

    studio.ask("go_to", 10 + 46)
    time.sleep(1)
    screen = studio.shot("done")
    left, top, width, height = studio.ask("picture_place")
    seen = screen[top : top + height, left : left + width].astype(int)
    shown = cv2.resize(read(on_disk[45]), (width, height), interpolation=cv2.INTER_AREA)
    assert (
        np.median(np.abs(seen - shown)) <= 2
    )  # but for the outline of the selected strip, and other handles


def test_cancel_and_go_on(studio: Desktop) -> None:
    add_speech(studio)
    studio.click_button("lipreel.generate")
    studio.wait_for_frames(40)
    studio.click_button("lipreel.cancel")
    status = studio.wait_for_job(10)
    assert status["state"] == "cancelled", status
    there = studio.frames()
    assert len(there) >= 40
    assert f"{len(there)} frames are kept" in status["note"]
    first = there[0].stat().st_mtime_ns

    studio.click_button("lipreel.generate")
    assert studio.wait_for_job()["state"] == "done"
    assert there[0].stat().st_mtime_ns == first
    (strip,) = studio.images()
    assert len(strip["elements"]) == strip["right"] - strip["left"] == len(studio.frames())


def test_undo_and_redo(studio: Desktop) -> None:
    add_speech(studio, frames=FRAMES)
    before = studio.ask("strips")
    studio.click_button("lipreel.generate")
    assert studio.wait_for_job()["state"] == "done"
    after = studio.ask("strips")
    assert len(after) == len(before) + 1
    studio.key("ctrl+z")
    assert studio.ask("strips") == before
    studio.key("ctrl+shift+z")
    assert studio.ask("strips") == after


@pytest.mark.parametrize("redo", [True, False], ids=["redo", "undo alone"])
def test_undo_while_running(studio: Desktop, redo: bool) -> None:
    """The step is the strip's own from its first image on; as long as the job runs, it comes again."""
    sound = add_speech(studio)
    studio.click_button("lipreel.generate")
    studio.wait_until(lambda: bool(studio.images()), 30, "no strip appears")
    studio.key("ctrl+z")
    assert sound in [strip["name"] for strip in studio.ask("strips")]
    if redo:
        studio.key("ctrl+shift+z")
        assert studio.images()
    assert studio.wait_for_job()["state"] == "done"
    (strip,) = studio.images()
    assert len(strip["elements"]) == strip["right"] - strip["left"] == len(studio.frames())


def test_generate_again_replaces_only_its_own(studio: Desktop) -> None:
    add_speech(studio, frames=FRAMES)
    studio.click_button("lipreel.generate")
    assert studio.wait_for_job()["state"] == "done"
    once = studio.ask("strips")
    studio.click_button("lipreel.generate")
    assert studio.wait_for_job()["state"] == "done"
    assert studio.ask("strips") == once


def test_a_missing_sound_is_told(studio: Desktop) -> None:
    add_speech(studio, frames=FRAMES)
    (studio.share / "speech.wav").unlink()
    studio.click_button("lipreel.generate")
    status = studio.wait_for_job()
    assert status["state"] == "failed"
    assert "/share/speech.wav: there is no such file" in status["note"]
    time.sleep(1)
    studio.shot("error", "sidebar")
    assert studio.images() == []
