# SPDX-License-Identifier: GPL-3.0-or-later
"""The real demo avatar: its mouth moves with speech, rests in silence, and fits what is promised of it."""

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from lipreel.engine.avatar.avatar_types import Avatar
from lipreel.engine.avatar.library import MODELS, load_avatar
from lipreel.engine.avatar.template import TemplateFrames
from lipreel.engine.compare.inputs import open_inputs
from lipreel.engine.compare.run import compare
from lipreel.engine.compare.sync import hear, measure_sync
from lipreel.engine.frames.template_order import template_index
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.painters.networks import check_avatar
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import images
from numpy.typing import NDArray

FPS = Fraction(25)
SPEECH_S = 4
NUMBERS = list(range(1, int((SPEECH_S + 1) * FPS) + 1))


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    return load_avatar("demo")


@pytest.fixture(scope="module")
def speech() -> tuple[NDArray[np.float32], int]:
    """The first seconds of the sample, and a second of digital silence behind them."""
    samples, rate = soundfile.read(MODELS / "demo" / "sample.wav", SPEECH_S * 48000, dtype="float32")
    samples = samples[: SPEECH_S * rate]
    return np.concatenate([samples, np.zeros(rate, np.float32)]), rate


@pytest.fixture(scope="module")
def frames(
    avatar: Avatar, speech: tuple[NDArray[np.float32], int], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of what the avatar says."""
    out = tmp_path_factory.mktemp("demo")
    generate(open_sound(speech), avatar, out, JobOptions(fps=FPS))
    return out


@pytest.fixture(scope="module")
def change(avatar: Avatar, frames: Path) -> NDArray[np.float64]:
    """For each frame, how far its pixels are from its template frame: mean levels of the face square."""
    part = avatar.template
    found = []
    with TemplateFrames(avatar) as templates:
        for index, path in enumerate(sorted(frames.glob("frame_*.png"))):
            template = templates[template_index(index, FPS, part.loop())]
            frame = images.read(path)
            square = template.square
            inside = (slice(square.y, square.y + square.size), slice(square.x, square.x + square.size))
            difference = np.abs(frame.astype(float) - template.frame)
            found.append(difference[inside].mean())
            difference[inside] = 0
            assert difference.max() == 0, "a pixel outside the face square has changed"
    return np.array(found)


def test_one_frame_for_each_moment(change: NDArray[np.float64]) -> None:
    assert len(change) == (SPEECH_S + 1) * FPS


def test_mouth_moves_with_speech(
    change: NDArray[np.float64], speech: tuple[NDArray[np.float32], int]
) -> None:
    samples, rate = speech
    hop = rate // 25
    level = np.sqrt(np.square(samples.reshape(-1, hop)).mean(axis=1))
    loudness = np.log10(np.convolve(level, np.ones(3) / 3, "same") + 1e-3)
    assert change.max() > 2, "the mouth hardly moves"
    assert np.corrcoef(loudness, change)[0, 1] > 0.5


def test_mouth_rests_in_silence(change: NDArray[np.float64]) -> None:
    silent = change[math.ceil((SPEECH_S + 0.5) * FPS) :]
    assert len(silent) > 10
    assert silent.max() < 0.05 * change.max()


@pytest.fixture(scope="module")
def activity(frames: Path) -> NDArray[np.float64]:
    """Of the mouth, as `lipreel compare --sync` measures it."""
    inputs = open_inputs([frames], sound=MODELS / "demo" / "sample.wav")
    lips = compare(inputs, lips=True).lips
    assert lips is not None
    return lips.activity[0]


@pytest.mark.parametrize("late", range(-5, 6))
def test_a_sound_that_is_moved_is_found_out(
    activity: NDArray[np.float64], speech: tuple[NDArray[np.float32], int], late: int
) -> None:
    """The mouth is compared with a sound that begins so many frames earlier, so that it comes late."""
    samples, rate = speech
    shift = late * rate // 25
    moved = samples[shift:] if shift >= 0 else np.concatenate([np.zeros(-shift, np.float32), samples])
    found = measure_sync(activity, hear(open_sound((moved, rate)), FPS, NUMBERS), FPS)
    assert found.lag == late
    assert found.best_correlation > 0.6
    assert found.silence < 0.05


def test_other_words_are_found_out(
    activity: NDArray[np.float64], speech: tuple[NDArray[np.float32], int]
) -> None:
    """The same sound with its half seconds in another order."""
    samples, rate = speech
    parts = np.array_split(samples, len(NUMBERS) * 2 // FPS)
    right = measure_sync(activity, hear(open_sound((samples, rate)), FPS, NUMBERS), FPS)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(parts))
        mixed = np.concatenate([parts[index] for index in order])
        found = measure_sync(activity, hear(open_sound((mixed, rate)), FPS, NUMBERS), FPS)
        assert found.correlation < right.correlation - 0.1


def test_avatar_is_whole_free_and_small(avatar: Avatar) -> None:
    check_avatar(avatar)
    files = [path for path in Path(avatar.folder).rglob("*") if path.is_file()]
    assert avatar.licence == "CC0-1.0"
    assert sum(path.stat().st_size for path in files) <= 20e6
    assert avatar.path(avatar.generator.file).stat().st_size <= 12e6
    sample = soundfile.info(MODELS / "demo" / "sample.wav")
    assert 8 <= sample.duration <= 15
    assert sample.samplerate >= 16000
