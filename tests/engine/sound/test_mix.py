# SPDX-License-Identifier: GPL-3.0-or-later
"""What is heard of channels: their mean, unless that would be nothing."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from lipreel.engine.mouth.hear import hear
from lipreel.engine.sound.mix import sections
from lipreel.engine.sound.sound import open_sound
from numpy.typing import NDArray

SAMPLE = Path(__file__).parents[3] / "models/demo/sample.wav"


@pytest.fixture(scope="module")
def speech() -> tuple[NDArray[np.float32], int]:
    samples, rate = soundfile.read(SAMPLE, dtype="float32")
    return samples[: 6 * rate], rate


def heard(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    return np.concatenate(list(open_sound((samples, rate)).blocks()))


def test_channels_that_cancel_are_taken_apart(speech: tuple[NDArray[np.float32], int]) -> None:
    samples, rate = speech
    for other in (-samples, -0.97 * samples, -samples + 0.01 * np.roll(samples, 500)):
        both = np.stack([samples, other], 1)
        assert np.array_equal(heard(both, rate), heard(samples, rate))
    (note,) = open_sound((np.stack([samples * 0.8, -samples], 1), rate)).notes
    assert "cancel each other out: channel 2 alone" in note


def test_channels_that_do_not_cancel_are_mixed_as_ever(speech: tuple[NDArray[np.float32], int]) -> None:
    samples, rate = speech
    silent, noise = np.zeros_like(samples), np.random.default_rng(1).normal(0, 0.1, samples.shape)
    surround = np.stack([silent] * 3 + [samples] + [silent] * 4, 1)
    for channels in (
        np.stack([samples, samples], 1),
        np.stack([samples, silent], 1),
        np.stack([samples, noise], 1),
        np.stack([samples, np.roll(samples, rate // 100)], 1),
        surround,
    ):
        assert open_sound((channels, rate)).source.mix.channel is None


def test_quiet_speech_moves_the_mouth_as_loud_speech_does(speech: tuple[NDArray[np.float32], int]) -> None:
    samples, rate = speech
    loud = hear(open_sound((samples, rate))).values
    quiet = open_sound((np.float32(10 ** (-50 / 20)) * samples, rate))
    assert "very quiet" in quiet.notes[0]
    values = hear(quiet).values
    assert np.corrcoef(loud[:, 0], values[:, 0])[0, 1] > 0.98
    assert abs(values[:, 0].mean() - loud[:, 0].mean()) < 0.05


@pytest.mark.parametrize("gain", [3.0, 1.0, 0.1])
def test_usual_levels_are_left_alone(speech: tuple[NDArray[np.float32], int], gain: float) -> None:
    samples, rate = speech
    sound = open_sound((np.float32(gain) * samples, rate))
    assert sound.notes == ()
    assert sound.source.mix.gain == 1


@pytest.mark.parametrize("level", [0.1, 0.001, 0.0])
def test_noise_and_silence_are_no_speech(level: float) -> None:
    noise = np.random.default_rng(2).normal(0, 1, 16000 * 4).astype(np.float32) * np.float32(level)
    assert not hear(open_sound((noise, 16000))).speaks


def test_quiet_noise_stays_quiet(speech: tuple[NDArray[np.float32], int]) -> None:
    """It would move the mouths of networks that hear for themselves."""
    noise = np.random.default_rng(2).normal(0, 1e-3, 16000 * 4).astype(np.float32)
    samples, rate = speech
    short = np.float32(10 ** (-50 / 20)) * samples[: rate // 2]
    for sound in ((noise, 16000), (short, rate)):
        assert open_sound(sound).source.mix.gain == 1


def test_speech_is_speech(speech: tuple[NDArray[np.float32], int]) -> None:
    assert hear(open_sound(speech)).speaks


def test_long_sounds_are_measured_in_places_all_over() -> None:
    assert sections(25, 1) == [(0, 10), (10, 10), (20, 5)]
    hour = sections(3600, 1)
    assert len(hour) == 60
    assert hour[0] == (0, 10)
    assert hour[-1] == (3590, 10)
    assert max(np.diff([first for first, _ in hour])) <= 70
