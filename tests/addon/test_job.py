# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine of a job, with the engine's own thread and a tiny avatar, without Blender."""

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
from lipreel.addon.job import Job, Progress, State
from lipreel.addon.work import Request, generate_frames
from lipreel.engine.errors import InputError
from lipreel.engine.folder_lock import ALL_FRAMES, locked
from lipreel.engine.job import read_record
from numpy.typing import NDArray

Sound = tuple[NDArray[np.float32], int]


@pytest.fixture(scope="module")
def avatar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.make_avatar(tmp_path_factory.mktemp("avatars") / "tiny")


def speech(seconds: float = 1.0) -> Sound:
    time_ = np.arange(int(seconds * 16000)) / 16000
    return (0.5 * np.sin(2 * np.pi * 150 * time_) * np.sin(9 * time_)).astype(np.float32), 16000


def job(avatar: Path, out: Path, read: Callable[[], Sound] = speech, **options: Any) -> Job:
    request = Request(read, str(avatar), out, {"workers": 1, **options})
    return Job(partial(generate_frames, request), {"avatar": avatar})


def poll_until(job: Job, done: Callable[[Progress], bool], seconds: float = 30) -> list[State]:
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
    gate = threading.Event()

    def read() -> Sound:
        gate.wait()
        return speech()

    it = job(avatar, tmp_path, read)
    it.start()
    begun = time.monotonic()
    assert it.poll().state is State.PREPARING
    assert time.monotonic() - begun < 0.1
    it.cancel()
    gate.set()
    poll_until(it, ended)
    assert it.state is State.CANCELLED


def test_a_cancelled_job_keeps_its_frames_and_goes_on(avatar: Path, tmp_path: Path) -> None:
    it = job(avatar, tmp_path, lambda: speech(20))
    it.start()
    poll_until(it, lambda progress: progress.phase == "frames" and progress.done > 2)
    it.cancel()
    poll_until(it, ended, seconds=3)
    assert it.state is State.CANCELLED
    assert it.join(0)
    there = len(list(tmp_path.glob("frame_*.png")))
    assert 2 < there < 500
    assert read_record(tmp_path).status == "cancelled"
    again = job(avatar, tmp_path, lambda: speech(20))
    again.start()
    poll_until(again, ended)
    assert again.result is not None
    assert again.result.frames == 500
    assert again.result.frames_written == 500 - there


def test_a_paused_job_holds_still(avatar: Path, tmp_path: Path) -> None:
    it = job(avatar, tmp_path, lambda: speech(20))
    it.start()
    poll_until(it, lambda progress: progress.phase == "frames" and progress.done > 2)
    it.pause()
    time.sleep(0.5)
    there = it.poll().done
    time.sleep(0.3)
    assert it.poll().done == there < 500
    it.resume()
    poll_until(it, lambda progress: progress.done > there)
    it.pause()
    it.cancel()  # which a pause does not hold up
    poll_until(it, ended, seconds=3)
    assert it.state is State.CANCELLED


def test_another_sound_for_the_same_strip_replaces_its_frames(avatar: Path, tmp_path: Path) -> None:
    for seconds in (1.0, 0.5):
        it = job(avatar, tmp_path, lambda seconds=seconds: speech(seconds))
        it.start()
        poll_until(it, ended)
        assert it.state is State.INSERTING
    assert len(list(tmp_path.glob("frame_*.png"))) == 13  # ceil(0.5 * 25)


def test_frames_that_no_job_owns_are_not_touched(avatar: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "frame_000001.png"
    theirs.write_bytes(b"theirs")
    it = job(avatar, tmp_path)
    it.start()
    poll_until(it, ended)
    assert it.state is State.FAILED
    assert theirs.read_bytes() == b"theirs"


def fail_with(error: BaseException) -> Callable[[], Sound]:
    def read() -> Sound:
        raise error

    return read


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
