# SPDX-License-Identifier: GPL-3.0-or-later
"""The harness in short; `make soak` is the long one."""

import subprocess
import sys
from pathlib import Path

import pytest
from lipreel.tests.soak import disks, hostile, jobs, kills, rivals


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> jobs.Case:
    return jobs.make_case(tmp_path_factory.mktemp("case"))


def test_killed(case: jobs.Case, tmp_path: Path) -> None:
    figures = kills.killed(case, tmp_path, 8)
    assert figures.unexpected == []
    assert figures.runs == 8


def test_interrupted(case: jobs.Case, tmp_path: Path) -> None:
    _, unexpected = kills.interrupted(case, tmp_path, 4)
    assert unexpected == []


@pytest.mark.parametrize("kind", [disks.full, disks.read_only])
def test_a_disk_that_takes_no_more(kind: "object", case: jobs.Case, tmp_path: Path) -> None:
    assert callable(kind)
    unexpected = kind(case, tmp_path)
    if unexpected is None:
        pytest.skip("no right to mount")
    assert unexpected == []


def test_a_folder_that_goes(case: jobs.Case, tmp_path: Path) -> None:
    assert disks.removed(case, tmp_path) == []


def test_few_open_files(case: jobs.Case, tmp_path: Path) -> None:
    assert disks.few_files(case, tmp_path) == []


def test_a_slow_disk(tmp_path: Path) -> None:
    assert disks.slow(tmp_path)[2] == []


def test_two_at_once(case: jobs.Case, tmp_path: Path) -> None:
    assert rivals.rivals(case, tmp_path, 1) == []


def test_mutated_files(tmp_path: Path) -> None:
    figures = hostile.fuzzed(tmp_path, 25)
    assert figures.unexpected == []
    assert figures.inputs == dict.fromkeys(hostile.KINDS, 25)
    assert figures.peak_rss_mb > 10
    assert min(figures.outcomes["taken"], figures.outcomes["refused"]) > 0


def test_a_hang_and_a_crash_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The harness itself: a process that hangs at its second input and dies at its third."""
    worker = tmp_path / "worker.py"
    worker.write_text(
        "import json, os, sys, time\n"
        "for number in range(int(sys.argv[2]), int(sys.argv[3])):\n"
        "    print(json.dumps({'begun': number}), flush=True)\n"
        "    if number == 1: time.sleep(60)\n"
        "    if number == 2: os.abort()\n"
        "    said = {'outcome': 'taken', 'seconds': 0, 'peak_rss_mb': 1}\n"
        "    print(json.dumps(said), flush=True)\n"
    )
    monkeypatch.setattr(hostile, "_WORKER", worker)
    monkeypatch.setattr(hostile, "TIMEOUT_S", 1.0)
    place = tmp_path / "place"
    place.mkdir()
    figures = hostile.fuzzed(place, 4, ("wav",))
    assert figures.unexpected == ["wav 1: took more than 1 s", "wav 2: the process ended with -6"]
    assert figures.inputs == {"wav": 2}


@pytest.mark.parametrize(
    ("act", "seen"),
    [
        ("(inside / 'a').write_text('x'); (inside / 'a').rename(inside / 'b'); open(os.devnull, 'w')", False),
        ("Path('/etc/hostname').read_bytes()", False),
        ("(inside / '..' / 'a').write_text('x')", True),
        ("(inside / 'link' / 'a').write_text('x')", True),
        ("(inside / 'a').rename(inside.parent / 'b')", True),
        ("os.mkdir(inside.parent / 'made')", True),
        ("subprocess.run(['true'])", True),
        ("socket.create_connection(('127.0.0.1', 9))", True),
    ],
)
def test_the_fence_sees_who_leaves(act: str, seen: bool, tmp_path: Path) -> None:
    """In a process of its own, which keeps it until it ends."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(tmp_path)
    script = f"""
import contextlib, os, socket, subprocess, sys
from pathlib import Path
from lipreel.tests.soak.guard import Fence
inside = Path(sys.argv[1])
fence = Fence(inside)
with contextlib.suppress(Exception), fence:
    {act}
sys.exit(bool(fence.tried))
"""
    command = [sys.executable, "-c", script, str(inside)]
    assert subprocess.run(command, check=False).returncode == seen
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside"]
