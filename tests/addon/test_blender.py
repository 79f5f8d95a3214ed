# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the tests in in_blender/ with Blender's own Python module, in a process of their own for each version.

`make test` puts Blender 4.5 into build/, `make test-all` others too; LIPREEL_BPY_PYTHON names one elsewhere.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
from lipreel.engine.bench.addon import PYTHON, import_ms
from lipreel.tests.helpers import flamenco, packages, tiny

ROOT = Path(__file__).parents[2]
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


def pythons_with_bpy() -> list[Path]:
    """Those that there are."""
    if named := os.environ.get("LIPREEL_BPY_PYTHON"):
        return [Path(named)]
    inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    # "ready" is the last thing that make writes there.
    return [ready.parent / inside for ready in sorted(ROOT.glob("build/blender-*/ready"))]


# Blender 4.2 as a module has no Audaspace and makes no sound strips: it is given a film that has one.
FILM = """
import bpy, os, sys
bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene
scene.render.fps = 25
strip = scene.sequence_editor_create().strips.new_sound("talk", sys.argv[1], 1, 11)
strip.frame_final_start, strip.frame_final_end = 21, 41
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[2])
sys.stdout.flush()
os._exit(0)
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by the newest Blender that 4.2 is sure to understand."""
    python = next(
        (p for p in pythons_with_bpy() if p.parents[1].name == "blender-4.5"), pythons_with_bpy()[0]
    )
    folder = tmp_path_factory.mktemp("film")
    sound = tiny.save_sound(folder / "talk.wav", 2.0)
    command = [str(python), "-c", FILM, str(sound), str(folder / "film.blend")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder / "film.blend"


def trembling(folder: Path) -> Path:
    """A digital-clone package whose face stands still, and whose squares do not."""
    squares = [(100 + index % 2, 60 + index // 2 % 2, 160 - index % 2) for index in range(12)]
    return packages.make_clone(folder, pictures=[packages.face(0)] * 12, squares=squares)


@pytest.mark.skipif(not pythons_with_bpy(), reason="needs Blender as a Python module: make test gets it")
@pytest.mark.parametrize("python", pythons_with_bpy(), ids=lambda python: python.parents[1].name)
def test_in_blender(python: Path, film: Path, tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "lipreel").symlink_to(ROOT)
    environment = {
        **os.environ,
        "LIPREEL_IN_BLENDER": "1",
        "LIPREEL_TINY_AVATAR": str(tiny.make_avatar(tmp_path / "tiny")),
        "LIPREEL_TINY_MOUTH": str(tiny.make_avatar(tmp_path / "mouth", "mouth")),
        "LIPREEL_TREMBLING": str(trembling(tmp_path / "Dora")),
        "LIPREEL_FILM": str(film),
        "LIPREEL_FLAMENCO": json.dumps(flamenco.job_type()),
        "BLENDER_USER_RESOURCES": str(tmp_path / "user"),
        # Else glibc gives each thread a heap of its own, whose leftovers look like a leak.
        "MALLOC_ARENA_MAX": "1",
    }
    arguments = ["-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT), f"--basetemp={tmp_path / 'tests'}"]
    command = [str(python), "-c", RUN, str(tmp_path / "package"), *arguments, str(TESTS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not pythons_with_bpy(), reason="needs Blender as a Python module: make test gets it")
def test_the_bench_measures_the_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PYTHON, raising=False)
    assert import_ms(1, tmp_path) is None
    monkeypatch.setenv(PYTHON, str(pythons_with_bpy()[0]))
    milliseconds = import_ms(1, tmp_path)
    assert milliseconds is not None
    assert 1 < milliseconds < 60_000
    assert list(tmp_path.rglob("registration.*.pyc"))
