# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound of a strip where Blender's decoder is missing; with it: see test_blender.py."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from lipreel.addon.sequencer.strip_sound import StripSound
from lipreel.engine.errors import InputError
from lipreel.tests.helpers.sounds import encode
from numpy.typing import NDArray

RATE = 8000
RAMP = np.linspace(0.1, 0.9, 2 * RATE).astype(np.float32)  # two seconds: a sample says where it is from


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Gespräch.wav"
    soundfile.write(path, np.stack([RAMP, np.zeros_like(RAMP)], axis=1), RATE, subtype="FLOAT")
    return path


def read(path: Path, first: int, count: int, packed: bytes | None = None) -> NDArray[np.float32]:
    with StripSound("talk", path, packed).open() as recording:
        assert (recording.rate, recording.samples) == (RATE, len(RAMP))
        return recording.read(first, count) * 2  # the mean of the ramp and of silence


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (0, 16000),
        (4000, 12000),
        (-2000, 6000),  # silence first
        (12000, 28000),  # silence at the end
        (-8000, 24000),  # both
        (16000, 20000),
        (-10, 0),
    ],
)
def test_any_part_is_read_with_silence_around_it(file: Path, begin: int, end: int) -> None:
    around = np.concatenate([np.zeros(8000), RAMP, np.zeros(12000)])
    np.testing.assert_allclose(read(file, begin, end - begin), around[begin + 8000 : end + 8000], atol=1e-6)


def test_a_packed_sound_is_read_from_its_bytes(file: Path) -> None:
    packed = read(Path("//gone.wav"), 4000, 8000, packed=file.read_bytes())
    np.testing.assert_array_equal(packed, read(file, 4000, 8000))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.wav: there is no such file"):
        read(tmp_path / "gone.wav", 0, 1)


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.wav"
    path.write_text("not a sound")
    with pytest.raises(InputError, match=r"text\.wav: not a sound that can be read"):
        read(path, 0, 1)


def test_a_library_that_does_not_load_is_told_as_that(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wheel of soundfile raises OSError where the library that it wraps does not load."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "soundfile.py").write_text("raise OSError('cannot load library libsndfile')")
    monkeypatch.syspath_prepend(tmp_path / "lib")
    monkeypatch.delitem(sys.modules, "soundfile")
    with pytest.raises(ImportError, match="cannot load library libsndfile"):
        read(file, 0, 1)


def test_without_blenders_decoder_no_one_is_sent_to_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode(tmp_path / "a.m4a", np.zeros(RATE, np.float32), RATE, "aac")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setitem(sys.modules, "aud", None)
    with (
        pytest.raises(InputError, match="this build of Blender reads wav, flac, ogg and mp3") as raised,
        StripSound("talk", tmp_path / "a.m4a", None).open(),
    ):
        pass
    assert raised.value.how == "Convert it to wav"
