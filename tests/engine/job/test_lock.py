# SPDX-License-Identifier: GPL-3.0-or-later
"""Two at once: who may work in a folder with whom, and what a killed process leaves behind."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lipreel.engine.errors import FolderBusyError
from lipreel.engine.job.lock import ALL_FRAMES, LOCK_NAME, locked

# A process that holds frames until it is told to let go, or is killed. Arguments: folder, first, last.
HOLDER = """
import sys
from pathlib import Path
from lipreel.engine.job.lock import locked
with locked(Path(sys.argv[1]), range(int(sys.argv[2]), int(sys.argv[3]) + 1)):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def holder(folder: Path, frames: range) -> Iterator["subprocess.Popen[str]"]:
    arguments = [sys.executable, "-c", HOLDER, str(folder), str(frames[0]), str(frames[-1])]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        if process.poll() is None:
            process.communicate("go\n")


@pytest.mark.parametrize(
    ("theirs", "mine"),
    [
        (ALL_FRAMES, ALL_FRAMES),
        (ALL_FRAMES, range(5, 9)),
        (range(5, 9), ALL_FRAMES),
        (range(5, 9), range(8, 12)),
        (range(5, 9), range(1, 6)),
    ],
)
def test_the_same_frames_are_refused(tmp_path: Path, theirs: range, mine: range) -> None:
    with holder(tmp_path, theirs):
        with pytest.raises(FolderBusyError, match="another run") as caught, locked(tmp_path, mine):
            pass
        assert caught.value.where == str(tmp_path)
    with locked(tmp_path, mine):
        pass
    assert not list(tmp_path.iterdir())


def test_other_frames_are_free_and_the_last_one_removes_the_file(tmp_path: Path) -> None:
    with holder(tmp_path, range(1, 5)) as first, holder(tmp_path, range(9, 13)):
        with locked(tmp_path, range(5, 9)):
            pass
        assert (tmp_path / LOCK_NAME).exists()
        first.communicate("go\n")
        with pytest.raises(FolderBusyError), locked(tmp_path, range(12, 20)):
            pass
    assert not list(tmp_path.iterdir())


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with holder(tmp_path, ALL_FRAMES) as process:
        process.kill()
        process.wait()
        assert (tmp_path / LOCK_NAME).exists()
        with locked(tmp_path, ALL_FRAMES):
            pass
    assert not list(tmp_path.iterdir())


def test_one_process_is_no_exception(tmp_path: Path) -> None:
    """Blender may run two jobs; and by another name a folder is the same folder."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    with locked(folder, range(1, 5)):
        with pytest.raises(FolderBusyError), locked(tmp_path / "link", range(5, 9)):
            pass
        with holder(folder, range(5, 9)):
            pass


def test_a_file_system_that_numbers_files_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As some of networks do: no file is ever seen to be the one that was opened; nobody waits forever."""
    monkeypatch.setattr("os.path.samestat", lambda _one, _other: False)
    with locked(tmp_path, ALL_FRAMES):
        assert (tmp_path / LOCK_NAME).exists()
    assert not list(tmp_path.iterdir())


def test_the_record_is_for_one_at_a_time(tmp_path: Path) -> None:
    """Two processes that each add 200 to a number in a file lose none."""
    script = """
import sys
from pathlib import Path
from lipreel.engine.job.lock import locked
folder, first = Path(sys.argv[1]), int(sys.argv[2])
with locked(folder, range(first, first + 1)) as lock:
    for _ in range(200):
        with lock.record():
            count = int((folder / "count").read_text())
            (folder / "count").write_text(str(count + 1))
"""
    (tmp_path / "count").write_text("0")
    jobs = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(n)]) for n in (1, 2)]
    assert [job.wait() for job in jobs] == [0, 0]
    assert (tmp_path / "count").read_text() == "400"
    assert [path.name for path in tmp_path.iterdir()] == ["count"]
