# SPDX-License-Identifier: GPL-3.0-or-later
"""A log-mel on disk is the log-mel, and leaves nothing behind."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from lipreel.engine.arrays import Floats
from lipreel.engine.features.logmel import log_mel, log_mel_chunks
from lipreel.engine.features.row_file import RowFile

SOUND = np.random.default_rng(4).uniform(-0.5, 0.5, 200_000).astype(np.float32)


def test_slices_are_those_of_the_array() -> None:
    mel = log_mel(SOUND)
    with RowFile(log_mel_chunks([SOUND]), 80) as on_disk:
        assert len(on_disk) == len(mel) == 1001
        for part in (slice(0, 16), slice(500, 567), slice(985, 1001), slice(990, 1100), slice(3, 3)):
            assert np.array_equal(on_disk[part], mel[part])


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def broken() -> "Iterator[Floats]":
        yield np.zeros((4, 80), np.float32)
        raise RuntimeError("the sound breaks off")

    with pytest.raises(RuntimeError, match="breaks off"):
        RowFile(broken(), 80)
    with RowFile([np.zeros((4, 80), np.float32)], 80):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on a file's size")
def test_no_room_is_the_users_error() -> None:
    code = """
import numpy as np, signal
from lipreel.engine.errors import InputError
from lipreel.engine.features.row_file import RowFile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    RowFile((np.zeros((100, 80), np.float32) for _ in range(9)), 80)
except InputError as error:
    print(error)
"""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=limit,
        env=os.environ,
    )
    assert "written" in done.stdout or "room" in done.stdout
