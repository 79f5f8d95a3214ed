# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong in one of several workers: the job fails with that frame named, finished ones are kept."""

import subprocess
import sys
from pathlib import Path

import pytest
from lipreel.engine.cli import main
from lipreel.engine.job.record import read_record
from lipreel.tests.helpers import faults, tiny

COMMAND = [sys.executable, "-m", "lipreel.engine.cli"]

WORDS = {
    "exception": "does not run",
    "nan": "not finite",
    "shape": "(3, 319, 320)",
    "hang": "has taken more than 2 s",
}
STATUS = {"exception": 2, "nan": 2, "shape": 2, "hang": 1}


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("fault", faults.FAULTS)
def test_the_frame_is_named_and_the_others_kept(fault: str, workers: int, tmp_path: Path) -> None:
    folder = faults.make_faulty_avatar(tmp_path / "avatar", fault)
    speech = tiny.save_sound(tmp_path / "speech.wav", 1)
    out = tmp_path / "out"
    job = ["generate", str(speech), "--avatar", str(folder)]
    options = ["--out", str(out), "--workers", str(workers), "--timeout", "2"]
    ended = subprocess.run([*COMMAND, *job, *options], capture_output=True, text=True, check=False)
    assert ended.returncode == STATUS[fault], ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert f"frame {faults.FRAME}" in ended.stderr
    assert WORDS[fault] in ended.stderr

    kept = {path.name: path.read_bytes() for path in out.glob("frame_*")}
    before = [f"frame_{number:06d}.png" for number in range(1, faults.FRAME)]
    assert before == sorted(kept)[: len(before)]
    assert f"frame_{faults.FRAME:06d}.png" not in kept
    assert {path.name for path in out.iterdir()} == {*kept, "lipreel.json"}
    assert read_record(out).status == "failed"
    # The same frames as in a job that stops before the fault.
    assert main([*job, "--out", str(tmp_path / "good"), "--frames", f"1:{faults.FRAME - 1}", "--quiet"]) == 0
    for name in before:
        assert kept[name] == (tmp_path / "good" / name).read_bytes()
