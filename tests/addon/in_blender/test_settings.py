# SPDX-License-Identifier: GPL-3.0-or-later
"""What a strip is made with belongs to the strip; the scene's settings are what new ones begin with."""

from pathlib import Path
from typing import Any

import bpy
import pytest
from lipreel.addon import compat
from lipreel.addon.sequencer import image_strips
from lipreel.addon.sequencer.targets import stale
from lipreel.addon.ui.command import DONE, main
from lipreel.tests.addon.in_blender.timelines import (
    add_sound,
    files_of,
    generate,
    image_of,
    images,
    save_noise,
)


@pytest.fixture
def two(scene: Any, tmp_path: Path) -> tuple[Any, Any]:
    """Two sound strips of a dialogue, half a second each."""
    sound = save_noise(tmp_path / "talk.wav", 0.5)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    editor = scene.sequence_editor
    return add_sound(editor, sound, "one", 1, 1), add_sound(editor, sound, "two", 1, 101)


def test_a_strip_shows_the_scenes_settings_until_it_has_its_own(scene: Any, two: Any) -> None:
    one, other = two
    scene.lipreel.format, scene.lipreel.quality = "jpg", 50
    assert (one.lipreel.format, one.lipreel.quality) == ("jpg", 50)
    one.lipreel.format = "png"
    assert (one.lipreel.format, other.lipreel.format, scene.lipreel.format) == ("png", "jpg", "jpg")
    generate(scene, other)
    scene.lipreel.format, scene.lipreel.fit = "png", "FILL"
    assert (other.lipreel.format, other.lipreel.fit) == ("jpg", "FIT")  # Generate has settled it
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    strips = {strip.name: strip for strip in compat.strips(bpy.context.scene.sequence_editor)}
    assert (strips["one"].lipreel.format, strips["two"].lipreel.format) == ("png", "jpg")
    assert strips["one"].lipreel.quality == 50


@pytest.mark.parametrize("how", ["selected", "all"])
def test_two_characters_in_a_dialogue(scene: Any, two: Any, how: str, tmp_path: Path) -> None:
    one, other = two
    other.lipreel.avatar = "demo"
    if how == "selected":
        generate(scene, one, other)
    else:
        assert main(["generate", "--all"]) == DONE
    sizes = [image.elements[0].orig_width for image in images(scene)]
    assert sizes == [400, 1280]


def test_copy_to_selected(scene: Any, two: Any) -> None:
    one, other = two
    other.lipreel.overlay, other.lipreel_lead = True, 3
    scene.sequence_editor.active_strip = other
    one.select = other.select = True
    bpy.ops.lipreel.copy_settings()
    assert (one.lipreel.overlay, one.lipreel_lead) == (True, 3)


def test_lead_moves_the_mouth_and_not_the_head(scene: Any, two: Any, tmp_path: Path) -> None:
    """What leads by 2 frames says now what the other says 2 frames later."""
    one, other = two
    other.lipreel_lead = 2
    generate(scene, one, other)
    plain, leading = images(scene)
    first, second = ([file.read_bytes() for file in files_of(image)] for image in (plain, leading))
    assert first != second
    # The tiny avatar's template is one image long enough to hide nothing: see test_clip for the exact rule.
    assert len(first) == len(second) == 13


@pytest.mark.parametrize(
    "change",
    ["trim", "move", "fps", "avatar", "option", "lead", "image moved", "neighbour"],
)
def test_what_makes_a_strip_stale_and_update_mends_it(
    scene: Any, two: Any, tmp_path: Path, change: str
) -> None:
    one, _ = two
    generate(scene, one)
    image = image_of(scene)
    assert not stale(scene, [one])
    if change == "trim":
        one.frame_final_end -= 2
    elif change == "move":
        one.frame_start += 7
    elif change == "fps":
        scene.render.fps = 30
    elif change == "avatar":
        one.lipreel.avatar = "demo"
    elif change == "option":
        one.lipreel.format = "jpg"
    elif change == "lead":
        one.lipreel_lead = -1
    elif change == "image moved":
        image.frame_start += 9
    else:
        right = one.split(frame=6, split_method="SOFT")
        image.split(frame=6, split_method="SOFT")
        right.frame_start += 10
        image = image_strips.own_strip(one, scene)
    assert stale(scene, [one])
    generate(scene, one)
    image = image_strips.own_strip(one, scene)
    assert not stale(scene, [one])
    assert compat.ends(image) == compat.ends(one)
    files_of(image)


def test_another_size_is_fitted_unless_the_user_has_laid_it_out(scene: Any, two: Any) -> None:
    one, other = two
    scene.render.resolution_x, scene.render.resolution_y = 800, 600
    generate(scene, one, other)
    first, second = images(scene)
    assert first.transform.scale_x == first.transform.scale_y == 2.0
    second.transform.scale_x = 1.25
    one.lipreel.avatar = other.lipreel.avatar = "demo"
    generate(scene, one, other)
    assert {element.orig_width for image in images(scene) for element in image.elements} == {1280}
    assert first.transform.scale_x == pytest.approx(800 / 1280)
    assert second.transform.scale_x == 1.25


@pytest.mark.parametrize(
    ("fit", "scale"), [("FIT", (0.5, 0.5)), ("FILL", (2.0, 2.0)), ("ORIGINAL", (1.0, 1.0))]
)
def test_fit_is_blenders_own(scene: Any, two: Any, fit: str, scale: tuple[float, float]) -> None:
    """A portrait of 200 x 600 for images of 400 x 300."""
    one, _ = two
    scene.render.resolution_x, scene.render.resolution_y = 200, 600
    scene.lipreel.fit = fit
    generate(scene, one)
    transform = image_of(scene).transform
    assert (transform.scale_x, transform.scale_y) == scale
