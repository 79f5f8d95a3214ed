# SPDX-License-Identifier: GPL-3.0-or-later
"""Live: what is under the playhead as it would be made now, and nothing in the file changes."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import cv2
import numpy as np
import pytest
from lipreel.addon import compat
from lipreel.addon.jobs.live import live
from lipreel.addon.sequencer.layout import Layout, outline
from lipreel.tests.addon.in_blender.timelines import add_sound, files_of, generate, image_of

LEFT, LENGTH = 11, 50


@pytest.fixture
def talk(scene: Any, tmp_path: Path) -> Any:
    """A sound strip of an avatar that takes a mouth track, selected and without frames."""
    scene.lipreel.avatar = os.environ["LIPREEL_TINY_MOUTH"]
    speech = Path(__file__).parents[2] / "data" / "speech.wav"
    strip = add_sound(scene.sequence_editor, Path(shutil.copy(speech, tmp_path)), left=LEFT)
    strip.frame_final_end = LEFT + LENGTH
    strip.select = True
    return strip


@pytest.fixture(autouse=True)
def off_again() -> Iterator[None]:
    yield
    live.turn_off()
    assert not live.on
    assert live.view is None


def seen(frame: int | None = None, seconds: float = 60) -> Any:
    """What Live shows, once it has answered."""
    live.on = True
    if frame is not None:
        bpy.context.scene.frame_set(frame)
    limit = time.monotonic() + seconds
    while live.look(bpy.context) or (live.view is None and not live.note):
        assert time.monotonic() < limit, live.note
        time.sleep(0.01)
    return live.view


def colours(view: Any) -> Any:
    """As a file's pixels are, BGR."""
    return np.round(view.answer.colours[::-1, :, 2::-1] * 255).astype(np.uint8)


def made(scene: Any, frame: int) -> Any:
    file = files_of(image_of(scene))[frame - LEFT]
    return cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)


def test_frames_are_those_that_generate_makes(scene: Any, talk: Any, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    before = {strip.name for strip in compat.all_strips(scene.sequence_editor)}
    views = {frame: colours(seen(frame)) for frame in (30, 12, 60)}
    assert {strip.name for strip in compat.all_strips(scene.sequence_editor)} == before
    assert not (tmp_path / "lipreel").exists()
    generate(scene, talk)
    for frame, view in views.items():
        assert np.array_equal(view, made(scene, frame))


def test_a_correction_is_seen_as_it_is_made(scene: Any, talk: Any) -> None:
    heard = colours(seen(30))
    talk.lipreel_jaw = 0.8
    corrected = colours(seen())
    assert not np.array_equal(corrected, heard)
    talk.lipreel_jaw = 0.0
    for frame, value in ((28, 0.0), (30, 0.8), (32, 0.0)):
        talk.lipreel_jaw = value
        talk.keyframe_insert("lipreel_jaw", frame=frame)
    assert np.array_equal(colours(seen(30)), corrected)
    keyed = {frame: colours(seen(frame)) for frame in (29, 30, 33)}
    generate(scene, talk)
    for frame, view in keyed.items():
        assert np.array_equal(view, made(scene, frame))


@pytest.mark.parametrize("frame", [LEFT - 1, LEFT + LENGTH])
def test_beside_the_sound_nothing_is_seen(scene: Any, talk: Any, frame: int) -> None:
    assert seen(frame) is None
    assert "playhead is not over" in live.note
    talk.select = False
    scene.sequence_editor.active_strip = None
    assert seen(30) is None


def test_another_avatar_another_sound(scene: Any, talk: Any, tiny_avatar: str) -> None:
    one = colours(seen(30))
    talk.lipreel.avatar = tiny_avatar
    live._subject = None  # it is read anew twice a second
    other = colours(seen())
    assert other.shape != one.shape or not np.array_equal(other, one)
    talk.lipreel.avatar = str(Path(tiny_avatar) / "none")
    live._subject = None
    assert seen() is None
    assert "none" in live.note


def test_it_lies_where_the_strip_lies(scene: Any, talk: Any) -> None:
    scene.render.resolution_x, scene.render.resolution_y = 800, 900
    width, _ = seen(30).answer.size
    assert seen().layout == Layout(scale=(800 / width,) * 2)
    generate(scene, talk)
    image = image_of(scene)
    image.transform.offset_x, image.transform.rotation, image.use_flip_x = 40.0, 0.5, True
    image.crop.min_x, image.crop.max_y = 12, 7
    live._subject = None
    layout = seen(31).layout
    assert layout == Layout(
        scale=(image.transform.scale_x,) * 2,
        rotation=0.5,
        offset=(40.0, 0.0),
        flipped=(True, False),
        crop=(12, 0, 0, 7),
    )


def test_a_strip_that_was_never_generated_has_one_session(scene: Any, talk: Any) -> None:
    """It has no number yet, and would get another folder each time that it is looked at."""
    seen(30)
    session = live._session
    for _ in range(5):
        live._subject = None
        live.look(bpy.context)
    assert live._session is session


def test_a_dial_that_is_tried_beside_its_curve_is_seen(scene: Any, talk: Any) -> None:
    talk.lipreel_jaw = 0.0
    talk.keyframe_insert("lipreel_jaw", frame=30)
    scene.frame_set(30)
    heard = colours(seen(30))
    talk.lipreel_jaw = -1.0
    assert not np.array_equal(colours(seen()), heard)


def test_a_locked_image_and_an_unsaved_file_are_no_reason_not_to_look(scene: Any, talk: Any) -> None:
    generate(scene, talk)
    image_of(scene).lock = True
    live._subject = None
    assert seen(31) is not None


@pytest.mark.parametrize(
    "layout",
    [
        Layout(),
        Layout(scale=(2.0, 1.5), offset=(40.0, -25.0)),
        Layout(scale=(2.0, 1.5), rotation=0.7, offset=(-30.0, 12.0)),
        Layout(scale=(1.5, 2.5), rotation=-1.1, origin=(0.1, 0.8), flipped=(True, False)),
        Layout(scale=(3.0, 3.0), offset=(10.0, 25.0), flipped=(False, True)),
        Layout(scale=(2.0, 2.0), crop=(10, 25, 3, 8)),
        Layout(scale=(3.0, 4.0), rotation=0.4, offset=(140.0, 70.0), crop=(20, 0, 0, 5)),
        Layout(scale=(7.0, 9.0), rotation=-0.2, offset=(-50.0, 20.0)),
    ],
)
def test_it_is_outlined_as_blender_renders_it(scene: Any, tmp_path: Path, layout: Layout) -> None:
    """An image of four colours as a strip, and the same warped into its outline by OpenCV."""
    four = np.full((40, 80, 3), (40, 60, 220), np.uint8)
    four[:20, 40:], four[20:, :40], four[20:, 40:] = (60, 200, 60), (220, 90, 40), (70, 210, 230)
    cv2.imwrite(str(tmp_path / "four.png"), four)
    strip = compat.strips(scene.sequence_editor).new_image(
        name="four", filepath=str(tmp_path / "four.png"), channel=1, frame_start=1, fit_method="ORIGINAL"
    )
    transform = strip.transform
    transform.scale_x, transform.scale_y = layout.scale
    transform.offset_x, transform.offset_y = layout.offset
    transform.rotation, transform.origin = layout.rotation, layout.origin
    strip.use_flip_x, strip.use_flip_y = layout.flipped
    crop = strip.crop
    crop.min_x, crop.max_x, crop.min_y, crop.max_y = layout.crop
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = 320, 240, 100
    scene.view_settings.view_transform = "Standard"
    compat.set_png_output(render.image_settings)
    render.filepath = str(tmp_path / "rendered.png")
    scene.frame_set(1)
    bpy.ops.render.render(write_still=True)
    got = np.asarray(cv2.imread(render.filepath))
    corners = outline(layout, (80, 40), (320, 240))
    places = np.array([(160 + x, 120 - y) for (x, y), _ in corners], np.float32)
    parts = np.array([(80 * u, 40 - 40 * v) for _, (u, v) in corners], np.float32)
    # OpenCV counts from the middle of the first pixel, an outline from its edge.
    warp, _ = cv2.estimateAffine2D(parts - 0.5, places - 0.5)
    want = cv2.warpAffine(four, warp, (320, 240), flags=cv2.INTER_NEAREST)
    inside = np.zeros((240, 320), np.uint8)
    cv2.fillPoly(inside, [np.rint(places - 0.5).astype(np.int32)], 1)
    want[inside == 0] = 0
    assert (np.abs(got.astype(int) - want).max(axis=2) > 60).mean() < 0.03  # pixels at the edges alone
