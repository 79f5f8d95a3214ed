# SPDX-License-Identifier: GPL-3.0-or-later
"""Switched on, off and on again."""

import subprocess
import sys
from pathlib import Path

import bpy
import lipreel
import pytest
from lipreel.addon.registration import CLASSES

HANDLERS = ("render_init", "render_complete", "render_cancel", "load_pre")


def traces() -> list[str]:
    """What of Lipreel Blender knows."""
    found = [name for name in dir(bpy.types) if "lipreel" in name.lower()]
    found += [f"ops.{name}" for name in dir(bpy.ops.lipreel)]
    found += ["scene.lipreel"] if hasattr(bpy.types.Scene, "lipreel") else []
    for name in HANDLERS:
        handlers = getattr(bpy.app.handlers, name)
        found += [name for handler in handlers if "lipreel" in handler.__module__]
    return found


def test_off_leaves_nothing_behind() -> None:
    on = traces()
    assert len(on) >= len(CLASSES)
    lipreel.unregister()
    assert traces() == []
    lipreel.register()
    assert traces() == on


def test_every_property_and_operator_is_described() -> None:
    for cls in CLASSES:
        for prop in cls.bl_rna.properties:
            if prop.identifier in getattr(cls, "__annotations__", {}):
                assert prop.description, prop.identifier
        if issubclass(cls, bpy.types.Operator):
            assert cls.bl_description
            assert not cls.bl_description.endswith(".")


def test_switching_on_loads_nothing_heavy() -> None:
    if bpy.app.binary_path:
        pytest.skip("needs Blender as a Python module")
    package = str(Path(lipreel.__path__[0]).parent)
    code = (
        "import os, sys; import bpy; sys.path.insert(0, sys.argv[1]); import lipreel; lipreel.register();"
        "print(*[name for name in ('cv2', 'onnxruntime', 'soundfile', 'soxr') if name in sys.modules]);"
        "sys.stdout.flush(); os._exit(0)"
    )
    command = [sys.executable, "-c", code, package]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""
