# SPDX-License-Identifier: GPL-3.0-or-later
"""How the window answers while Lipreel is at work."""

import json
import os
import shutil
import time
import wave
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from lipreel.tests.e2e.desktop import Desktop

# Seconds by which the longest gap may grow: a wait of 0.1 s is what people begin to notice.
ALLOWED = 0.1

PICTURE = Path(__file__).parents[2] / "models/demo/frames/0000.jpg"

ROUNDS = 6
"""A machine is a third slower for some seconds now and then: all is measured in turn."""
SECONDS = 4.0  # of each measurement
SLOWER = 1.4
"""So many times as long gaps may be while Blender plays beside a job, in the middle one of the rounds.

The goal is 1.2, and 0.94 to 1.12 was measured; single rounds lay between 0.4 and 1.7. With a strip that grows
and a bar that moves meanwhile, the 95th percentile was 1.1 to 1.6.
"""
QUIET = 0.8  # of the processors' time that nobody takes, before a round
TIMEOUT_S = 90.0  # seconds to wait for that
SPEED = 0.25  # of a job while Blender plays, at least


def percentile(gaps: Sequence[float], percent: float) -> float:
    """In milliseconds."""
    return 1000 * float(np.percentile(gaps, percent))


def tell(what: str, gaps: Sequence[float]) -> None:
    """Print the gaps' number, percentiles and longest, in milliseconds."""
    percent = " ".join(f"{p} %: {percentile(gaps, p):.0f}" for p in (50, 90, 95, 99, 99.9))
    print(f"{what}: {len(gaps)} gaps in {sum(gaps):.0f} s, {percent}, longest: {1000 * max(gaps):.0f} ms")


def is_done(output: Path) -> bool:
    """Whether the one job below the folder is done, by its record: Blender is asked nothing."""
    try:
        (file,) = output.rglob("lipreel.json")
        record = json.loads(file.read_text())
    except (ValueError, OSError):  # not there yet, or just being replaced
        return False
    return bool(record.get("job", record).get("status") == "done")


def frames_made(output: Path) -> int:
    """Frames below the folder."""
    return sum(1 for _ in output.rglob("frame_*.png"))


def test_the_window_stays_responsive(studio: Desktop) -> None:
    shutil.copy(PICTURE, studio.share / "image.jpg")
    studio.ask("add_sound", "/share/speech.wav", 1, 1)
    x, y = studio.find_button("lipreel.generate")
    time.sleep(3)
    studio.ask("begin_gaps")
    time.sleep(20)
    still = studio.ask("end_gaps")

    # Without a graphics card, Blender itself takes a while to draw an image that is new in the Sequencer,
    # and most of all the first one.
    studio.ask("begin_pictures", "/share/image.jpg")
    time.sleep(5)
    studio.ask("begin_gaps")
    time.sleep(20)
    drawing = studio.ask("end_gaps")
    studio.ask("end_pictures")
    time.sleep(3)

    # Nobody asks Blender anything from the click to the job's end: an answer takes time of its own.
    studio.ask("begin_gaps")
    studio.do("click", x=x, y=y)
    studio.wait_until(lambda: is_done(studio.share / "frames"), 120, "the job does not end")
    time.sleep(2)
    busy = studio.ask("end_gaps")
    assert studio.ask("status")["state"] == "done"

    version = ".".join(map(str, studio.ask("version")))
    print()
    tell(f"Blender {version}, idle", still)
    tell(f"Blender {version}, idle, an image a second", drawing)
    tell(f"Blender {version}, generating", busy)
    assert max(busy) < max(*still, *drawing) + ALLOWED


def test_playback_stays_smooth(studio: Desktop) -> None:
    """A strip that is done plays, while the job of another one runs."""
    studio.ask("add_sound", "/share/speech.wav", 1, 1)
    studio.click_button("lipreel.generate")
    assert studio.wait_for_job()["state"] == "done"
    repeat(studio.share / "speech.wav", studio.share / "long.wav", 40)
    studio.ask("add_sound", "/share/long.wav", 4, 1000)
    studio.ask("set_range", 1, 340)
    studio.key("Home")

    quiet: list[list[float]] = []
    busy: list[list[float]] = []
    alone: list[float] = []
    beside: list[float] = []
    for _ in range(ROUNDS):
        wait_for_quiet()
        quiet.append(played(studio)[0])
        studio.click_button("lipreel.generate")
        studio.wait_for_frames(1)
        time.sleep(1)
        alone.append(measured(studio)[1])
        gaps, speed = played(studio)
        busy.append(gaps)
        beside.append(speed)
        studio.ask("cancel")
        assert studio.wait_for_job(10)["state"] == "cancelled"
    shutil.rmtree(studio.share / "frames")  # a gigabyte

    name = f"Blender {'.'.join(map(str, studio.ask('version')))}"
    print()
    tell(f"{name}, playing", list(chain(*quiet)))
    tell(f"{name}, playing while a job runs", list(chain(*busy)))
    slower = {}
    for percent in (50, 95):
        turns = [percentile(a, percent) / percentile(b, percent) for a, b in zip(busy, quiet, strict=True)]
        slower[percent] = float(np.median(turns))
        each = " ".join(f"{turn:.2f}" for turn in turns)
        print(f"{name}, {percent} % with a job, to without: {each}; median {slower[percent]:.2f}")
    speed = float(np.median(beside) / np.median(alone))
    stopped, playing = (" ".join(f"{speed:.0f}" for speed in speeds) for speeds in (alone, beside))
    print(f"{name}, frames/s of the job: {stopped}; while playing {playing}; {speed:.2f} of its speed")
    assert max(slower.values()) < SLOWER
    assert speed > SPEED


def wait_for_quiet() -> None:
    """Wait until nobody else uses the machine, or skip the test: what it would measure is them."""
    end = time.monotonic() + TIMEOUT_S
    while idle_share(1.0) < QUIET:
        if time.monotonic() > end:
            pytest.skip(f"others use the machine (load {os.getloadavg()[0]:.1f})")


def idle_share(seconds: float) -> float:
    """How much of the time of all processors nobody takes in the next `seconds`, 0 ... 1."""
    looks = []
    for _ in range(2):
        fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
        looks.append(np.array(fields, dtype=np.int64))
        time.sleep(seconds if len(looks) == 1 else 0)
    spent = looks[1] - looks[0]
    return float(spent[3:5].sum() / spent.sum())  # idle, and waiting for a disk


def played(studio: Desktop) -> tuple[list[float], float]:
    """What is measured while Blender plays."""
    studio.key("space")
    assert studio.ask("is_playing")
    time.sleep(1)
    found = measured(studio)
    studio.key("space")
    assert not studio.ask("is_playing")
    return found


def measured(studio: Desktop) -> tuple[list[float], float]:
    """The gaps of a while, and how many frames a second were made in it."""
    before = frames_made(studio.share / "frames")
    begun = time.monotonic()
    studio.ask("begin_gaps")
    time.sleep(SECONDS)
    gaps = studio.ask("end_gaps")
    seconds = time.monotonic() - begun
    return gaps, (frames_made(studio.share / "frames") - before) / seconds


def repeat(sound: Path, to: Path, times: int) -> None:
    """Write a sound that is another one over and over."""
    with wave.open(str(sound)) as short, wave.open(str(to), "wb") as long:
        long.setparams(short.getparams())
        long.writeframes(short.readframes(short.getnframes()) * times)
