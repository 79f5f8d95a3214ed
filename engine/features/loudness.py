# SPDX-License-Identifier: GPL-3.0-or-later
"""How loud a sound is over time, and where it is silent. Pure functions of the log-mel."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bools, Floats
from .logmel import HOP, RATE

MEL_RATE = Fraction(RATE, HOP)
"""Mel frames a second."""

_DB = 12.5  # decibels in one unit of the log-mel, -100 at its lowest, -4
_SMOOTH = 11  # mel frames (0.14 s), about a syllable

# In mean decibels over the bands, noise wanders by less than 3 dB and speech stands 13 dB (with noise 20 dB
# below it) to 42 dB (clean) above its pauses, as measured with four voices and white noise.
_SPEECH_DB = 10.0  # less than this between the floor and the loud: nothing tells speech from silence
_LEAST_RISE_DB, _MOST_RISE_DB = 3.0, 10.0  # above the floor that still are silence: more in a clean sound
_UNDER_SPEECH_DB = 25.0
_DIGITAL_SILENCE_DB = -97.0


@dataclass(frozen=True)
class Stretch:
    """A stretch of time without speech; it ends at `end`, where the sound may go on."""

    begin: Fraction
    """Seconds."""
    end: Fraction


def loudness(chunks: Iterable[Floats]) -> Floats:
    """The loudness [T] in dB, about -100 ... 0, of a log-mel that comes as chunks [t, 80].

    It is the mean over the bands, smoothed over a syllable. All bands count alike, so that it follows the
    mouth rather than the voice's fundamental.
    """
    means = [np.mean(chunk, axis=1, dtype=np.float64) for chunk in chunks]
    level = (np.concatenate(means) + 4) * _DB - 100
    window = np.hanning(_SMOOTH + 2)[1:-1]
    padded = np.pad(level, _SMOOTH // 2, "edge")
    return np.convolve(padded, window / window.sum(), "valid").astype(np.float32)


def silence_threshold(level: Floats) -> float:
    """The loudness in dB below which a sound is silent, by its `loudness` [T].

    It lies a little above the sound's own floor, so that noise in a recording's pauses is silence.
    """
    floor, loud = (float(np.percentile(level, percent)) for percent in (5, 95))
    spread = loud - floor
    if spread < _SPEECH_DB:
        return _DIGITAL_SILENCE_DB
    return floor + min(max(spread - _UNDER_SPEECH_DB, _LEAST_RISE_DB), _MOST_RISE_DB)


def silent(level: Floats, threshold: float | None = None) -> Bools:
    """Which mel frames [T] are silent, by their `loudness` [T].

    The `threshold` is that of the whole sound; None if this is all of it.
    """
    return np.less(level, silence_threshold(level) if threshold is None else threshold)


def stretches(quiet: Bools, first: int = 0) -> list[Stretch]:
    """The runs of silent mel frames [T], of which the first is mel frame `first` of the sound.

    Mel frame k stands for the time around k/80 s.
    """
    edges = first + np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(np.int8)))
    pairs = edges.reshape(-1, 2).tolist()
    return [Stretch(begin / MEL_RATE, end / MEL_RATE) for begin, end in pairs]


def at_frames(values: NDArray[np.generic], fps: Fraction, count: int) -> NDArray[np.generic]:
    """What `count` output frames at `fps` show of values that mel frames have [T]; the last one goes on."""
    places = [min(int(index * MEL_RATE / fps), len(values) - 1) for index in range(count)]
    return values[places]
