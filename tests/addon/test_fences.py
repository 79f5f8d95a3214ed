# SPDX-License-Identifier: GPL-3.0-or-later
"""What the add-on's files may import: Blender in some, and of the engine only what weighs nothing."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "addon").glob("*.py"))
WITHOUT_BLENDER = {
    "folders.py",
    "job.py",
    "libraries.py",
    "pairing.py",
    "placement.py",
    "shown.py",
    "strip_sound.py",
    "work.py",
}
LIGHT = {"..engine.errors", "..engine.image_size", "..engine.version"}


def imports(file: Path, *, at_top: bool) -> set[str]:
    """Modules that a file imports: at its top, or inside functions too; relative ones with their dots."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    nodes = tree.body if at_top else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found |= {"." * node.level + name for name in names}
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_only_light_parts_of_the_engine_are_imported_at_the_top(file: Path) -> None:
    heavy = {name for name in imports(file, at_top=True) if name.startswith("..")} - LIGHT
    assert not heavy


@pytest.mark.parametrize("name", sorted(WITHOUT_BLENDER))
def test_what_a_thread_runs_knows_no_blender(name: str) -> None:
    file = ROOT / "addon" / name
    assert not {module for module in imports(file, at_top=False) if module.split(".")[0] == "bpy"}
    siblings = {
        module[1:] for module in imports(file, at_top=False) if module.count(".") == 1 and module[0] == "."
    }
    assert {f"{sibling}.py" for sibling in siblings} <= WITHOUT_BLENDER


def test_the_manifest_agrees_with_the_package() -> None:
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert manifest["version"] == project["version"]
    assert manifest["blender_version_min"] == "4.2.0"
    assert list(manifest["permissions"]) == ["files"]
    for text in (manifest["tagline"], *manifest["permissions"].values()):
        assert len(text) <= 64
        assert not text.endswith(".")
