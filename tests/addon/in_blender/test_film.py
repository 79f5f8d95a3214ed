# SPDX-License-Identifier: GPL-3.0-or-later
"""The main path where Blender can make no sound strip of its own: with a film of a newer version."""

import os
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from lipreel.addon import compat
from lipreel.addon.sequencer import sound_strips
from lipreel.addon.ui.command import DONE, WRONG_INPUT, main
from lipreel.tests.addon.in_blender.timelines import files_of


@pytest.fixture
def film(tmp_path: Path, tiny_avatar: str) -> Any:
    """The scene of the film that test_blender.py makes, copied into a folder of its own."""
    copy = tmp_path / "film.blend"
    bpy.ops.wm.open_mainfile(filepath=os.environ["LIPREEL_FILM"])
    bpy.ops.wm.save_as_mainfile(filepath=str(copy))
    bpy.context.scene.lipreel.avatar = tiny_avatar
    return bpy.context.scene


def own(scene: Any) -> list[Any]:
    return [strip for strip in compat.strips(scene.sequence_editor) if strip.type == "IMAGE"]


def test_the_strip_lies_above_its_sound_and_is_seen(film: Any, tmp_path: Path) -> None:
    assert bpy.ops.lipreel.generate() == {"FINISHED"}
    (image,) = own(film)
    (sound,) = sound_strips.all_sounds(film)
    assert (compat.times(image).left, compat.times(image).right) == (21, 41)
    assert {(element.orig_width, element.orig_height) for element in image.elements} == {(400, 300)}
    assert (sound.channel, image.channel, image.name) == (1, 2, "talk Lipreel")
    film.render.resolution_x, film.render.resolution_y, film.render.resolution_percentage = 400, 300, 100
    bpy.ops.lipreel.remove()
    bpy.ops.lipreel.generate()  # once more, fitted to this size
    (image,) = own(film)
    film.view_settings.view_transform = "Standard"
    compat.set_png_output(film.render.image_settings)
    film.render.filepath = str(tmp_path / "rendered.png")
    film.frame_set(25)
    bpy.ops.render.render(write_still=True)
    got, want = pixels(tmp_path / "rendered.png"), pixels(files_of(image)[4])
    assert np.abs(got - want).max() < 2 / 255


def pixels(file: Path) -> Any:
    image = bpy.data.images.load(str(file))
    return np.array(image.pixels).reshape(*image.size, 4)[..., :3]


def test_a_preview_and_removal(film: Any) -> None:
    film.frame_set(30)
    bpy.ops.lipreel.preview_frame()
    assert [strip.name for strip in own(film)] == ["talk Preview"]
    bpy.ops.lipreel.generate()
    assert [strip.name for strip in own(film)] == ["talk Lipreel"]
    bpy.ops.lipreel.remove()
    assert own(film) == []


def test_the_command_line(film: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--all", "--save"]) == DONE
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    assert len(own(bpy.context.scene)[0].elements) == 20
    assert main(["generate", "--strip", "nothing"]) == WRONG_INPUT
    assert "There are: talk" in capfd.readouterr().err
