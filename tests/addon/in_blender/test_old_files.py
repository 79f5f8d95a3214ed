# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that Lipreel 0.1 saved, with strips that were cut, renamed and copied since."""

import shutil
from pathlib import Path
from typing import Any

import bpy
import pytest
from lipreel.addon import compat
from lipreel.addon.sequencer import image_strips, numbers, targets
from lipreel.addon.ui.command import DONE, main
from lipreel.tests.addon.in_blender.timelines import facts, files_of, images

DATA = Path(__file__).parents[2] / "data" / "film-0.1"


@pytest.fixture
def film(tmp_path: Path, tiny_avatar: str) -> Any:
    """The scene of a copy of such a file."""
    shutil.copytree(DATA, tmp_path / "film")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "film" / "film.blend"))
    return bpy.context.scene


def old_files(folder: Path) -> dict[str, bytes]:
    """What 0.1 has left."""
    found = [file for name in ("talk", "other", "third") for file in (folder / "lipreel" / name).rglob("*")]
    return {str(file): file.read_bytes() for file in found if file.is_file()}


def test_opening_changes_nothing(film: Any) -> None:
    assert film.lipreel.avatar == "tiny-avatar"
    assert film.lipreel.format == "jpg"
    for strip in compat.all_strips(film.sequence_editor):
        assert numbers.number_of(strip) is None
        if strip.type == "SOUND":
            assert (strip.lipreel.avatar, strip.lipreel.format) == ("tiny-avatar", "jpg")
            assert not targets.stale(film, [strip])


def test_every_sound_finds_its_own_strip(film: Any) -> None:
    assert image_strips.pairs(film) == {
        "talk": "talk Lipreel",
        "talk.001": "talk Lipreel.001",
        "Interview": "other Lipreel",
        "third": "third Lipreel",
        "third.001": "third Lipreel.001",
    }


def test_generate_keeps_the_strips_and_the_old_frames(film: Any, tmp_path: Path, tiny_avatar: str) -> None:
    before, old = facts(film), old_files(tmp_path / "film")
    film.lipreel.avatar = tiny_avatar
    assert main(["generate", "--all", "--save"]) == DONE
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "film" / "film.blend"))
    film = bpy.context.scene
    after = facts(film)
    assert set(after) == set(before)
    for name, seen in before.items():
        new = {**after[name], "custom": None, "directory": None, "elements": None}
        content = {
            key: value for key, value in new.items() if "offset" in key or "start" in key or "dur" in key
        }
        assert {**new, **content} == {**seen, "custom": None, "directory": None, "elements": None} | content
    assert {name: (seen["channel"], seen["transform"]) for name, seen in after.items() if "transform" in seen}
    ends = {strip.name: compat.ends(strip) for strip in compat.all_strips(film.sequence_editor)}
    for sound, image in image_strips.pairs(film).items():
        assert ends[sound] == ends[image]
    assert old_files(tmp_path / "film") == old
    folders = {image_strips.folder_of(image) for image in images(film)}
    assert len(folders) == 5  # each got a number of its own
    for image in images(film):
        assert image_strips.folder_of(image).parent == tmp_path / "film" / "lipreel" / "film"
        assert all(file.name.startswith("frame_") and "-" in file.name for file in files_of(image))
    halves = [files_of(image) for image in images(film)[:2]]
    moments = [int(file.name[6:12]) for half in halves for file in half]
    assert moments == list(range(1, 13))
