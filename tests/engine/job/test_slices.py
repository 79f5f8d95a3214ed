# SPDX-License-Identifier: GPL-3.0-or-later
"""Slices of a job: the bytes and the record of the whole, made by several processes at once."""

import subprocess
import sys
from pathlib import Path

import pytest
from lipreel.engine.cli import main
from lipreel.engine.job.lock import ALL_FRAMES, locked
from lipreel.engine.job.record import read_record
from lipreel.tests.helpers import tiny

Said = pytest.CaptureFixture[str]
COMMAND = [sys.executable, "-m", "lipreel.engine.cli"]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command for 25 frames, but for the folder, which is to be added."""
    speech = tiny.save_sound(tmp_path_factory.mktemp("sound") / "speech.wav", 1)
    folder = tiny.make_avatar(tmp_path_factory.mktemp("avatars") / "tiny", silence='"hold"')
    return ["generate", str(speech), "--avatar", str(folder), "--quiet", "--out"]


@pytest.fixture(scope="module")
def whole(job: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("whole")
    assert main([*job, str(out)]) == 0
    return frames(out)


def frames(folder: Path) -> dict[str, bytes]:
    """All files but the record."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "lipreel.json"}


def test_slices_one_after_the_other(job: list[str], whole: dict[str, bytes], tmp_path: Path) -> None:
    assert main([*job, str(tmp_path), "--frames", "6:10"]) == 0
    assert sorted(frames(tmp_path)) == [f"frame_{number:06d}.png" for number in range(6, 11)]
    assert (read_record(tmp_path).frames, read_record(tmp_path).status) == (25, "running")
    assert main([*job, str(tmp_path), "--frames", "8:"]) == 0
    assert read_record(tmp_path).status == "running"
    assert main([*job, str(tmp_path), "--frames", "1:5"]) == 0
    assert read_record(tmp_path).status == "done"
    assert frames(tmp_path) == whole


def test_slices_at_the_same_time(job: list[str], whole: dict[str, bytes], tmp_path: Path) -> None:
    slices = ["1:8", "9:16", "17:"]
    jobs = [subprocess.Popen([*COMMAND, *job, str(tmp_path), "--frames", part]) for part in slices]
    assert [process.wait() for process in jobs] == [0, 0, 0]
    assert frames(tmp_path) == whole
    assert read_record(tmp_path).status == "done"


def test_a_slice_leaves_what_others_are_writing(job: list[str], tmp_path: Path) -> None:
    assert main([*job, str(tmp_path), "--frames", "1:2"]) == 0
    for number in (4, 20):
        (tmp_path / f".frame_{number:06d}.png.part").write_bytes(b"half")
    assert main([*job, str(tmp_path), "--frames", "3:5"]) == 0
    assert ".frame_000004.png.part" not in frames(tmp_path)
    assert ".frame_000020.png.part" in frames(tmp_path)


def test_a_second_run_is_refused_in_one_line(job: list[str], tmp_path: Path, capsys: Said) -> None:
    with locked(tmp_path, ALL_FRAMES):
        assert main([*job, str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "another run is at work" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "0:5", "5:4", "5", ":5", "a:b", "26:", "1:5 --overwrite"])
def test_slices_that_cannot_be(text: str, job: list[str], tmp_path: Path, capsys: Said) -> None:
    assert main([*job, str(tmp_path / "out"), "--frames", *(text.split() or [""])]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "out").exists()
