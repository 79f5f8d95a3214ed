# SPDX-License-Identifier: GPL-3.0-or-later
"""The chooser of avatars, and the import into it."""

import os
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import bpy
import pytest
from lipreel.addon.characters import avatars
from lipreel.addon.jobs.queue import queue


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of avatars: preferences are only there for an installed extension."""
    folder = tmp_path / "avatars"
    for module in ("characters.avatars", "ui.operators"):
        monkeypatch.setattr(f"lipreel.addon.{module}.avatars_folder", lambda _: folder)
    return folder


def choices(scene: Any) -> dict[str, str]:
    return {item[0]: item[1] for item in avatars.items(bpy.context, scene.lipreel.avatar)}


def test_the_built_in_avatar_has_its_name_and_picture(scene: Any) -> None:
    scene.lipreel.avatar = "demo"
    assert choices(scene) == {"demo": "Mina"}
    (entry,) = avatars.entries(bpy.context)
    assert entry.picture
    assert entry.picture.is_file()
    assert scene.lipreel.avatar_choice == "demo"


def test_an_avatar_that_is_gone_stays_chosen(scene: Any, tmp_path: Path) -> None:
    scene.lipreel.avatar = str(tmp_path / "robin")
    assert scene.lipreel.avatar_choice == str(tmp_path / "robin")
    assert choices(scene)[str(tmp_path / "robin")] == "robin (missing)"
    scene.lipreel.avatar_choice = "demo"
    assert scene.lipreel.avatar == "demo"


def test_import_copies_and_chooses(scene: Any, tiny_avatar: str, library: Path) -> None:
    scene.lipreel.avatar = "demo"
    for _ in range(2):  # the second finds it there
        bpy.ops.lipreel.import_avatar(directory=tiny_avatar)
        assert scene.lipreel.avatar == str(library / "tiny")
    assert choices(scene) == {"demo": "Mina", str(library / "tiny"): "Tiny"}
    assert [folder.name for folder in library.iterdir()] == ["tiny"]


@pytest.mark.parametrize("smooth", [False, True])
def test_import_of_another_system_steadies_squares_on_request(
    scene: Any, library: Path, smooth: bool
) -> None:
    bpy.ops.lipreel.import_avatar(directory=os.environ["LIPREEL_TREMBLING"], smooth_squares=smooth)
    assert scene.lipreel.avatar == str(library / "Dora")
    lefts = [line.split(",")[0] for line in (library / "Dora" / "squares.csv").read_text().splitlines()]
    jumps = sum(one != other for one, other in pairwise(lefts))
    assert jumps <= 1 if smooth else jumps == 11
    assert queue.job is not None
    words = "were smoothed" if smooth else "in Blender Smooth Squares"
    assert words in queue.job.note()


def test_what_is_no_avatar_is_refused(scene: Any, tiny_avatar: str, library: Path, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="is nothing that can be imported"):
        bpy.ops.lipreel.import_avatar(directory=str(tmp_path))
    half = shutil.copytree(tiny_avatar, tmp_path / "half")
    (half / "generator.onnx").unlink()
    with pytest.raises(RuntimeError, match=r"generator\.onnx"):
        bpy.ops.lipreel.import_avatar(directory=str(half))
    assert not library.exists()
    assert len(queue.failures) == 1


def test_a_broken_file_is_still_listed(scene: Any, library: Path) -> None:
    (library / "broken").mkdir(parents=True)
    (library / "broken" / "avatar.toml").write_text("name = ")
    assert choices(scene)[str(library / "broken")] == "broken (cannot be read)"
