# SPDX-License-Identifier: GPL-3.0-or-later
"""What the add-on's files may import: Blender in some, and of the engine only what weighs nothing."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(path.relative_to(ROOT / "addon") for path in (ROOT / "addon").rglob("*.py"))
WITHOUT_BLENDER = {
    "jobs/background_job.py",
    "jobs/engine_calls.py",
    "jobs/libraries.py",
    "jobs/live_frames.py",
    "sequencer/folders.py",
    "sequencer/layout.py",
    "sequencer/pairing.py",
    "sequencer/placement.py",
    "sequencer/request.py",
    "sequencer/shown.py",
    "sequencer/strip_sound.py",
}
LIGHT = {
    "engine.errors",
    "engine.job.frame_names",
    "engine.media.image_size",
    "engine.runtime.cores",
    "engine.runtime.parser",
    "engine.runtime.remembered",
    "engine.version",
}


def imports(file: Path, *, at_top: bool) -> set[str]:
    """Modules that a file of the add-on imports, at its top or in functions too; ours from the root on."""
    tree = ast.parse((ROOT / "addon" / file).read_text(encoding="utf-8"))
    nodes = tree.body if at_top else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module))
        elif isinstance(node, ast.ImportFrom):
            folder = ("addon", *file.parent.parts)[: len(file.parts) + 1 - node.level]
            names = [node.module] if node.module else []
            whole = [".".join((*folder, *names))] if node.module else []
            parts = [".".join((*folder, *names, alias.name)) for alias in node.names]
            found |= {
                part for part in parts if (ROOT / part.replace(".", "/")).with_suffix(".py").is_file()
            } or set(whole)
    return found


@pytest.mark.parametrize("file", FILES, ids=str)
def test_only_light_parts_of_the_engine_are_imported_at_the_top(file: Path) -> None:
    heavy = {name for name in imports(file, at_top=True) if name.startswith("engine.")} - LIGHT
    assert not heavy


@pytest.mark.parametrize("name", sorted(WITHOUT_BLENDER))
def test_what_a_thread_runs_knows_no_blender(name: str) -> None:
    found = imports(Path(name), at_top=False)
    assert not {module for module in found if module.split(".")[0] == "bpy"}
    ours = {module.removeprefix("addon.") for module in found if module.startswith("addon.")}
    assert {f"{module.replace('.', '/')}.py" for module in ours} <= WITHOUT_BLENDER


# From top to bottom: each imports only from rooms below it.
ROOMS = ("registration", "ui", "jobs", "sequencer", "characters", "extension", "compat")


def room_of(module: str) -> str:
    """The room of a module of the add-on, such as "addon.ui.panel"; of the ground, the module itself."""
    return module.split(".")[1]


@pytest.mark.parametrize("file", [file for file in FILES if file.name != "__init__.py"], ids=str)
def test_a_room_imports_only_from_rooms_below_it(file: Path) -> None:
    own = ROOMS.index(room_of(f"addon.{file.with_suffix('').as_posix().replace('/', '.')}"))
    others = {room_of(module) for module in imports(file, at_top=False) if module.startswith("addon.")}
    assert not {room for room in others if ROOMS.index(room) < own}


def test_the_manifest_agrees_with_the_package() -> None:
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert manifest["version"] == project["version"]
    assert manifest["blender_version_min"] == "4.2.0"
    assert list(manifest["permissions"]) == ["files"]
    for text in (manifest["tagline"], *manifest["permissions"].values()):
        assert len(text) <= 64
        assert not text.endswith(".")
