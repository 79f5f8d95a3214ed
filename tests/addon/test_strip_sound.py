# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound of a strip where Blender's decoder is missing; with it: see test_blender.py."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from lipreel.addon.strip_sound import StripSound
from lipreel.engine.errors import InputError
from numpy.typing import NDArray

RATE = 8000
RAMP = np.linspace(0.1, 0.9, 2 * RATE).astype(np.float32)  # two seconds: a sample says where it is from


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Gespräch.wav"
    soundfile.write(path, np.stack([RAMP, np.zeros_like(RAMP)], axis=1), RATE, subtype="FLOAT")
    return path


def read(path: Path, start: str, duration: str, packed: bytes | None = None) -> NDArray[np.float32]:
    sound, rate = StripSound("talk", path, packed, Fraction(start), Fraction(duration)).read()
    assert rate == RATE
    return sound * 2  # the mean of the ramp and of silence


@pytest.mark.parametrize(
    ("start", "duration", "lead", "first", "last"),
    [
        ("0", "2", 0, 0, 16000),
        ("1/2", "1", 0, 4000, 12000),
        ("-1/4", "1", 2000, 0, 6000),  # silence first
        ("3/2", "2", 0, 12000, 16000),  # silence at the end
        ("-1", "4", 8000, 0, 16000),  # both
    ],
)
def test_trims_are_honoured(file: Path, start: str, duration: str, lead: int, first: int, last: int) -> None:
    sound = read(file, start, duration)
    assert len(sound) == Fraction(duration) * RATE
    expected = np.zeros_like(sound)
    expected[lead : lead + last - first] = RAMP[first:last]
    np.testing.assert_allclose(sound, expected, atol=1e-6)


def test_a_packed_sound_is_read_from_its_bytes(file: Path) -> None:
    np.testing.assert_array_equal(
        read(Path("//gone.wav"), "1/2", "1", packed=file.read_bytes()), read(file, "1/2", "1")
    )


@pytest.mark.parametrize("start", ["2", "-1", "5"])
def test_a_strip_that_shows_none_of_its_sound_is_refused(file: Path, start: str) -> None:
    with pytest.raises(InputError, match="talk: the strip lies outside its sound"):
        read(file, start, "1")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.wav: there is no such file"):
        read(tmp_path / "gone.wav", "0", "1")


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.wav"
    path.write_text("not a sound")
    with pytest.raises(InputError, match=r"text\.wav: not a sound that can be read"):
        read(path, "0", "1")
