# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of the engine: each imports only from rooms below it, and every file has a room and a name."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "engine"

# From top to bottom; of two rooms in a row, the left may import the right.
FLOORS = (
    ("cli", "bench", "compare"),
    ("importing", "making", "optimise"),
    ("job",),
    ("frames",),
    ("painters",),
    ("mouth",),
    ("avatar",),
    ("features",),
    ("inference",),
    ("sound", "media"),
    ("runtime",),
    ("ground",),
)
ORDER = {room: (floor, place) for floor, rooms in enumerate(FLOORS) for place, room in enumerate(rooms)}
GROUND = {"__init__.py", "arrays.py", "errors.py", "frame_times.py", "version.py"}
FILES = sorted(path.relative_to(ENGINE) for path in ENGINE.rglob("*.py"))


def room_of(file: Path) -> str:
    return file.parts[0] if len(file.parts) > 1 else "ground"


def imported_rooms(file: Path) -> Iterator[str]:
    """The rooms that a file of the engine imports from, its own among them."""
    for node in ast.walk(ast.parse((ENGINE / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = file.parent.parts[: len(file.parent.parts) + 1 - node.level]
            path = (*folder, *(node.module or "").split(".")) if node.module else folder
            for target in [path] if path else [(alias.name,) for alias in node.names]:
                yield target[0] if (ENGINE / target[0]).is_dir() else "ground"


@pytest.mark.parametrize("file", [file for file in FILES if file.name != "__init__.py"], ids=str)
def test_a_room_imports_only_from_rooms_below_it(file: Path) -> None:
    own = ORDER[room_of(file)]
    assert not [room for room in imported_rooms(file) if ORDER[room] < own]


def test_the_test_sees_an_import_upwards() -> None:
    assert "job" in imported_rooms(Path("cli/generate.py"))
    assert ORDER["cli"] < ORDER["job"] < ORDER["frames"] < ORDER["sound"] < ORDER["media"] < ORDER["ground"]


def test_every_file_has_a_room() -> None:
    assert {file.name for file in FILES if len(file.parts) == 1} == GROUND
    assert {room_of(file) for file in FILES} <= set(ORDER)


def test_no_two_files_have_one_name() -> None:
    """But for the command line's: there, a file is called as its command."""
    files = [*FILES, *(path.relative_to(ROOT) for path in (ROOT / "addon").rglob("*.py"))]
    names = Counter(file.name for file in files if file.parts[0] != "cli" and file.name != "__init__.py")
    assert not [name for name, count in names.items() if count > 1]
