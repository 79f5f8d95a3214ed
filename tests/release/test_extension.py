# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip: what is in it, that nothing is missing, and what Blender says of it."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from lipreel.engine.errors import InputError
from lipreel.release import pack as packing
from lipreel.release.__main__ import LOCK
from lipreel.release.contents import sources
from lipreel.release.pack import check, pack
from lipreel.tests.helpers import tiny

ROOT = Path(__file__).parents[2]
BLENDER = ROOT / "build" / "blender-4.5"
needs_blender = pytest.mark.skipif(
    not (BLENDER / "ready").exists(), reason="needs Blender as a Python module, which make test installs"
)

# A job by the add-on's own thread, and every module of the engine, from the unpacked zip alone.
JOB = """
import importlib, json, pathlib, sys
folder, out, avatar, missing = sys.argv[1:]
sys.path.insert(0, folder)
sys.modules.update(dict.fromkeys(json.loads(missing)))  # importing one of them now fails
import lipreel
assert lipreel.__file__.startswith(folder)
for file in pathlib.Path(folder, "lipreel", "engine").rglob("[!_]*.py"):
    parts = file.relative_to(folder).with_suffix("").parts
    importlib.import_module(".".join(parts))
import numpy, soundfile, soxr
from functools import partial
from lipreel.addon.jobs.background_job import BackgroundJob, State
from fractions import Fraction
from lipreel.addon.sequencer.strip_sound import StripSound
from lipreel.addon.jobs.engine_calls import Board, generate_frames
from lipreel.addon.sequencer.request import Request
file, all = pathlib.Path(out) / "sound.wav", range(13)
file.parent.mkdir()
soundfile.write(file, numpy.random.default_rng(1).uniform(-0.5, 0.5, 22050), 44100)
sound = StripSound("talk", file, None)
request = Request(sound, avatar, pathlib.Path(out, "frames"), all, all, Fraction(25), Fraction(0), 0, None)
job = BackgroundJob(partial(generate_frames, request, Board(), None))
job.start()
job.join()
assert job.poll().state is State.INSERTING, job.failure.report
print(job.result.frames)
"""


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A file that stands for a library: what is in it makes no difference here."""
    file = tmp_path / "thing-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"
    with ZipFile(file, "w") as archive:
        archive.writestr("thing.py", "")
    return file


@pytest.fixture
def extension(tmp_path: Path, wheel: Path) -> Path:
    file = tmp_path / "lipreel.zip"
    pack(ROOT, file, "linux-x64", [wheel])
    return file


def test_it_holds_what_blender_runs_and_no_more(extension: Path, wheel: Path) -> None:
    with ZipFile(extension) as archive:
        names = set(archive.namelist())
        manifest = tomllib.loads(archive.read("blender_manifest.toml").decode())
        assert (
            archive.read("addon/jobs/background_job.py")
            == (ROOT / "addon/jobs/background_job.py").read_bytes()
        )
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"__init__.py", "LICENSE", "blender_manifest.toml", "addon", "engine", "models", "wheels"}
    assert {name for name in names if name.startswith("wheels/")} == {f"wheels/{wheel.name}"}
    assert not [name for name in names if re.search("recipe|test|cli/|__pycache__", name)]
    assert manifest["wheels"] == [f"./wheels/{wheel.name}"]
    assert manifest["platforms"] == ["linux-x64"]
    plain = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert {key: manifest[key] for key in plain} == plain


def test_every_file_of_the_avatar_is_there() -> None:
    avatar = tomllib.loads((ROOT / "models/demo/avatar.toml").read_text(encoding="utf-8"))
    assert {f"models/demo/{name}" for name in avatar["files"]} <= set(sources(ROOT))


def test_the_same_files_give_the_same_zip(extension: Path, wheel: Path, tmp_path: Path) -> None:
    pack(ROOT, tmp_path / "again.zip", "linux-x64", [wheel])
    assert (tmp_path / "again.zip").read_bytes() == extension.read_bytes()


GUARDED = {  # imported where the library that they need is there, and never in Blender
    "engine/importing/torch_networks.py",
    "engine/job/mux.py",
    "engine/optimise/prepare_avatar.py",
    "engine/media/av_frames.py",
    "engine/sound/av_source.py",
}


def imported(name: str) -> Iterator[str]:
    """Files of the repository that a file of it imports, at its top or inside functions."""
    for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = (ROOT / name).parents[node.level - 1].joinpath(*(node.module or "").split("."))
            for file in (base.with_suffix(".py"), *(base / f"{alias.name}.py" for alias in node.names)):
                if file.is_file():
                    yield file.relative_to(ROOT).as_posix()


def test_whatever_it_imports_is_there() -> None:
    there = set(sources(ROOT))
    wanted = {file for name in there if name.endswith(".py") for file in imported(name)}
    assert {"addon/registration.py", "engine/errors.py", "engine/inference/session.py"} <= wanted
    assert wanted - there == GUARDED


def test_a_job_runs_with_the_libraries_of_the_zip_and_numpy(extension: Path, tmp_path: Path) -> None:
    carried = {entry["name"] for entry in tomllib.loads(LOCK.read_text(encoding="utf-8"))["packages"]}
    lines = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    left_out = set(re.findall(r"^([\w-]+)==", lines, re.MULTILINE)) - carried - {"numpy"}
    missing = [
        module
        for module, names in packages_distributions().items()
        if {name.lower().replace("_", "-") for name in names} & left_out
    ]
    assert {"flatbuffers", "packaging", "pycparser"} <= set(missing)
    with ZipFile(extension) as archive:
        archive.extractall(tmp_path / "unpacked" / "lipreel")
    avatar = tiny.make_avatar(tmp_path / "tiny")
    arguments = [str(tmp_path / "unpacked"), str(tmp_path / "out"), str(avatar), json.dumps(missing)]
    done = subprocess.run(
        [sys.executable, "-c", JOB, *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "13"  # ceil(0.5 s * 25)


@needs_blender
def test_blender_accepts_it(extension: Path) -> None:
    check(extension, BLENDER)


@needs_blender
def test_what_is_not_fit_is_refused(extension: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(packing, "LARGEST", 1)
        with pytest.raises(InputError, match="MB is the most"):
            check(extension, BLENDER)
    with ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("blender_manifest.toml", 'id = "lipreel"')
        archive.writestr("__init__.py", "")
    with pytest.raises(InputError, match="Blender does not accept it"):
        check(tmp_path / "bad.zip", BLENDER)


def test_without_blender_it_says_what_to_do(extension: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="make extension"):
        check(extension, tmp_path)
