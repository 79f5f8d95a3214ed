# SPDX-License-Identifier: GPL-3.0-or-later
"""Hours of sound: memory that stays flat, every frame, and a quick resume at the end."""

import json
import time
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lipreel.tests.helpers import tiny
from lipreel.tests.soak import jobs

_RATE = 16_000
_SETTLED = 60.0  # seconds after which memory is to stay

MOST_GROWTH = 0.05
"""Of memory, after the first minute."""

MOST_RESUME = 5.0
"""Seconds, from the start of the process, in which a run finds that all is done."""


MOST_SLOWER = 0.25
"""How much slower the second half may be than the first."""


@dataclass(frozen=True)
class LongFigures:
    """What came of the long job."""

    hours: float
    frames: int
    expected: int
    seconds: float
    halves: tuple[float, float]
    """Frames a second in the first and in the second half."""
    settled_mb: float
    """Resident memory after the first minute, in MiB."""
    most_mb: float
    """The most after it."""
    finished_seconds: float
    """Of a second run, which finds that all is done."""
    made_again: int
    """Frames that it made."""
    resume_seconds: float
    """Of a third run, for which the last frame was removed."""
    resumed: int
    """Frames that it made."""
    samples: list[tuple[float, float, int]]
    """About 200 times: seconds, MiB, frames that were there."""


def long_job(place: Path, hours: float, log: Callable[[str], object] = print) -> LongFigures:
    """Frames for so many hours of sound at 25 a second, with the smallest network and images."""
    avatar = tiny.make_avatar(place / "avatar", "wav2lip", size=(272, 232))
    sound = _save_sound(place / "speech.wav", hours)
    words = ("generate", str(sound), "--avatar", str(avatar), "--format", "jpg", "--out")
    out = place / "out"
    begun = time.monotonic()
    process = jobs.start(words, out, "", "--quiet")
    expected = round(hours * 3600 * 25)
    samples: list[tuple[float, float, int]] = []  # seconds, MiB, frames that are there
    while process.poll() is None:
        time.sleep(1)
        samples.append((time.monotonic() - begun, _resident_mb(process.pid), _frames_there(out, samples)))
        if len(samples) % 60 == 0:
            log(f"{samples[-1][2]} of {expected} frames, {samples[-1][1]:.0f} MiB")
    seconds = time.monotonic() - begun
    frames = sum(1 for _ in out.glob("frame_*.jpg"))
    settled = next((memory for moment, memory, _ in samples if moment >= _SETTLED), 0.0)
    later = [memory for moment, memory, _ in samples if moment >= _SETTLED and memory]
    finished_seconds, made_again = _again(words, out)
    (out / f"frame_{expected:06d}.jpg").unlink()
    resume_seconds, resumed = _again(words, out)
    return LongFigures(
        hours,
        frames,
        expected,
        seconds,
        _speeds(samples, expected),
        settled,
        max(later, default=0.0),
        finished_seconds,
        made_again,
        resume_seconds,
        resumed,
        samples[:: max(1, len(samples) // 200)],
    )


def unexpected(figures: LongFigures) -> list[str]:
    """What of the figures is not as it should be."""
    lines = []
    if (figures.frames, figures.made_again, figures.resumed) != (figures.expected, 0, 1):
        lines.append(f"{figures.frames} of {figures.expected} frames, {figures.made_again} made again")
    if figures.settled_mb and figures.most_mb / figures.settled_mb - 1 > MOST_GROWTH:
        lines.append(f"memory grew from {figures.settled_mb:.0f} to {figures.most_mb:.0f} MiB after a minute")
    if figures.finished_seconds > MOST_RESUME:
        lines.append(f"to find that all was done took {figures.finished_seconds:.1f} s")
    first, second = figures.halves
    if second < first * (1 - MOST_SLOWER):
        lines.append(f"{first:.0f} frames a second in the first half, {second:.0f} in the second")
    return lines


def _again(words: tuple[str, ...], out: Path) -> tuple[float, int]:
    """Run the command again: seconds, and frames that it made."""
    begun = time.monotonic()
    _, said, _ = jobs.run(words, out, "", "--json")
    return time.monotonic() - begun, int(json.loads(said.splitlines()[-1])["frames_written"])


def _save_sound(path: Path, hours: float) -> Path:
    minute = tiny.save_sound(path.with_name("minute.wav"), 60, _RATE)
    with wave.open(str(minute)) as source, wave.open(str(path), "wb") as file:
        file.setparams(source.getparams())
        block = np.frombuffer(source.readframes(source.getnframes()), "<i2")
        for _ in range(round(hours * 60)):
            file.writeframes(block.tobytes())
    return path


def _resident_mb(process: int) -> float:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    lines = [line.split() for line in status.splitlines()]
    return next((int(words[1]) / 1024 for words in lines if words[0] == "VmRSS:"), 0.0)


def _frames_there(out: Path, samples: list[tuple[float, float, int]]) -> int:
    """Counted on from the last time: they come nearly in order."""
    number = samples[-1][2] if samples else 0
    while (out / f"frame_{number + 1:06d}.jpg").exists():
        number += 1
    return number


def _speeds(samples: list[tuple[float, float, int]], expected: int) -> tuple[float, float]:
    """Frames a second between the first one and the middle, and from there to the last sample."""
    begun = next((sample for sample in samples if sample[2]), None)
    middle = next((sample for sample in samples if sample[2] >= expected // 2), None)
    if begun is None or middle is None or middle is begun or middle is samples[-1]:
        return 0.0, 0.0
    last = samples[-1]
    first_half = (middle[2] - begun[2]) / (middle[0] - begun[0])
    return first_half, (last[2] - middle[2]) / (last[0] - middle[0])
