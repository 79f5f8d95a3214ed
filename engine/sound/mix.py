# SPDX-License-Identifier: GPL-3.0-or-later
"""What is heard of a sound's channels, decided from the whole sound: their mean, nearly always."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import Floats

if TYPE_CHECKING:
    from .source import SoundSource

_WINDOW_S = 0.05
_SECTION_S, _MOST_SECTIONS = 10, 60  # a longer sound is measured in so many places, evenly spread
# Of n channels with nothing in common, or with all in one of them, the sum has the energy of all together;
# of equal ones n times as much; of two that are each other's inverse nothing.
_CANCELLED = 0.1
_ALIKE = 0.98  # of a channel's energy
# The level of the loud moments, mean square in dB; speech as it is mixed has -25 to -10. Turned down to -40
# the sample speech moves the jaw as before (correlation 0.99, 6 % less far), at -50 0.94, at -65 not at all;
# noise of any level, and hum, move nothing.
_PERCENTILES = (10, 95)
_SPEECH_DB, _LEAST_S = (
    10.0,
    1.0,
)  # noise, which wanders by 3 dB, and what is too short to tell stay as they are
_QUIET_DB, _USUAL_DB, _NOTHING_DB = -42.0, -25.0, -90.0


@dataclass(frozen=True)
class Mix:
    """How channels become one."""

    channel: int | None = None
    """The only one that is heard; None: the mean of all."""
    gain: float = 1.0
    """What it is multiplied by; 1 for all but very quiet sounds."""
    notes: tuple[str, ...] = ()
    """What a user should know of it."""

    def __call__(self, block: Floats) -> Floats:
        """The mono [k] of a block [k, channels]."""
        with np.errstate(invalid="ignore", over="ignore"):
            heard = block.mean(axis=1, dtype=np.float32) if self.channel is None else block[:, self.channel]
            return heard if self.gain == 1 else heard * np.float32(self.gain)


def told(name: str, mix: Mix) -> tuple[str, ...]:
    """The notes of a mix, with the name of the file that they are about."""
    return tuple(f"{Path(name).name}: {note}" for note in mix.notes)


def mix_of(source: "SoundSource") -> Mix:
    """How the channels of a source are mixed; ten minutes of it are read, or all if it is shorter."""
    if not source.seekable:
        return measure_mix(source.read(0), source.rate)
    return measure_mix(_sections(source), source.rate)


def sections(samples: int, rate: int) -> list[tuple[int, int]]:
    """First sample and count of what is measured of a sound."""
    length = _SECTION_S * rate
    count = -(-samples // length)
    kept = range(count) if count <= _MOST_SECTIONS else np.linspace(0, count - 1, _MOST_SECTIONS).astype(int)
    return [(int(n) * length, min(length, samples - int(n) * length)) for n in kept]


def measure_mix(blocks: Iterable[Floats], rate: int) -> Mix:
    """The mix of a sound by its blocks [k, channels], or by those of many places in it."""
    window = max(1, int(_WINDOW_S * rate))
    powers = [_powers(block, window) for block in blocks if len(block)]
    power = np.concatenate(powers)  # [windows, channels + 1]
    power = power[np.isfinite(power).all(axis=1)]
    if not len(power):
        return Mix()
    channels = power.shape[1] - 1
    total = power.sum(axis=0)
    together = total[:channels].sum()
    cancelled = channels > 1 and channels**2 * total[-1] < _CANCELLED * together
    loudest = total[:channels] > _ALIKE * total[:channels].max()
    channel = int(np.argmax(loudest)) if cancelled else None  # the first of those that are as loud
    floor, loud = _levels(power[:, -1 if channel is None else channel])
    notes = []
    if channel is not None:
        notes.append(f"its channels cancel each other out: channel {channel + 1} alone is heard")
    gain = 1.0
    is_speech = loud - floor > _SPEECH_DB and len(power) * _WINDOW_S >= _LEAST_S
    if is_speech and _NOTHING_DB < loud < _QUIET_DB:
        gain = float(10 ** ((_USUAL_DB - loud) / 20))
        notes.append(f"it is very quiet: it is heard {_USUAL_DB - loud:.0f} dB louder")
    return Mix(channel, gain, tuple(notes))


def _levels(power: Floats) -> tuple[float, float]:
    """The level of the pauses and of the loud moments in dB, by the mean squares [n] of windows."""
    floor, loud = 10 * np.log10(np.percentile(power, _PERCENTILES) + 1e-20)
    return float(floor), float(loud)


def _powers(block: Floats, window: int) -> Floats:
    """The mean square of each channel and of their mean in windows of a block: [windows, channels + 1]."""
    window = min(window, len(block))
    whole = block[: len(block) // window * window].astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        all_of = np.column_stack([whole, whole.mean(axis=1)])
        powers = np.square(all_of).reshape(-1, window, all_of.shape[1]).mean(axis=1)
    return np.asarray(powers, np.float32)


def _sections(source: "SoundSource") -> Iterable[Floats]:
    for first, count in sections(source.samples, source.rate):
        for block in source.read(first):
            yield block[:count]
            count -= len(block)
            if count <= 0:
                break
