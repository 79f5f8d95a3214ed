# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line inside Blender: strips, files and exit statuses."""

import signal
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
import soundfile
from lipreel.addon import compat
from lipreel.addon.jobs.queue import queue
from lipreel.addon.ui.command import DEFECT, DONE, INTERRUPTED, WRONG_INPUT, main

RATE = 16000


@pytest.fixture
def sounds(scene: Any, tmp_path: Path) -> Any:
    """Two sound strips of half a second, neither selected."""
    path = tmp_path / "talk.wav"
    soundfile.write(path, np.random.default_rng(1).uniform(-0.5, 0.5, RATE // 2).astype(np.float32), RATE)
    made = compat.strips(scene.sequence_editor)
    for name, left in (("one", 1), ("two", 101)):
        made.new_sound(name, str(path), 1, left).select = False
    return made


def images(made: Any) -> list[str]:
    return sorted(strip.name for strip in made if strip.type == "IMAGE")


def test_one_strip_and_another_folder(sounds: Any, tmp_path: Path) -> None:
    assert main(["generate", "--strip", "two", "--out", str(tmp_path / "elsewhere")]) == DONE
    assert images(sounds) == ["two Lipreel"]
    assert len(list((tmp_path / "elsewhere").glob("untitled/two-*/frame_*.png"))) == 13  # ceil(0.5 * 25)


def test_all_strips_and_another_file(sounds: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    film = tmp_path / "film.blend"
    assert main(["generate", "--all", "--save-as", str(film)]) == DONE
    assert images(sounds) == ["one Lipreel", "two Lipreel"]
    assert "one: 13 frames" in capfd.readouterr().err
    bpy.ops.wm.open_mainfile(filepath=str(film))
    assert images(compat.strips(bpy.context.scene.sequence_editor)) == ["one Lipreel", "two Lipreel"]


def test_a_bad_strip_is_told_and_the_rest_is_saved(
    sounds: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    compat.strips(bpy.context.scene.sequence_editor)["one"].lipreel.avatar = "nobody"
    film = tmp_path / "film.blend"
    assert main(["generate", "--all", "--save-as", str(film)]) == WRONG_INPUT
    assert images(sounds) == ["two Lipreel"]
    assert film.is_file()
    assert "nobody: no such avatar" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required"),
        (["generate"], "one of the arguments --strip --all is required"),
        (["generate", "--strip", "three"], 'there is no sound strip "three". There are: one, two'),
        (["generate", "--all", "--scene", "Nowhere"], "Nowhere: there is no such scene"),
        (["generate", "--all", "--save"], "the file was never saved"),
        (["generate", "--all", "--avatar", "nobody"], "nobody: no such avatar"),
        (["generate", "--all", "--out", "/dev/null"], "/dev/null"),
    ],
)
def test_wrong_input(
    sounds: Any, arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == WRONG_INPUT
    said = capfd.readouterr().err
    assert message in said
    assert "Traceback" not in said


def test_sounds_in_metas_are_taken_and_muted_ones_only_on_request(sounds: Any) -> None:
    meta = sounds.new_meta("meta", 5, 1)
    sounds["one"].move_to_meta(meta)
    sounds["two"].mute = True
    assert main(["generate", "--all"]) == DONE
    assert [images(sounds), images(compat.strips(meta))] == [[], ["one Lipreel"]]
    assert main(["generate", "--all", "--muted"]) == DONE
    assert images(sounds) == ["two Lipreel"]


def test_only_muted_sounds(sounds: Any, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        sounds[name].mute = True
    assert main(["generate", "--all"]) == WRONG_INPUT
    assert "--muted" in capfd.readouterr().err


def test_a_scene_without_a_sound(scene: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--all"]) == WRONG_INPUT
    assert "there is no sound strip" in capfd.readouterr().err


def test_the_scene_is_asked_for_where_several_have_sounds(
    sounds: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Since 5.0 a file may not say which scene its Sequencer shows."""
    monkeypatch.setattr(compat, "chosen_sequencer_scene", lambda _: None)
    other = bpy.data.scenes.new("Second")
    assert main(["generate", "--all"]) == DONE
    compat.strips(other.sequence_editor_create()).new_sound("three", str(tmp_path / "talk.wav"), 1, 1)
    assert main(["generate", "--all"]) == WRONG_INPUT
    assert "Choose one of: Scene, Second" in capfd.readouterr().err
    assert main(["generate", "--all", "--scene", "Scene"]) == DONE


def test_a_file_that_blender_could_not_open(
    scene: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ["blender", "-b", "gone.blend", "--command", "lipreel", "generate", "--all"]
    monkeypatch.setattr("sys.argv", command)
    assert main(["generate", "--all"]) == WRONG_INPUT
    assert "gone.blend: Blender cannot open this file" in capfd.readouterr().err


def test_what_the_command_was_told_stays_with_the_strip(sounds: Any, tmp_path: Path) -> None:
    assert main(["generate", "--strip", "two", "--out", str(tmp_path / "elsewhere")]) == DONE
    assert sounds["two"].lipreel.output == str(tmp_path / "elsewhere")


def test_help_does_not_leave_blender(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--help"]) == DONE
    assert "--save-as" in capfd.readouterr().out


def test_ctrl_c_is_heard_where_blender_takes_it_for_itself(
    sounds: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def press(*_: object) -> bool:
        signal.raise_signal(signal.SIGINT)
        return False

    monkeypatch.setattr(type(queue), "tick", press)
    blenders = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        assert main(["generate", "--all"]) == INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, blenders)
    assert "the same command goes on" in capfd.readouterr().err


def test_an_interruption_and_a_defect(sounds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(queue), "tick", interrupt)
        assert main(["generate", "--all"]) == INTERRUPTED
    assert not queue.running
    monkeypatch.setattr("lipreel.addon.sequencer.strip_sound.StripSound.open", lambda _: 1 / 0)
    assert main(["generate", "--all"]) == DEFECT
