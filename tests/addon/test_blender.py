# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the tests in in_blender/ with Blender's own Python module, in a process of their own.

A Python that has it is looked for in LIPREEL_BPY_PYTHON, then in .venv-bpy (`make blender`).
"""

import os
import subprocess
from pathlib import Path

import pytest
import tiny

ROOT = Path(__file__).parents[2]
VENV = ROOT / ".venv-bpy"
TESTS = Path(__file__).with_name("in_blender")

# bpy may hang when the interpreter ends in good order: leave it no time to.
RUN = """
import os, sys
sys.path.insert(0, sys.argv.pop(1))
import bpy, pytest
print("Blender", bpy.app.version_string)
status = pytest.main(sys.argv[1:])
sys.stdout.flush()
os._exit(status)
"""


def python_with_bpy() -> str | None:
    """The Python to use, or None."""
    if named := os.environ.get("LIPREEL_BPY_PYTHON"):
        return named
    inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    whole = (VENV / "blender.stamp").exists()  # the last thing that `make blender` writes
    return str(VENV / inside) if whole else None


@pytest.mark.skipif(python_with_bpy() is None, reason="needs Blender as a Python module: make blender")
def test_in_blender(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "lipreel").symlink_to(ROOT)
    environment = {
        **os.environ,
        "LIPREEL_IN_BLENDER": "1",
        "LIPREEL_TINY_AVATAR": str(tiny.make_avatar(tmp_path / "tiny")),
        "BLENDER_USER_RESOURCES": str(tmp_path / "user"),
    }
    arguments = ["-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT), f"--basetemp={tmp_path / 'tests'}"]
    command = [str(python_with_bpy()), "-c", RUN, str(tmp_path / "package"), *arguments, str(TESTS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
