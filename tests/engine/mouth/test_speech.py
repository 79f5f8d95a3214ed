# SPDX-License-Identifier: GPL-3.0-or-later
"""The speech network on real speech: what it was made of, any length, and one smooth track for every rate."""

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from lipreel.engine.arrays import Floats
from lipreel.engine.errors import AvatarError
from lipreel.engine.features.logmel import log_mel
from lipreel.engine.mouth.hear import hear
from lipreel.engine.mouth.speech import SPEECH, hear_mel, open_speech, reach, speech_model
from lipreel.engine.mouth.track import GESTURES, sampled
from lipreel.engine.runtime.monitor import Monitor
from lipreel.engine.sound.sound import RATE, open_sound

DATA = Path(__file__).parents[2] / "data"
SPEECH_WAV = DATA / "speech.wav"


@pytest.fixture(scope="module")
def samples() -> Floats:
    return np.concatenate(list(open_sound(SPEECH_WAV).blocks()))


@pytest.fixture(scope="module")
def track(samples: Floats) -> Floats:
    return hear(open_sound((samples, RATE))).values


def test_at_25_frames_it_is_what_it_was_made_of(track: Floats) -> None:
    """The encoder and the head of the first demo avatar, frame by frame as their contract has it."""
    truth = np.loadtxt(DATA / "mouth_25.csv", np.float32, delimiter=",")
    found = sampled(track, np.arange(len(truth)) / 25)
    difference = np.abs(found - truth)
    assert difference.mean() < 0.015
    assert np.percentile(difference, 99) < 0.13
    assert found[truth[:, 3] > 0.9, 3].min() > 0.6  # no closing of the lips is lost


def test_every_rate_reads_one_smooth_track(track: Floats) -> None:
    """At 60 frames a second the mouth jitters hardly more than a smooth curve through 25."""
    interpolate = pytest.importorskip("scipy.interpolate")
    moments = np.arange(int(len(track) / 80 * 25)) / 25
    curve = interpolate.CubicSpline(moments, sampled(track, moments))
    fine = np.arange(int(moments[-1] * 60)) / 60
    jitter = np.abs(np.diff(sampled(track, fine), 2, axis=0)).mean()
    assert jitter <= 1.3 * np.abs(np.diff(curve(fine), 2, axis=0)).mean()


def test_a_mouth_is_at_rest_in_silence() -> None:
    values = hear(open_sound((np.zeros(RATE * 2, np.float32), RATE))).values
    assert len(values) == 161
    assert values.max() < 0.05


def test_parts_are_the_same_bits_as_the_whole(samples: Floats) -> None:
    long = np.concatenate([samples] * 5)
    mel, model = log_mel(long), speech_model()
    network, everything = open_speech(model), range(len(mel))
    whole = hear_mel(mel, everything, everything, model, network, Monitor(), workers=1)
    assert np.array_equal(whole, hear_mel(mel, everything, everything, model, network, Monitor(), workers=5))
    for moments in (range(700, 701), range(100, 1300), range(1020, 1030)):
        needed = reach(moments, everything, model)
        assert len(needed) < len(mel)
        masked = np.full_like(mel, np.nan)
        masked[needed.start : needed.stop] = mel[needed.start : needed.stop]
        part = hear_mel(masked, everything, moments, model, network, Monitor())
        assert np.array_equal(part, whole[moments.start : moments.stop])


def test_what_is_not_heard_does_not_count_and_what_is_far_neither(samples: Floats) -> None:
    long = np.concatenate([samples] * 3)
    mel, model = log_mel(long), speech_model()
    network, moments = open_speech(model), range(len(mel))
    whole = hear_mel(mel, moments, moments, model, network, Monitor())
    cut = 600
    trimmed = hear_mel(mel, range(cut), moments, model, network, Monitor())
    near = model.behind
    assert np.array_equal(whole[: cut - near], trimmed[: cut - near])
    assert not np.array_equal(whole[cut - near : cut], trimmed[cut - near : cut])
    assert trimmed[cut + model.before :].max() < 0.05


def test_gestures_are_found_in_frames_that_last_long(track: Floats) -> None:
    """On threes at 24 frames a second, a closure of 50 ms lies between two looks as often as not."""
    moments = np.arange(0, len(track) / 80, 3 / 24)
    plain, held = sampled(track, moments), sampled(track, moments, 3 / 24)
    assert np.array_equal(plain[:, :3], held[:, :3])
    assert (held[:, GESTURES] >= plain[:, GESTURES]).all()
    assert (held[:, 3] > 0.9).sum() > (plain[:, 3] > 0.9).sum()


def test_a_network_that_was_changed_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SPEECH, tmp_path / "speech")
    with (tmp_path / "speech" / "speech.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(AvatarError, match=r"speech\.toml says"):
        open_speech(speech_model(tmp_path / "speech"))
    (tmp_path / "speech" / "speech.toml").write_text("schema = 1\nid = 'other'\n")
    with pytest.raises(AvatarError, match="other"):
        speech_model(tmp_path / "speech")
    with pytest.raises(AvatarError, match="cannot be read"):
        speech_model(tmp_path)


def test_of_any_rate_and_part() -> None:
    whole = hear(open_sound(SPEECH_WAV))
    part = hear(open_sound(SPEECH_WAV, start=Fraction(1), duration=Fraction(2)))
    assert len(part.values) == 161
    assert np.abs(part.values[40:110] - whole.values[120:190]).max() < 1e-3
    assert part.sound == whole.sound
