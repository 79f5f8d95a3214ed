# SPDX-License-Identifier: GPL-3.0-or-later
"""How well a mouth follows a voice, in figures."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from phones import SILENCE, letters
from speak_engines import Speech
from visemes import CHANNELS, PRESS, tracks
from visemes import opening as opening_of

FPS = 100
"""Measured four times as finely as it is shown, so that a lag is known to 10 ms."""
RANGE = 0.95
"""The widest opening that visemes.py asks for."""
SETTLED_S = 0.2
"""Silence counts from here on: until then the mouth is still closing, or opening for what comes."""


@dataclass(frozen=True)
class Figures:
    """What is measured of a voice."""

    seconds: float
    correlation: float
    """Of the true and the predicted opening."""
    loudness_correlation: float
    """The same of the best mouth that loudness alone can drive."""
    lag_ms: int
    """How late the predicted opening is; negative is early."""
    closed: float
    """Part of the p, b, m in whose middle the mouth is shown shut."""
    silence: float
    """95th percentile of the opening in silence, as part of its range."""
    flicker: float
    """Mean absolute second difference of the opening within vowels, parts of the range a frame of 40 ms."""
    channels: dict[str, float]
    """Correlation of each channel."""


def loudness(samples: NDArray[np.float32], count: int) -> NDArray[np.float64]:
    """Level in dB at 100 Hz, smoothed over 60 ms and cut 40 dB below the loudest: [count], 0..1."""
    padded = np.pad(samples.astype(np.float64), (480, 480 + 160 * count))
    power = np.convolve(padded**2, np.hanning(961) / 480, "same")[480::160][:count]
    decibels = 10 * np.log10(power + 1e-10)
    return np.clip((decibels - decibels.max()) / 40 + 1, 0, 1)


def measure(
    speeches: Sequence[Speech], mouth_of: Callable[[NDArray[np.float32]], NDArray[np.float32]]
) -> Figures:
    """The figures of one voice."""
    shown = [mouth_of(speech.samples) for speech in speeches]
    true = [tracks(s.phones, len(s.samples) / s.rate)[: len(m)] for s, m in zip(speeches, shown, strict=True)]
    loud = np.concatenate([loudness(s.samples, len(m)) for s, m in zip(speeches, shown, strict=True)])
    stacked_shown, stacked_true = np.concatenate(shown), np.concatenate(true)
    opening_shown, opening_true = opening_of(stacked_shown), opening_of(stacked_true)
    quiet = np.concatenate([_settled(s, len(m)) for s, m in zip(speeches, shown, strict=True)])
    shut = [ok for s, m in zip(speeches, shown, strict=True) for ok in _shut(s, m)]
    return Figures(
        seconds=round(len(stacked_shown) / FPS, 1),
        correlation=_correlation(opening_shown, opening_true),
        # One line through all of it is the best linear fit, and a correlation does not see the line's slope.
        loudness_correlation=_correlation(loud, opening_true),
        lag_ms=_lag(opening_shown, opening_true),
        closed=float(np.mean(shut)) if shut else float("nan"),
        silence=float(np.percentile(opening_shown[quiet], 95)) / RANGE if quiet.any() else float("nan"),
        flicker=_flicker(speeches, shown),
        channels={
            name: _correlation(stacked_shown[:, c], stacked_true[:, c]) for c, name in enumerate(CHANNELS)
        },
    )


def _correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if np.std(a) > 0 and np.std(b) > 0 else float("nan")


def _lag(shown: NDArray[np.floating], true: NDArray[np.floating], most: int = 20) -> int:
    """Milliseconds by which `shown` comes after `true` where the two agree best."""
    middle = shown[most:-most]
    fits = [_correlation(middle, true[most - lag : len(true) - most - lag]) for lag in range(-most, most + 1)]
    return (int(np.argmax(fits)) - most) * 1000 // FPS


def _settled(speech: Speech, count: int) -> NDArray[np.bool_]:
    """The moments at which a mouth has no reason to be open: [count]."""
    quiet = np.ones(count, bool)
    for phone in speech.phones:
        if phone.ipa != SILENCE:
            quiet[max(0, int((phone.start - SETTLED_S) * FPS)) : int((phone.end + SETTLED_S) * FPS) + 1] = (
                False
            )
    return quiet


def _shut(speech: Speech, mouth: NDArray[np.float32]) -> Iterator[bool]:
    """For each p, b, m: whether the mouth is shut at some frame around its middle."""
    opening = opening_of(mouth)
    for phone in speech.phones:
        if letters(phone.ipa) in tuple("pbm"):
            middle = int((phone.start + phone.end) / 2 * FPS)
            around = slice(max(0, middle - 2), middle + 3)
            yield bool(np.any((mouth[around, PRESS] >= 0.5) | (opening[around] < 0.08)))


def _flicker(speeches: Sequence[Speech], shown: Sequence[NDArray[np.float32]]) -> float:
    """Jitter within vowels of at least 0.12 s, between frames of 25 a second."""
    found: list[float] = []
    for speech, mouth in zip(speeches, shown, strict=True):
        opening = opening_of(mouth)
        for phone in speech.phones:
            if letters(phone.ipa)[:1] in tuple("aɑæɛeiɪoɔuʌɝ") and phone.end - phone.start > 0.12:
                section = opening[int(phone.start * FPS) : int(phone.end * FPS) : FPS // 25]
                found += list(np.abs(np.diff(section, 2)) / RANGE)
    return float(np.mean(found)) if found else float("nan")
