# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings for tests, and jobs of clips of them."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from lipreel.engine.avatar.avatar_types import Avatar
from lipreel.engine.job.generate_clip import ClipResult, generate_clip
from lipreel.engine.job.options import JobOptions
from lipreel.engine.sound.clip import Clip
from lipreel.engine.sound.recording import Recording, SourceRecording
from lipreel.engine.sound.source import array_source
from numpy.typing import NDArray

FPS = Fraction(25)


def speech(seconds: float, rate: int = 16000, channels: int = 1) -> NDArray[np.float32]:
    """Words of half a second, with pauses of 0.2 and, every third time, 1.3 s: [n] or [n, channels]."""
    time = np.arange(round(seconds * rate)) / rate
    within = time % 3.5
    words = [(within > begin) & (within < begin + 0.5) for begin in (0, 0.7, 1.4)]
    loud = np.any(words, axis=0).astype(float)
    noise = np.random.default_rng(7).normal(0, 0.1, len(time))
    tone = np.sin(2 * np.pi * (150 + 40 * np.sin(3 * time)) * time)
    mono = 0.4 * loud * (tone * (1 + 0.5 * np.sin(11 * time)) + noise) + 0.0005 * noise
    if channels == 1:
        return np.asarray(mono, np.float32)
    return np.stack([mono * (1 + 0.1 * k) + 0.01 * k * noise for k in range(channels)], 1).astype(np.float32)


def recording(samples: NDArray[Any], rate: int = 16000) -> SourceRecording:
    """Samples in memory as a recording."""
    return SourceRecording(array_source(samples, rate))


class Counted:
    """A recording of a given length that makes its samples when they are read, and counts them."""

    name, identity, notes = "counted", "counted", ()

    def __init__(self, seconds: int, rate: int) -> None:
        self.rate, self.samples = rate, seconds * rate
        self.read_s = 0.0

    def read(self, first: int, count: int) -> NDArray[np.float32]:
        """A tone."""
        self.read_s += count / self.rate
        places = np.arange(first, first + count)
        tone = 0.3 * np.sin(places % self.rate * (2 * np.pi * 200 / self.rate)).astype(np.float32)
        return np.where((places >= 0) & (places < self.samples), tone, np.float32(0))


def whole(sound: Recording, fps: Fraction = FPS) -> Clip:
    """All of a recording."""
    duration = Fraction(sound.samples, sound.rate)
    return Clip(
        0,
        -(-duration.numerator * fps.numerator // (duration.denominator * fps.denominator)),
        fps,
        Fraction(0),
        duration,
    )


def make(
    sound: Recording,
    avatar: Avatar,
    clip: Clip,
    folder: Path,
    options: Mapping[str, Any] | None = None,
    **how: Any,
) -> ClipResult:
    """Run the job of a clip."""
    return generate_clip(sound, avatar, clip, folder, JobOptions(**{"workers": 2, **(options or {})}), **how)


def contents(result: ClipResult) -> list[bytes]:
    """The clip's frames, in order."""
    return [(result.out / name).read_bytes() for name in result.files]


def frame_files(folder: Path) -> Iterator[Path]:
    """The frames in a folder."""
    return (path for path in sorted(folder.iterdir()) if path.name.startswith("frame_"))
