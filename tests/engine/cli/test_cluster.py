# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches on a Dask cluster: a real scheduler and workers, as processes of their own."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import dask
import pytest
from distributed import Client
from lipreel.engine.cli import main
from lipreel.engine.cli.reports import make_frames
from lipreel.engine.job import cluster
from lipreel.engine.job.lock import ALL_FRAMES, locked
from lipreel.engine.job.manifest import read_manifest
from lipreel.tests.helpers import tiny

Said = pytest.CaptureFixture[str]

JOBS = 4
FRAMES = 25


@contextmanager
def process(*command: str, environment: dict[str, str] | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    """A part of the cluster, which ends with the test."""
    started = subprocess.Popen([sys.executable, *command], stderr=subprocess.DEVNULL, env=environment)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def wait_until(condition: Callable[[], bool]) -> None:
    """For something that comes soon; far too long is an error."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextmanager
def started_scheduler(file: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A scheduler without workers; the file tells where it is."""
    words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
    with process("-m", "dask", "scheduler", *words) as started:
        wait_until(lambda: file.is_file() and file.stat().st_size > 0)
        yield started


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file that tells where a scheduler is."""
    file = tmp_path_factory.mktemp("dask") / "scheduler.json"
    with started_scheduler(file):
        yield file


@contextmanager
def worker(
    scheduler: Path, folder: Path, libraries: Path | None = None, *, waits: bool = True
) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker that takes one job at a time, in a folder of its own; perhaps with other libraries.

    It `waits` at the end until the scheduler knows that it has gone.
    """
    run = "import os, sys; os.chdir(sys.argv.pop(1)); from dask.__main__ import main; main()"
    words = ("--scheduler-file", str(scheduler), "--nthreads", "1", "--no-nanny", "--no-dashboard")
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(libraries)} if libraries else None
    options = ["-S"] if libraries else []
    with process(*options, "-c", run, str(folder), "worker", *words, environment=environment) as started:
        yield started
    if waits:
        wait_until(lambda: f"{started.pid}" not in workers(scheduler).values())


def workers(scheduler: Path) -> dict[str, str]:
    """The addresses and process ids of the workers that the scheduler knows."""
    with Client(address(scheduler), set_as_default=False) as client:  # type: ignore[no-untyped-call]
        return {name: str(pid) for name, pid in client.run(os.getpid).items()}


def address(scheduler: Path) -> str:
    return str(json.loads(scheduler.read_text())["address"])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with sounds of FRAMES frames and an avatar that takes its time."""
    folder = tiny.make_avatar(tmp_path / "robin")
    tiny.save_generator(folder / "generator.onnx", work=4)
    tiny.rehash(folder)
    for number in range(JOBS):
        tiny.save_sound(tmp_path / f"{number}.wav", FRAMES / 25, seed=number)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save_list(name: str, out: str, rows: str = "") -> str:
    jobs = "".join(f"{number}.wav,{out}/{number},robin,1\n" for number in range(JOBS))
    Path(name).write_text(f"sound,out,avatar,workers\n{jobs}{rows}")
    return name


def frames(folder: Path) -> dict[str, bytes]:
    """Everything but the records, which tell the time."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "lipreel.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def batch(capsys: Said, *words: str) -> tuple[int, list[dict[str, object]], str]:
    """Run a batch: its status, the jobs of its JSON, and what it complained of."""
    status = main(["batch", *words, "--json"])
    said = capsys.readouterr()
    return status, json.loads(said.out)["jobs"], said.err


def test_a_worker_is_killed_and_nothing_is_lost(scheduler: Path, place: Path, capsys: Said) -> None:
    broken = "robin,nowhere,robin,1\n"
    status, alone, _ = batch(capsys, save_list("alone.csv", "alone", broken))
    assert status == 2

    with ExitStack() as stack:
        victim, _ = (stack.enter_context(worker(scheduler, place / name)) for name in ("one", "two"))
        wait_until(lambda: len(workers(scheduler)) == 2)

        def kill_when_both_are_busy() -> None:
            wait_until(lambda: sum(0 < count < FRAMES - 5 for count in made(place / "shared")) == 2)
            victim.kill()

        killer = threading.Thread(target=kill_when_both_are_busy)
        killer.start()
        words = (save_list("shared.csv", "shared", broken), "--dask", address(scheduler))
        status, shared, complaints = batch(capsys, *words)
        killer.join()
        again = batch(capsys, *words)[1]

    assert status == 2
    assert frames(place / "shared") == frames(place / "alone")
    assert len(frames(place / "alone")) == JOBS * FRAMES
    same = ("sound", "outcome", "frames")
    assert [[job[key] for key in same] for job in shared] == [[job[key] for key in same] for job in alone]
    # The job of the dead worker was handed out again, and went on where it was.
    assert sorted(job["frames_written"] == FRAMES for job in shared[:JOBS]) == [False, True, True, True]
    assert complaints.splitlines() == [f"lipreel: {shared[-1]['error']}"]
    assert [job["outcome"] for job in again] == ["was done"] * JOBS + ["failed"]


def made(folder: Path) -> list[int]:
    """The frames that each job has made so far."""
    return [len(list(out.glob("frame_*"))) for out in folder.glob("*")]


def test_a_scheduler_that_goes_is_told(place: Path) -> None:
    file = place / "scheduler.json"
    with started_scheduler(file) as lost, worker(file, place / "one", waits=False):
        words = ["batch", save_list("list.csv", "out"), "--dask", address(file), "--quiet"]
        command = [sys.executable, "-m", "lipreel.engine.cli", *words]
        batch = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: any(made(place / "out")))
        lost.kill()
        _, complaints = batch.communicate(timeout=60)
    assert batch.returncode == 1
    lines = [line for line in complaints.splitlines() if "no workers yet" not in line]
    assert lines
    assert all("the Dask scheduler has gone" in line for line in lines)


@pytest.fixture
def bare_python(tmp_path: Path) -> Path:
    """A folder with all libraries but Lipreel."""
    libraries = Path(dask.__file__).parents[1]
    bare = tmp_path / "libraries"
    bare.mkdir()
    for path in libraries.iterdir():
        if "lipreel" not in path.name:
            (bare / path.name).symlink_to(path)
    return bare


def test_a_worker_without_lipreel_is_named(
    scheduler: Path, place: Path, bare_python: Path, capsys: Said
) -> None:
    with worker(scheduler, place / "bare", libraries=bare_python):
        wait_until(lambda: len(workers(scheduler)) == 1)
        assert main(["batch", save_list("list.csv", "out"), "--dask", address(scheduler)]) == 2
        (name,) = workers(scheduler)
    assert f"worker {name}: it lacks Lipreel" in capsys.readouterr().err
    assert not (place / "out").exists()


@pytest.mark.parametrize("nowhere", ["tcp://127.0.0.1:1", "127.0.0.1:1", "nonsense://x", "tcp://:::", "x y"])
def test_no_scheduler(nowhere: str, place: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_ANSWER", 1)
    assert main(["batch", save_list("list.csv", "out"), "--dask", nowhere]) == 2
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    assert f"{nowhere}: no Dask scheduler answers" in said.err
    assert not (place / "out").exists()


@pytest.mark.usefixtures("place")
def test_without_dask(capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["batch", save_list("list.csv", "out"), "--dask", "127.0.0.1:8786"]) == 2
    assert "lipreel[cluster]" in capsys.readouterr().err
    assert main(["batch", save_list("list.csv", "out"), "--quiet"]) == 0


@pytest.mark.usefixtures("place")
def test_a_folder_may_stay_locked_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_PAUSE", 0.01)
    job = read_manifest(Path(save_list("list.csv", "out")))[0]
    tried = threading.Event()
    monkeypatch.setattr("lipreel.engine.job.cluster.time.sleep", lambda _: tried.set())
    job.out.mkdir(parents=True)
    reports = []
    waiting = threading.Thread(
        target=lambda: reports.append(cluster.work(job, partial(make_frames, quiet=True)))
    )
    with locked(job.out, ALL_FRAMES):
        waiting.start()
        assert tried.wait(60)
    waiting.join()
    assert reports[0].outcome == "made"


@pytest.mark.usefixtures("place")
def test_a_folder_that_stays_locked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_BUSY", 0.0)
    job = read_manifest(Path(save_list("list.csv", "out")))[0]
    job.out.mkdir(parents=True)
    with locked(job.out, ALL_FRAMES):
        assert "another run is at work" in cluster.work(job, partial(make_frames, quiet=True)).error
