# SPDX-License-Identifier: GPL-3.0-or-later
"""Lip-sync in figures: does the mouth move when the sound does, and rest when it rests? Pure functions."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..arrays import Bools, Doubles
from ..features.logmel import log_mel_chunks
from ..features.loudness import at_frames, loudness, silent
from ..sound.sound import Sound

_LAG_S = Fraction(2, 5)  # seconds that are tried to either side
_EDGE_S = Fraction(1, 5)  # of a silence: words are shown beyond their sound
_LEAST_FRAMES = 25  # that must overlap to speak of correlation


@dataclass(frozen=True, eq=False)
class Heard:
    """A sound as the frames show it."""

    level: Doubles
    """[n] loudness in dB, see loudness.loudness."""
    silent: Bools
    """[n] whether it is silence."""


@dataclass(frozen=True)
class Sync:
    """How well a mouth follows a sound. Nan stands for what cannot be said, as in a sound without silence."""

    correlation: float
    """Of the mouth's activity with the sound's level, as they are, -1 ... 1."""
    lag: int
    """Frames that the mouth is late (below 0: early), by the best correlation; right within a frame or so."""
    best_correlation: float
    """The correlation there."""
    silence: float
    """The mouth's mean activity in silence over that in speech: 0 is a mouth that rests."""


def sync_texts(sync: Sync) -> tuple[str, str, str, str]:
    """For people: the correlation, the lag, the best correlation, and the activity in silence."""
    silence = "no silence" if math.isnan(sync.silence) else f"{sync.silence:.1%} of that in speech"
    if math.isnan(sync.best_correlation):  # the mouth never moves, or the sound never changes
        return "none", "no lag", "none", silence
    return f"{sync.correlation:.3f}", f"{sync.lag:+d} frames", f"{sync.best_correlation:.3f}", silence


def hear(sound: Sound, fps: Fraction, numbers: list[int]) -> Heard:
    """What is heard at the moments of the frames `numbers`, of which 1 is at the beginning of the sound."""
    level = loudness(log_mel_chunks(sound.blocks()))
    rows = np.array(numbers) - 1
    count = int(rows.max()) + 1
    levels = at_frames(level, fps, count)[rows].astype(np.float64)
    return Heard(levels, at_frames(silent(level), fps, count)[rows].astype(np.bool_))


def measure_sync(activity: Doubles, heard: Heard, fps: Fraction) -> Sync:
    """How well the activity of a mouth [n] follows a sound, in frames that follow one another.

    The lag is the shift, up to 0.4 s to either side, at which they correlate best.
    """
    reach = max(0, min(int(_LAG_S * fps), len(activity) - _LEAST_FRAMES))
    correlations = {lag: _correlation(activity, heard.level, lag) for lag in range(-reach, reach + 1)}
    lag = max(correlations, key=lambda lag: (np.nan_to_num(correlations[lag], nan=-2), -abs(lag)))
    return Sync(correlations[0], lag, correlations[lag], _in_silence(activity, heard.silent, fps))


def _correlation(activity: Doubles, level: Doubles, lag: int) -> float:
    """Pearson's, of the mouth `lag` frames later with the sound; nan where one of them is constant."""
    mouth = activity[max(0, lag) : len(activity) + min(0, lag)]
    sound = level[max(0, -lag) : len(level) + min(0, -lag)]
    if len(mouth) < 2 or np.ptp(mouth) < 1e-9 or np.ptp(sound) < 1e-9:
        return math.nan
    return float(np.corrcoef(mouth, sound)[0, 1])


def _in_silence(activity: Doubles, silent: Bools, fps: Fraction) -> float:
    """The share; a word's end and the next one's beginning are shown in silence too and do not count."""
    width = 2 * math.ceil(_EDGE_S * fps) + 1
    padded = np.pad(silent, width // 2, "edge")
    inside = np.convolve(padded, np.ones(width), "valid") > width - 0.5
    speech = activity[~silent]
    if not inside.any() or not speech.any():
        return math.nan
    return float(activity[inside].mean() / speech.mean())
