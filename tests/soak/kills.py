# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are ended with SIGKILL, SIGINT or SIGTERM, and what they leave."""

import random
import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from lipreel.engine.cli import main
from lipreel.tests.soak import jobs

# The process kills itself at the n-th time that Python's own audit hooks tell of this event on this file.
_AT_EVENT = """
left = [{count}]
def hook(name, arguments):
    if name == "{event}" and str(arguments[0]).endswith("{file}"):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
"""

_EVENTS = [
    ("open", ".png.part", 25, "before a frame is written"),
    ("os.rename", ".png.part", 25, "before a frame is renamed"),
    ("open", ".json.part", 2, "before the record is written"),
    ("os.rename", ".json.part", 2, "before the record is renamed"),
    ("os.remove", ".lock", 1, "before the lock is removed"),
]

# The process is killed by another of its threads while it is in this stage for the n-th time.
_IN_STAGE = """
import random, threading
from contextlib import contextmanager
from lipreel.engine.runtime.timings import Timings
left, time_stage = [{count}], Timings.time
def kill():
    time.sleep(random.uniform(0, 0.001))
    os.kill(os.getpid(), signal.SIGKILL)
@contextmanager
def timed(self, stage):
    with time_stage(self, stage):
        if stage == "{stage}":
            left[0] -= 1
            if not left[0]:
                threading.Thread(target=kill).start()
        yield
Timings.time = timed
"""

# Stage, and how often it is gone through at least.
_STAGES = [
    ("mel", 1),
    ("decode", 25),
    ("encode sound", 20),
    ("infer", 20),
    ("paste", 25),
    ("encode image", 25),
]
_STAGES += [("write", 25)]

TIMEOUT_S = 2.0
"""Seconds within which SIGINT and SIGTERM end a run."""


_READY = "print('ready', flush=True)"


@dataclass
class KillFigures:
    """What came of the runs."""

    runs: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    """How often a run ended where."""
    halves: int = 0
    """Runs that left a file half-written, under its temporary name."""
    unexpected: list[str] = field(default_factory=list)


def killed(case: jobs.Case, place: Path, runs: int, seed: int = 1) -> KillFigures:
    """End that many runs with SIGKILL, resume each, and compare all with what an undisturbed run makes."""
    chance = random.Random(seed)
    figures = KillFigures()
    begun = time.monotonic()
    jobs.run(case.words, place / "timed")
    length = time.monotonic() - begun
    for number in range(runs):
        out = place / f"killed-{number}"
        match number % 4:
            case 0 | 2:
                moment = _kill_at_time(case, out, chance.uniform(0.3, 1) * length)
            case 1:
                moment = _kill_at_event(case, out, chance)
            case _:
                moment = _kill_in_stage(case, out, chance)
        figures.runs += 1
        figures.moments[moment] += 1
        left = jobs.others(out)
        figures.halves += any(name.endswith(".part") for name in left)
        for name, data in jobs.frames(out).items():
            if case.frames[name] != data:
                figures.unexpected.append(f"{name} is not whole after a kill {moment}")
        status = main([*case.words, str(out)])
        if status or jobs.frames(out) != case.frames or jobs.others(out) != {"lipreel.json"}:
            found = f"status {status}, {len(jobs.frames(out))} frames, {jobs.others(out)}"
            figures.unexpected.append(f"resumed after a kill {moment}: {found}")
        shutil.rmtree(out, ignore_errors=True)
    return figures


def interrupted(case: jobs.Case, place: Path, runs: int, seed: int = 1) -> tuple[float, list[str]]:
    """End runs with SIGINT and SIGTERM: the longest time that it took, and what was unexpected.

    One half is ended at a random frame, the other at a random moment of its life.
    """
    chance = random.Random(seed)
    longest, unexpected = 0.0, []
    for number in range(runs):
        stop = (signal.SIGINT, signal.SIGTERM)[number % 2]
        out = place / f"interrupted-{number}"
        process = jobs.start(case.words, out, _READY)
        assert process.stdout is not None
        process.stdout.readline()
        among = number % 4 < 2
        if among:
            frames = chance.randint(1, len(case.frames) // 2)
            while len(jobs.frames(out)) < frames and process.poll() is None:
                time.sleep(0.005)
        else:
            time.sleep(chance.uniform(0, 1))
        begun = time.monotonic()
        process.send_signal(stop)
        _, errors = process.communicate(timeout=60)
        longest = max(longest, time.monotonic() - begun)
        if not _in_good_order(case, out, process.returncode, errors, among):
            unexpected.append(f"{stop.name}: status {process.returncode}, {errors!r}, {jobs.others(out)}")
        shutil.rmtree(out, ignore_errors=True)
    return longest, unexpected


def _in_good_order(case: jobs.Case, out: Path, status: int, errors: str, among: bool) -> bool:
    """Whether a run that was interrupted, among its frames or whenever, said so and left what it should."""
    kept = jobs.frames(out)
    tidy = kept.items() <= case.frames.items() and jobs.others(out) <= {"lipreel.json"}
    if among:
        return tidy and status == 130 and len(errors.splitlines()) == 1 and bool(kept)
    if status == 130:
        return tidy and len(errors.splitlines()) == 1
    # Before the job begins and when it is over, they end the process as they end any; or they came too late.
    ends = (0, -signal.SIGINT, -signal.SIGTERM)
    return tidy and status in ends and not errors and len(kept) in (0, len(case.frames))


def _kill_at_time(case: jobs.Case, out: Path, seconds: float) -> str:
    process = jobs.start(case.words, out)
    time.sleep(seconds)
    process.kill()
    process.communicate()
    done = len(jobs.frames(out))
    if process.returncode == 0:
        return "too late: it was done"
    if not done:
        return "before the first frame was there"
    return "among the frames" if done < len(case.frames) else "after the last frame was there"


def _kill_at_event(case: jobs.Case, out: Path, chance: random.Random) -> str:
    event, file, most, moment = chance.choice(_EVENTS)
    hook = _AT_EVENT.format(count=chance.randint(1, most), event=event, file=file)
    status, _, errors = jobs.run(case.words, out, hook)
    return moment if status == -signal.SIGKILL else f"that never came: status {status}, {errors!r}"


def _kill_in_stage(case: jobs.Case, out: Path, chance: random.Random) -> str:
    stage, most = chance.choice(_STAGES)
    status, _, errors = jobs.run(
        case.words, out, _IN_STAGE.format(stage=stage, count=chance.randint(1, most))
    )
    return f'in "{stage}"' if status == -signal.SIGKILL else f"that never came: status {status}, {errors!r}"
