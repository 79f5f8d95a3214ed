# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that are begun and ended at random moments, over and over: nothing stays behind.

The short version of tests/e2e/test_cycles.py, without a window.
"""

import ctypes
import gc
import os
import random
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import cv2
import lipreel
import numpy as np
import pytest
import soundfile
from lipreel.addon import compat
from lipreel.addon.jobs.generate_job import GenerateJob
from lipreel.addon.jobs.queue import queue
from lipreel.addon.sequencer.targets import targets

RATE = 16000
CYCLES = 18
SETTLED = 6
"""Cycles after which libraries are loaded, and pools of memory as large as they get."""
WINDOW = 5  # cycles that are looked at together
LONGEST = 0.6  # seconds of a cycle
LEAK = 64 * 2**20
"""Bytes: more than the heap's own ups and downs, less than half of what the sounds of eight jobs hold."""


@pytest.fixture
def film(scene: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An open film whose strip is selected, and lasts longer than all cycles."""
    monkeypatch.setattr("lipreel.addon.jobs.generate_job._GROW_EVERY", 0.05)
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 300 * RATE).astype(np.float32)
    soundfile.write(tmp_path / "talk.wav", noise, RATE)
    compat.strips(scene.sequence_editor).new_sound("talk", str(tmp_path / "talk.wav"), 1, 11)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    return tmp_path / "film.blend"


def start() -> None:
    scene = bpy.context.scene
    sounds = [strip for strip in compat.strips(scene.sequence_editor) if strip.type == "SOUND"]
    queue.start([GenerateJob(target) for target in targets(bpy.context, scene, sounds)])


def cancel() -> None:
    bpy.ops.lipreel.cancel()
    limit = time.monotonic() + 30
    while queue.tick():
        assert time.monotonic() < limit
        time.sleep(0.01)


def open_film() -> None:
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)


def off_and_on() -> None:
    lipreel.unregister()
    lipreel.register()


def memory() -> int:
    """Bytes that this process holds; 0 where the system does not tell."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)  # else the heap keeps what has been let go, for the next who asks
    tells = Path("/proc/self/statm")
    return int(tells.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if tells.exists() else 0


def test_nothing_stays_behind(film: Path, capfd: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(1)
    endings: list[Callable[[], None]] = [cancel, open_film, off_and_on]
    capfd.readouterr()
    threads = set(threading.enumerate())
    held: list[Any] = []
    for cycle in range(CYCLES):
        start()
        end = time.monotonic() + chance.uniform(0, LONGEST)
        while time.monotonic() < end:
            queue.tick()
            time.sleep(0.01)
        assert queue.running
        endings[cycle % len(endings)]()
        assert not queue.running
        assert set(threading.enumerate()) <= threads
        held.append(memory())
    # The least of some cycles: what a job held may be let go a little later, but a leak is there for ever.
    growth = min(held[-WINDOW:]) - min(held[SETTLED : SETTLED + WINDOW])
    assert growth < LEAK, f"{[size >> 20 for size in held]}"

    files = [file for file in (film.parent / "out").rglob("*") if file.is_file()]
    assert len({file.parent for file in files}) == 1  # cancelled, opened again, switched off: one folder
    for file in files:
        if file.name != "lipreel.json":
            assert re.fullmatch(r"frame_\d{6}-[0-9a-f]{8}\.png", file.name)
            assert cv2.imread(str(file)) is not None, file.name

    said = capfd.readouterr()
    assert [line for line in said.out.splitlines() if "Read blend: " not in line] == []
    assert said.err == ""
