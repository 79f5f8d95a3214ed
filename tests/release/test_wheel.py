# SPDX-License-Identifier: GPL-3.0-or-later
"""The wheel of the engine: every file of it is in there, built as `pip install` builds it."""

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("LICENSE", "README.md", "__init__.py", "blender_manifest.toml", "py.typed", "pyproject.toml")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of what is in it."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in NAMES:
        shutil.copy(ROOT / name, folder / name)
    leave_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "engine", folder / "engine", ignore=leave_out)
    shutil.copytree(ROOT / "models", folder / "models", ignore=leave_out)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps"]
    command += ["--no-build-isolation", "--quiet", "--wheel-dir", str(folder / "built"), str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (file,) = (folder / "built").glob("lipreel-*.whl")
    with ZipFile(file) as archive:
        return set(archive.namelist())


def test_every_file_of_the_engine_is_in_the_wheel(wheel: set[str]) -> None:
    files = [
        path for path in (ROOT / "engine").rglob("*") if path.suffix in (".py", ".css", ".json", ".toml")
    ]
    expected = {f"lipreel/{path.relative_to(ROOT).as_posix()}" for path in files}
    assert {name for name in wheel if name.startswith("lipreel/engine/")} == expected


def test_avatars_and_types_are_in_the_wheel(wheel: set[str]) -> None:
    assert {"lipreel/py.typed", "lipreel/blender_manifest.toml", "lipreel/models/demo/avatar.toml"} <= wheel
    assert not [name for name in wheel if name.startswith(("lipreel/tests", "lipreel/models/recipe"))]
