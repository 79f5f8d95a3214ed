# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a sound is silent, with sounds whose silences are known."""

from fractions import Fraction

import numpy as np
import pytest
from lipreel.engine.features.logmel import log_mel_chunks
from lipreel.engine.features.loudness import at_frames, loudness, silent, stretches
from numpy.typing import NDArray

RATE = 16000


def level(samples: NDArray[np.float64]) -> NDArray[np.float32]:
    return loudness(log_mel_chunks([samples.astype(np.float32)]))


def speech(seconds: float) -> NDArray[np.float64]:
    """Something as loud and as broad as speech."""
    return 0.1 * np.random.default_rng(0).standard_normal(int(seconds * RATE))


@pytest.mark.parametrize("noise_db", [None, -60, -50, -40])
def test_a_pause_is_found_also_where_there_is_noise(noise_db: int | None) -> None:
    sound = np.concatenate([speech(2), np.zeros(RATE), speech(2)])
    if noise_db is not None:
        sound += 10 ** (noise_db / 20) * np.random.default_rng(1).standard_normal(len(sound))
    (pause,) = stretches(silent(level(sound)))
    assert float(pause.begin) == pytest.approx(2, abs=0.1)
    assert float(pause.end) == pytest.approx(3, abs=0.1)


def test_what_never_changes_has_no_pauses() -> None:
    assert not silent(level(speech(2))).any()


def test_digital_silence_is_silent_throughout() -> None:
    quiet = silent(level(np.zeros(2 * RATE)))
    assert quiet.all()
    (whole,) = stretches(quiet)
    assert (whole.begin, whole.end) == (0, Fraction(161, 80))


def test_the_scale_is_decibels() -> None:
    louder = level(2 * speech(1)) - level(speech(1))
    assert louder[10:-10] == pytest.approx(6.02, abs=0.01)


def test_runs_at_both_ends() -> None:
    found = stretches(np.array([True, False, True, True]))
    assert [(run.begin, run.end) for run in found] == [
        (0, Fraction(1, 80)),
        (Fraction(2, 80), Fraction(4, 80)),
    ]


def test_frames_take_the_mel_frame_of_their_moment() -> None:
    # 30 a second: 80 * i / 30 = 0, 2.67, 5.33, 8; there is none behind the last.
    assert at_frames(np.arange(8), Fraction(30), 4).tolist() == [0, 2, 5, 7]
