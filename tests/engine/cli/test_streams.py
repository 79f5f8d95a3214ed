# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a job when nobody reads what it prints, or nothing can be printed; and who prints."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from lipreel.tests.helpers import tiny

COMMAND = [sys.executable, "-m", "lipreel.engine.cli"]
FULL = Path("/dev/full")

on_posix = pytest.mark.skipif(os.name == "nt", reason="closed pipes and descriptors are told otherwise there")
with_full_device = pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full")


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command for 25 frames, but for the folder, which is to be added."""
    folder = tmp_path_factory.mktemp("job")
    tiny.make_avatar(folder / "tiny")
    speech = tiny.save_sound(folder / "speech.wav", 1)
    return [*COMMAND, "generate", str(speech), "--avatar", str(folder / "tiny"), "--out"]


def without(descriptor: int) -> list[str]:
    """What starts a command with one of its descriptors closed."""
    closing = f"import os, sys; os.close({descriptor}); os.execv(sys.argv[1], sys.argv[1:])"
    return [sys.executable, "-c", closing]


def made(folder: Path) -> int:
    return len(list(folder.glob("frame_*.png")))


@on_posix
def test_a_reader_who_goes_does_not_stop_a_job(job: list[str], tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run([*job, str(tmp_path)], stdout=closed, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr, made(tmp_path)) == (0, b"", 25)


@on_posix
@pytest.mark.parametrize("descriptor", [1, 2])
def test_a_job_without_a_stream(job: list[str], tmp_path: Path, descriptor: int) -> None:
    done = subprocess.run([*without(descriptor), *job, str(tmp_path)], capture_output=True, check=False)
    assert (done.returncode, done.stderr, made(tmp_path)) == (0, b"", 25)


@with_full_device
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_under_the_output_is_told_in_one_line(
    job: list[str], tmp_path: Path, unbuffered: str
) -> None:
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with FULL.open("wb") as full:
        done = subprocess.run(
            [*job, str(tmp_path)],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            env=environment,
            text=True,
        )
    assert (done.returncode, made(tmp_path)) == (2, 25)
    assert "standard output cannot be written" in done.stderr
    assert done.stderr.count("\n") == 1


@with_full_device
def test_warnings_that_cannot_be_said_do_not_stop_a_job(job: list[str], tmp_path: Path) -> None:
    with FULL.open("wb") as full:
        done = subprocess.run([*job, str(tmp_path)], stdout=subprocess.PIPE, stderr=full, check=False)
    assert (done.returncode, made(tmp_path)) == (0, 25)


def test_libraries_say_nothing(job: list[str], tmp_path: Path) -> None:
    """mpg123 has six lines to say of an mp3 without a header, and some of joined ones and of tags."""
    noise = np.random.default_rng(0).normal(0, 0.1, 16000 * 2)
    soundfile.write(tmp_path / "a.mp3", noise, 16000, bitrate_mode="VARIABLE")
    data = (tmp_path / "a.mp3").read_bytes()
    bare = data[data.index(data[:2], 4) :]
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 64, 0, 0xA0000000) + bytes(8) + b"junk" * 16
    (tmp_path / "b.mp3").write_bytes(ape + bare + bytes(500) + bare + ape)
    command = [*job[:4], str(tmp_path / "b.mp3"), *job[5:], str(tmp_path / "frames")]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1


def test_a_defect_is_still_told() -> None:
    broken = "from lipreel.engine import cli; cli._run = lambda argv: 1 / 0; cli.command()"
    done = subprocess.run([sys.executable, "-c", broken], capture_output=True, check=False, text=True)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
