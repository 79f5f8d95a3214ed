# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine knows no Blender, and no library that pyproject.toml does not declare."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "engine"
FILES = sorted(path.relative_to(ENGINE) for path in ENGINE.rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MODULES = {
    "opencv-python-headless": "cv2",
    "dlib-bin": "dlib",
    "pillow": "PIL",
}  # the others are imported by their own names
EXTRAS = {  # which files may want which extra
    Path("media/video_writer.py"): "video",
    Path("sound/av_source.py"): "video",
    Path("media/av_frames.py"): "video",
    Path("media/video_reader.py"): "video",
    Path("job/cluster.py"): "cluster",
    Path("importing/detector.py"): "faces",
    Path("bench/workload.py"): "bench",
    Path("bench/baselines.py"): "bench",
    Path("bench/stand_in.py"): "bench",
    Path("optimise/graph.py"): "prepare",
    Path("optimise/nodes.py"): "prepare",
    Path("optimise/quantise.py"): "prepare",
    Path("optimise/rewrite.py"): "prepare",
    Path("optimise/row_scaling.py"): "prepare",
    Path("optimise/tiling.py"): "prepare",
    Path("importing/checkpoints.py"): "torch",
    Path("importing/torch_networks.py"): "torch",
}


def modules(requirements: list[str]) -> set[str]:
    """Top-level modules of requirements such as "numpy>=1.26"."""
    names = [re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower() for requirement in requirements]
    return {MODULES.get(name, name) for name in names}


ALLOWED = set(sys.stdlib_module_names) | modules(PROJECT["dependencies"])
OPTIONAL = {name: modules(needs) for name, needs in PROJECT["optional-dependencies"].items()}


def imports(source: str) -> Iterator[tuple[int, str]]:
    """Level and dotted name of every import in a file, lazy and dynamic ones too."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((0, alias.name) for alias in names)
            case ast.ImportFrom(module=module, level=level):
                yield level, module or ""
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(str(name)), *_],
            ):
                yield 0, name


def strangers(source: str, file: Path, allowed: set[str]) -> list[str]:
    """The imports of `source`, standing at `file` in the engine, that cross a fence."""
    crossing = []
    for level, name in imports(source):
        outside = name.partition(".")[0] not in allowed if level == 0 else level > len(file.parts)
        if outside:
            crossing.append("." * level + name)
    return crossing


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_import_is_declared(file: Path) -> None:
    allowed = ALLOWED | OPTIONAL[EXTRAS[file]] if file in EXTRAS else ALLOWED
    assert strangers((ENGINE / file).read_text(encoding="utf-8"), file, allowed) == []


def test_bpy_is_not_declared() -> None:
    assert "bpy" not in ALLOWED.union(*OPTIONAL.values())
    assert "numpy" in ALLOWED
    assert "cv2" in ALLOWED


@pytest.mark.parametrize(
    "source",
    [
        "import bpy",
        "import os, bpy.types",
        "from bpy.types import Operator",
        "def job():\n    import bpy",
        "if TYPE_CHECKING:\n    from bpy import context",
        "importlib.import_module('bpy')",
        "import_module('bpy.types')",
        "__import__('bpy')",
        "import av",
        "import lipreel.engine",  # the add-on is installed under another name
        "from .. import addon",
        "from ..addon import panel",
    ],
)
def test_the_fence_holds(source: str) -> None:
    assert strangers(source, Path("sound.py"), ALLOWED)


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("import json, numpy.typing\nfrom . import plan\nfrom .errors import InputError", "sound.py"),
        ("from .. import sound\nfrom ..errors import InputError", "cli/generate.py"),
    ],
)
def test_the_fence_has_doors(source: str, file: str) -> None:
    assert not strangers(source, Path(file), ALLOWED)
    assert strangers("from ...addon import panel", Path(file), ALLOWED)


@pytest.mark.parametrize("module", ["lipreel", "lipreel.engine", "lipreel.engine.errors"])
def test_the_front_door_is_light(module: str) -> None:
    """Blender imports the package whenever it starts, whether or not anyone will generate anything."""
    code = f"import sys; before = set(sys.modules); import {module}; print(*sys.modules.keys() - before)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & modules(PROJECT["dependencies"])


UNPACKERS = {"zipfile", "tarfile", "gzip", "bz2", "lzma", "pickle", "marshal", "shelve", "dill", "joblib"}


@pytest.mark.parametrize("file", FILES, ids=str)
def test_no_archive_is_opened_and_nothing_unpickled(file: Path) -> None:
    """What strangers give us is read by readers of images, sounds, videos, networks and texts alone.

    PyTorch's files are both archives and pickles: `torch.load` is to take weights, and nothing else.
    """
    source = (ENGINE / file).read_text(encoding="utf-8")
    assert not {name.partition(".")[0] for _, name in imports(source)} & UNPACKERS
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr="unpack_archive") | ast.keyword(arg="allow_pickle"):
                pytest.fail(f"line {node.lineno}")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr="load"), keywords=words):
                assert {word.arg: ast.unparse(word.value) for word in words}["weights_only"] == "True"
