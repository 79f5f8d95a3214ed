# SPDX-License-Identifier: GPL-3.0-or-later
"""The log-mel against librosa, which the published models were trained with."""

from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
from lipreel.engine.features.logmel import log_mel, log_mel_blocks
from numpy.typing import NDArray

SPEECH = Path(__file__).parents[2] / "data" / "speech.wav"


def speech() -> NDArray[np.float32]:
    """About five seconds at 16 kHz."""
    samples: NDArray[np.float32] = soundfile.read(SPEECH, dtype="float32")[0]
    return samples


def noise(samples: int) -> NDArray[np.float32]:
    """White, at full scale."""
    return np.random.default_rng(0).uniform(-1, 1, samples).astype(np.float32)


def sweep() -> NDArray[np.float32]:
    """20 Hz to 8 kHz in four seconds."""
    tone: NDArray[np.float64] = librosa.chirp(fmin=20, fmax=8000, sr=16000, duration=4.0)
    return tone.astype(np.float32)


def contract(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """The definition of the front end, out of librosa's parts."""
    emphasised = librosa.effects.preemphasis(samples.astype(np.float64), coef=0.97, zi=np.zeros(1))
    spectrum = librosa.stft(emphasised, n_fft=800, hop_length=200, window="hann", pad_mode="constant")
    mel = librosa.filters.mel(sr=16000, n_fft=800, n_mels=80, fmin=55, fmax=7600) @ np.abs(spectrum)
    decibels = 20 * np.log10(np.maximum(1e-5, mel)) - 20
    scaled: NDArray[np.float64] = np.clip(8 * (decibels + 100) / 100 - 4, -4, 4).T
    return scaled


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(speech(), id="speech"),
        pytest.param(speech() * 1e-3, id="speech at -60 dB"),
        pytest.param(noise(64000), id="noise"),
        pytest.param(sweep(), id="sweep"),
        pytest.param(np.zeros(32000, np.float32), id="silence"),
        pytest.param(np.sign(sweep()), id="clipped"),
        pytest.param(noise(51_200 * 2 + 77), id="longer than two chunks"),
    ],
)
def test_it_is_librosas(samples: NDArray[np.float32]) -> None:
    mel = log_mel(samples)
    truth = contract(samples)
    assert mel.dtype == np.float32
    assert mel.shape == truth.shape == (1 + len(samples) // 200, 80)
    assert np.abs(mel - truth).max() < 1e-5


@pytest.mark.parametrize("length", [3000, 3199, 3200, 51_199, 51_200, 51_399, 51_400, 51_600, 51_800])
def test_lengths_around_frames_and_chunks(length: int) -> None:
    samples = noise(length)
    mel = log_mel(samples)
    assert len(mel) == 1 + length // 200
    assert np.abs(mel - contract(samples)).max() < 1e-5


@pytest.mark.parametrize("size", [1, 399, 16000, 51_200, 65_536, 150_000])
def test_blocks_of_any_size_give_the_same_bits(size: int) -> None:
    samples = noise(210_000 if size > 1 else 5_000)
    blocks = (samples[at : at + size] for at in range(0, len(samples), size))
    assert np.array_equal(log_mel_blocks(blocks), log_mel(samples))


@pytest.mark.parametrize("length", [0, 1, 199, 200, 2999])
def test_a_sound_under_a_fifth_of_a_second_is_padded_with_silence(length: int) -> None:
    samples = noise(length)
    mel = log_mel(samples)
    assert mel.shape == (16, 80)
    assert np.abs(mel - contract(np.pad(samples, (0, 3000 - length)))).max() < 1e-5


def test_silence_is_the_lowest_value_everywhere() -> None:
    assert (log_mel(np.zeros(8000, np.float32)) == -4).all()
    assert (log_mel(noise(1))[8:] == -4).all()
