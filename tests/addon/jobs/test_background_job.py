# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine of a job, with the engine's own thread and a tiny avatar, without Blender."""

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lipreel.addon.jobs.background_job import BackgroundJob, Progress, State
from lipreel.addon.jobs.engine_calls import Board, generate_frames
from lipreel.addon.sequencer.request import Request
from lipreel.engine.errors import InputError
from lipreel.engine.job.lock import ALL_FRAMES, locked
from lipreel.engine.sound.recording import Recording, SourceRecording
from lipreel.engine.sound.source import array_source
from lipreel.tests.helpers import tiny

LIMIT = 300
"""Seconds after which a job hangs, however busy the machine is."""


@pytest.fixture(scope="module")
def avatar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.make_avatar(tmp_path_factory.mktemp("avatars") / "tiny")


@dataclass(frozen=True)
class Speech:
    """Stands for a strip's sound: a hum, after something has happened."""

    seconds: float = 1.0
    first: Callable[[], object] = int
    name: str = "talk"

    @contextmanager
    def open(self) -> Iterator[Recording]:
        self.first()
        time_ = np.arange(int(self.seconds * 16000)) / 16000
        hum = (0.5 * np.sin(2 * np.pi * 150 * time_) * np.sin(9 * time_)).astype(np.float32)
        yield SourceRecording(array_source(hum, 16000))


def job(avatar: Path, out: Path, sound: Speech | None = None, **options: Any) -> BackgroundJob:
    sound = sound or Speech()
    frames = range(math.ceil(sound.seconds * 25))
    options = {"workers": 1, **options}
    request = Request(
        sound,  # type: ignore[arg-type]
        str(avatar),
        out,
        moments=frames,
        heard=frames,
        fps=Fraction(25),
        shift=Fraction(0),
        lead=0,
        blend=None,
        options=options,
    )
    return BackgroundJob(partial(generate_frames, request, Board(), None), {"avatar": avatar})


def poll_until(job: BackgroundJob, done: Callable[[Progress], bool], seconds: float = LIMIT) -> list[State]:
    """The states that were seen on the way, each once."""
    seen = [job.state]
    limit = time.monotonic() + seconds
    while not done(job.poll()):
        assert time.monotonic() < limit, job.progress
        if job.state is not seen[-1]:
            seen.append(job.state)
        time.sleep(0.002)
    return seen if seen[-1] is job.state else [*seen, job.state]


def ended(progress: Progress) -> bool:
    return progress.state not in (State.PREPARING, State.GENERATING)


def test_a_job_goes_through_its_states(avatar: Path, tmp_path: Path) -> None:
    it = job(avatar, tmp_path)
    assert it.state is State.IDLE
    it.start()
    seen = poll_until(it, ended)
    assert seen[0] is State.PREPARING
    assert seen[-1] is State.INSERTING
    assert it.progress.factor == 1
    assert it.result is not None
    assert it.result.frames == 25 == len(list(tmp_path.glob("frame_*.png")))
    assert it.state.running
    it.inserted()
    assert it.state is State.DONE
    assert not it.state.running


def test_a_folder_where_another_run_is_at_work(avatar: Path, tmp_path: Path) -> None:
    it = job(avatar, tmp_path)
    with locked(tmp_path, ALL_FRAMES):
        it.start()
        poll_until(it, ended)
    assert it.state is State.FAILED
    assert it.failure is not None
    assert "another run is at work" in it.failure.message
    assert list(tmp_path.iterdir()) == []


def test_the_owner_never_waits(avatar: Path, tmp_path: Path) -> None:
    gate, opened = threading.Event(), threading.Event()

    def first() -> None:
        if gate.wait(LIMIT):
            opened.set()

    it = job(avatar, tmp_path, Speech(first=first))
    it.start()
    assert it.poll().state is State.PREPARING
    it.cancel()
    assert it.poll().state is State.PREPARING
    assert not opened.is_set()  # the job still waits, and its owner came back three times
    gate.set()
    poll_until(it, ended)
    assert it.state is State.CANCELLED


def test_a_cancelled_job_keeps_its_frames_and_goes_on(avatar: Path, tmp_path: Path) -> None:
    it = job(avatar, tmp_path, Speech(20))
    it.start()
    poll_until(it, lambda progress: progress.phase == "frames" and progress.done > 2)
    it.cancel()
    poll_until(it, ended)
    assert it.state is State.CANCELLED
    assert it.join(0)
    there = len(list(tmp_path.glob("frame_*.png")))
    assert 2 < there < 500
    assert json.loads((tmp_path / "lipreel.json").read_text())["job"]["status"] == "cancelled"
    again = job(avatar, tmp_path, Speech(20))
    again.start()
    poll_until(again, ended)
    assert again.result is not None
    assert again.result.frames == 500
    assert again.result.frames_written == 500 - there


def test_a_paused_job_holds_still(avatar: Path, tmp_path: Path) -> None:
    it = job(avatar, tmp_path, Speech(20))
    it.start()
    poll_until(it, lambda progress: progress.phase == "frames" and progress.done > 2)
    it.pause()
    time.sleep(0.5)
    there = it.poll().done
    time.sleep(0.3)
    assert it.poll().done <= there + 2 < 500  # what was under way may end, on a machine that is busy
    it.resume()
    poll_until(it, lambda progress: progress.done > there)
    it.pause()
    it.cancel()  # which a pause does not hold up
    poll_until(it, ended)
    assert it.state is State.CANCELLED


def test_another_sound_for_the_same_strip_leaves_the_frames_of_the_first(
    avatar: Path, tmp_path: Path
) -> None:
    there: dict[Path, bytes] = {}
    for seconds in (1.0, 0.5):
        it = job(avatar, tmp_path, Speech(seconds))
        it.start()
        poll_until(it, ended)
        assert it.state is State.INSERTING
        files = {file: file.read_bytes() for file in tmp_path.glob("frame_*.png")}
        assert there.items() <= files.items()
        there = files
    assert len(there) > 25


def test_a_folder_of_another_kind_of_job_is_not_touched(avatar: Path, tmp_path: Path) -> None:
    theirs = {"frame_000001.png": b"theirs", "lipreel.json": b'{"schema": 1}'}
    for name, data in theirs.items():
        (tmp_path / name).write_bytes(data)
    it = job(avatar, tmp_path)
    it.start()
    poll_until(it, ended)
    assert it.state is State.FAILED
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == theirs


def fail_with(error: BaseException) -> Speech:
    def fail() -> None:
        raise error

    return Speech(first=fail)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (InputError("no such file", "talk.wav", "Look for it"), "talk.wav: no such file. Look for it"),
        (ZeroDivisionError("by zero"), "A defect of Lipreel: ZeroDivisionError: by zero"),
        (ImportError("DLL load failed\nand more"), "cannot be loaded (DLL load failed)"),
        (SystemExit(1), "A defect of Lipreel: SystemExit"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_a_failure_has_a_message_and_a_report(
    avatar: Path, tmp_path: Path, error: BaseException, message: str
) -> None:
    it = job(avatar, tmp_path, fail_with(error))
    it.start()
    poll_until(it, ended)
    assert it.state is State.FAILED
    assert it.failure is not None
    assert message in it.failure.message
    assert "\n" not in it.failure.message
    assert "Traceback" in it.failure.report
    assert "numpy" in it.failure.report
    assert it.failure.report.startswith("Lipreel ")
    assert it.join(0)


def test_a_library_that_does_not_load_is_the_users_to_mend(avatar: Path, tmp_path: Path) -> None:
    it = job(avatar, tmp_path, fail_with(ImportError("DLL load failed")))
    it.start()
    poll_until(it, ended)
    assert it.failure is not None
    assert isinstance(it.failure.error, InputError)
    assert "nstall" in it.failure.error.how


def test_options_out_of_range_fail(avatar: Path, tmp_path: Path) -> None:
    it = job(avatar, tmp_path, format="bmp")
    it.start()
    poll_until(it, ended)
    assert it.failure is not None
    assert it.failure.message == 'format: "bmp" is not known. It can be: png, jpg'


def test_the_owners_part_can_fail(avatar: Path, tmp_path: Path) -> None:
    it = job(avatar, tmp_path)
    it.start()
    poll_until(it, ended)
    it.fail(InputError("no channel above the sound is free"))
    assert it.state is State.FAILED


def test_time_left_is_of_what_was_done_in_this_run() -> None:
    assert Progress(State.GENERATING, "frames", 30, 90, speed=15).seconds_left == 4
    assert Progress(State.GENERATING, "frames", 30, 90).seconds_left is None
    assert Progress().factor == 0
