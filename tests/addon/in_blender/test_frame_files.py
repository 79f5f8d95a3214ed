# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames on disk: cleared away on request, copied for other programs, and laid under an overlay."""

import json
from pathlib import Path
from typing import Any

import bpy
import pytest
from lipreel.addon import compat
from lipreel.addon.sequencer import frame_files
from lipreel.tests.addon.in_blender.timelines import (
    add_sound,
    files_of,
    generate,
    image_of,
    images,
    save_noise,
)

LENGTH = 25


@pytest.fixture
def talk(scene: Any, tmp_path: Path) -> Any:
    """A sound strip of a second with its image, in a file that is saved."""
    sound = save_noise(tmp_path / "talk.wav", 1)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    scene.lipreel.output = ""
    strip = add_sound(scene.sequence_editor, sound, channel=2)
    bpy.ops.lipreel.generate()
    return strip


def soften(sound: Any) -> None:
    """Give it other frames."""
    sound.lipreel.own_edge, sound.lipreel.feather = True, 30.0


def test_only_what_no_strip_shows_is_cleared_away(scene: Any, talk: Any, tmp_path: Path) -> None:
    old = files_of(image_of(scene))
    soften(talk)
    generate(scene, talk)
    shown = {file: file.read_bytes() for file in files_of(image_of(scene))}
    bytes_of_old = {file.name: file.read_bytes() for file in old}
    found = frame_files.unused()
    assert set(found.files) == set(old)
    assert found.bytes == sum(map(len, bytes_of_old.values()))
    bpy.ops.lipreel.remove_unused()
    assert not any(file.exists() for file in old)
    assert {file: file.read_bytes() for file in files_of(image_of(scene))} == shown
    removed = tmp_path / "lipreel" / "removed" / old[0].parent.name
    assert {file.name: file.read_bytes() for file in removed.iterdir()} == bytes_of_old
    assert frame_files.unused().files == ()
    # The same frames, made again and not shown again, do not overwrite those that were removed.
    talk.lipreel.own_edge = False
    generate(scene, talk)
    soften(talk)
    generate(scene, talk)
    bpy.ops.lipreel.remove_unused()
    assert len(list(removed.iterdir())) == 2 * LENGTH


def test_a_folder_that_another_file_shows_too_is_left_alone(scene: Any, talk: Any, tmp_path: Path) -> None:
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film2.blend"))
    soften(talk)
    generate(scene, talk)
    found = frame_files.unused()
    assert (found.files, found.kept_for) == ((), ("film.blend",))
    (tmp_path / "film.blend").unlink()
    assert len(frame_files.unused().files) == LENGTH


def test_saving_is_written_into_the_record(scene: Any, talk: Any, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film2.blend"))
    record = json.loads((files_of(image_of(scene))[0].parent / "lipreel.json").read_text())
    assert set(record["blends"]) == {str(tmp_path / "film.blend"), str(tmp_path / "film2.blend")}


def test_a_plain_sequence_for_other_programs(scene: Any, talk: Any, tmp_path: Path) -> None:
    image = image_of(scene)
    image.frame_final_start += 5
    target = tmp_path / "plain"
    bpy.ops.lipreel.copy_sequence(directory=str(target))
    names = [f"frame_{number:06d}.png" for number in range(1, LENGTH - 4)]
    assert sorted(file.name for file in target.iterdir()) == names
    assert [(target / name).read_bytes() for name in names] == [f.read_bytes() for f in files_of(image)]
    bpy.ops.lipreel.copy_sequence(directory=str(target))  # there is something in it: a new one inside
    (inside,) = [path for path in target.iterdir() if path.is_dir()]
    assert sorted(file.name for file in inside.iterdir()) == names


def test_a_plate_lies_under_its_overlay(scene: Any, talk: Any, tmp_path: Path, tiny_avatar: str) -> None:
    """Overlay and plate together are what is made without overlay."""
    whole = [pixels(file) for file in files_of(image_of(scene))]
    bpy.ops.lipreel.remove()
    talk.lipreel.overlay = True
    talk.frame_final_start += 3
    generate(scene, talk)
    overlay = image_of(scene)
    bpy.ops.lipreel.insert_plate()
    plate = next(image for image in images(scene) if image != overlay)
    assert (plate.channel, overlay.channel) == (3, 4)
    assert compat.ends(plate) == compat.ends(overlay) == compat.ends(talk)
    mixed = [
        over(pixels(top, 4), pixels(below))
        for top, below in zip(files_of(overlay), files_of(plate), strict=True)
    ]
    for got, want in list(zip(mixed, whole[3:], strict=True))[13:]:  # hears less at its beginning
        assert abs(got - want).max() <= 1.01 / 255


def pixels(file: Path, depth: int = 3) -> Any:
    import numpy as np

    image = bpy.data.images.load(str(file))
    return np.array(image.pixels).reshape(*image.size, 4)[..., :depth]


def over(top: Any, below: Any) -> Any:
    alpha = top[..., 3:]
    return top[..., :3] * alpha + below * (1 - alpha)


def test_set_end_frame(scene: Any, talk: Any) -> None:
    scene.frame_end = 20
    bpy.ops.lipreel.set_end_frame()
    assert scene.frame_end == compat.ends(talk)[1] - 1
    assert not bpy.ops.lipreel.set_end_frame.poll()
