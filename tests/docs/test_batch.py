# SPDX-License-Identifier: GPL-3.0-or-later
"""The example script of docs/, with real jobs of sounds."""

import os
import subprocess
import sys
from pathlib import Path

from lipreel.tests.helpers import tiny

BATCH = Path(__file__).parents[2] / "docs" / "batch.py"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # where `lipreel` is
    command = [sys.executable, str(BATCH), *map(str, arguments)]
    return subprocess.run(
        command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )


def test_a_folder_of_sounds(tmp_path: Path) -> None:
    avatar = tiny.make_avatar(tmp_path / "tiny")
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    for name, seconds in (("one", 0.5), ("two", 0.3)):
        tiny.save_sound(sounds / f"{name}.wav", seconds)
    (sounds / "broken.mp3").write_bytes(b"no sound")
    (sounds / "notes.txt").write_text("not a sound")
    for _ in range(2):  # the second time there is nothing left to make
        done = run(sounds, "--", "--avatar", avatar)
        assert done.returncode == 1
        assert done.stdout.endswith("== 1 failed\nbroken.mp3\n")
        assert "Traceback" not in done.stderr
    for name, frames in (("one.wav", 13), ("two.wav", 8)):
        assert len(list((sounds / "frames" / name).glob("frame_*.png"))) == frames
    (sounds / "broken.mp3").unlink()
    assert run(sounds, "--", "--avatar", avatar).returncode == 0
