# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that need Blender: run in a process of their own by tests/addon/test_blender.py."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if os.environ.get("LIPREEL_IN_BLENDER"):
    import bpy
    import lipreel

    # Blender 4.2 as a module cannot make sound strips; it can read a film that has one.
    if bpy.app.build_options.audaspace:
        collect_ignore = ["test_film.py"]
    else:
        collect_ignore = [
            f"test_{name}.py"
            for name in (
                "animators_file",
                "command",
                "copies",
                "cycles",
                "strip_direction",
                "flamenco",
                "frame_files",
                "generate",
                "live",
                "nothing_lost",
                "settings",
                "strangers",
                "strips",
                "torture",
            )
        ]
else:
    collect_ignore_glob = ["test_*.py"]

FPS = 25


@pytest.fixture(scope="session")
def tiny_avatar() -> str:
    """Folder of a tiny avatar; the process outside makes it, since that needs onnx."""
    return os.environ["LIPREEL_TINY_AVATAR"]


@pytest.fixture(autouse=True)
def lipreel_on() -> Iterator[None]:
    """An empty file and the add-on switched on."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    lipreel.register()
    yield
    lipreel.unregister()


@pytest.fixture
def scene(tmp_path: Path, tiny_avatar: str) -> Any:
    """The scene, at 25 frames a second, with the tiny avatar and an output folder."""
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = FPS, 1
    scene.sequence_editor_create()
    scene.lipreel.output = str(tmp_path / "out")
    scene.lipreel.avatar = tiny_avatar
    return scene
