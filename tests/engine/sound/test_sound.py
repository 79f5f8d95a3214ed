# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound in all its odd but right forms comes out as 16 kHz mono; every bad one is named and mended."""

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from lipreel.engine.errors import InputError
from lipreel.engine.sound.sound import Sound, open_sound
from numpy.typing import NDArray


def sine(rate: int, seconds: float = 1.0) -> NDArray[np.float64]:
    """A 440 Hz tone at half of full scale."""
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate)


def heard(sound: Sound) -> NDArray[np.float32]:
    """All of what the front end hears."""
    return np.concatenate(list(sound.blocks()))


def complaint(source: Any, **section: Any) -> InputError:
    """The error that opening or reading a sound ends in."""
    with pytest.raises(InputError) as caught:
        heard(open_sound(source, **section))
    return caught.value


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000])
def test_a_tone_is_the_same_tone_at_16_khz(tmp_path: Path, rate: int) -> None:
    soundfile.write(tmp_path / "tone.wav", sine(rate), rate, subtype="FLOAT")
    out = heard(open_sound(tmp_path / "tone.wav"))
    assert out.dtype == np.float32
    assert len(out) == 16000
    middle = slice(1000, -1000)  # a tone that begins at once rings at both ends
    assert np.abs(out - sine(16000))[middle].max() < 1e-3


def test_16_khz_passes_untouched() -> None:
    noise = np.random.default_rng(1).uniform(-1, 1, 50_000).astype(np.float32)
    assert np.array_equal(heard(open_sound((noise, 16000))), noise)


@pytest.mark.parametrize(
    ("name", "subtype", "error"),
    [
        ("tone.wav", "PCM_U8", 0.01),
        ("tone.wav", "PCM_16", 1e-4),
        ("tone.wav", "PCM_24", 1e-6),
        ("tone.wav", "PCM_32", 1e-6),
        ("tone.wav", "FLOAT", 1e-6),
        ("tone.wav", "DOUBLE", 1e-6),
        ("tone.flac", "PCM_24", 1e-6),
        ("tone.aiff", "PCM_16", 1e-4),
        ("tone.ogg", "VORBIS", 0.03),
        ("tone.mp3", "MPEG_LAYER_III", 0.03),
        ("ein Ton, größer als 音.wav", "PCM_16", 1e-4),
        ("ein Ton, größer als 音.mp3", "MPEG_LAYER_III", 0.03),
    ],
)
def test_every_format_decodes_in_place_and_to_its_length(
    tmp_path: Path, name: str, subtype: str, error: float
) -> None:
    soundfile.write(tmp_path / name, sine(16000), 16000, subtype=subtype)
    sound = open_sound(str(tmp_path / name))
    assert sound.samples == 16000
    assert sound.rate == 16000
    assert sound.duration == 1
    assert np.abs(heard(sound) - sine(16000))[2000:-2000].max() < error


def test_channels_are_mixed_by_their_mean(tmp_path: Path) -> None:
    channels = np.random.default_rng(2).uniform(-1, 1, (4000, 8))
    soundfile.write(tmp_path / "eight.wav", channels, 16000, subtype="DOUBLE")
    assert np.abs(heard(open_sound(tmp_path / "eight.wav")) - channels.mean(axis=1)).max() < 1e-6


@pytest.mark.parametrize(
    ("dtype", "half"), [("int16", 2**14), ("int32", 2**30), ("float32", 0.5), ("float64", 0.5)]
)
def test_arrays_have_one_scale(dtype: str, half: float) -> None:
    mono = np.array([half, 0, -half], dtype)
    assert heard(open_sound((mono, 16000))).tolist() == [0.5, 0, -0.5]
    stereo = np.stack([mono, np.zeros(3, dtype)], axis=1)
    assert heard(open_sound((stereo, 16000))).tolist() == [0.25, 0, -0.25]


@pytest.mark.parametrize(("rate", "out"), [(8000, 2), (16000, 1), (44100, 1), (192000, 1)])
def test_one_sample(rate: int, out: int) -> None:
    sound = open_sound((np.array([0.5], np.float32), rate))
    assert sound.duration == Fraction(1, rate)
    assert len(heard(sound)) == out


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000, 192000])
@pytest.mark.parametrize("samples", [1, 2, 999, 44101])
def test_length_is_rounded_up(rate: int, samples: int) -> None:
    sound = open_sound((np.zeros(samples, np.float32), rate))
    assert len(heard(sound)) == int(np.ceil(samples * 16000 / rate))


def test_silence_stays_silent_and_clipped_stays_loud() -> None:
    assert not heard(open_sound((np.zeros(44100, np.int16), 44100))).any()
    square = np.sign(sine(44100)).astype(np.float32)
    assert 0.9 < np.abs(heard(open_sound((square, 44100)))).mean() < 1.1


def test_it_can_be_read_again(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "tone.ogg", sine(44100), 44100)
    sound = open_sound(tmp_path / "tone.ogg")
    assert np.array_equal(heard(sound), heard(sound))


def test_a_long_sound_comes_in_small_blocks() -> None:
    sound = open_sound((np.zeros(48000 * 60, np.int16), 48000))
    sizes = [len(block) for block in sound.blocks()]
    assert sum(sizes) == 16000 * 60
    assert max(sizes) < 16000 * 10


# Sections


@pytest.mark.parametrize("name", ["count.wav", "count.flac"])
def test_a_section_is_cut_to_the_sample(tmp_path: Path, name: str) -> None:
    count = np.arange(16000, dtype=np.int16)
    soundfile.write(tmp_path / name, count, 16000)
    sound = open_sound(tmp_path / name, start=Fraction(1, 4), duration=Fraction(1, 8))
    assert sound.samples == 2000
    assert (heard(sound) * 32768).tolist() == list(range(4000, 6000))


def test_a_section_of_an_mp3_is_in_its_place(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).uniform(-0.5, 0.5, 16000 * 20)
    soundfile.write(tmp_path / "noise.mp3", noise, 16000)
    whole = heard(open_sound(tmp_path / "noise.mp3"))
    part = heard(open_sound(tmp_path / "noise.mp3", start=Fraction(12345, 1000)))
    assert np.array_equal(part, whole[int(12.345 * 16000) :])


def test_a_section_ends_with_the_sound() -> None:
    sound = open_sound((np.zeros(100, np.int16), 16000), start=Fraction(90, 16000), duration=Fraction(10))
    assert sound.samples == 10


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60)])
def test_a_section_of_k_frames_is_k_frames(fps: Fraction) -> None:
    source = (np.zeros(44100 * 4, np.int16), 44100)
    for k in range(1, 40):
        section = open_sound(source, start=k / fps, duration=k / fps)
        assert -(-section.duration * fps // 1) == k


# Bad sections


def test_sections_that_cannot_be() -> None:
    second = (np.zeros(16000, np.int16), 16000)
    assert "past the end" in complaint(second, start=Fraction(1)).what
    assert "lasts 1.000 s" in complaint(second, start=Fraction(9)).how
    assert "start of -1 s" in complaint(second, start=Fraction(-1)).what
    assert "duration of 0 s" in complaint(second, duration=Fraction(0)).what
    assert "duration of -2.5 s" in complaint(second, duration=Fraction(-5, 2)).what


# Bad files


def test_missing_folder_and_empty(tmp_path: Path) -> None:
    error = complaint(tmp_path / "no such.wav")
    assert error.what == "no such file"
    assert error.where == str(tmp_path / "no such.wav")
    assert "folder" in complaint(tmp_path).what
    (tmp_path / "empty.wav").touch()
    assert complaint(tmp_path / "empty.wav").what == "the file is empty"
    assert "cannot be read" in complaint("x" * 5000).what
    assert "cannot be read" in complaint("nul\0nul.wav").what


@pytest.mark.parametrize("name", ["text.wav", "text.mp3", "text.ogg", "text.flac", "text.raw", "text"])
def test_text_is_not_a_sound(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("To be or not to be. " * 100, encoding="utf-8")
    error = complaint(tmp_path / name)
    assert error.where == str(tmp_path / name)
    assert "wav, flac, ogg or mp3" in error.how
    assert "\n" not in str(error)


def test_mpeg_4_is_sent_to_a_converter(tmp_path: Path) -> None:
    (tmp_path / "voice.m4a").write_bytes(b"\0\0\0\x1cftypM4A \0\0\2\0M4A isomiso2" + bytes(2000))
    assert "wav, flac, ogg or mp3" in complaint(tmp_path / "voice.m4a").how


def test_a_header_without_samples(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 16000)
    assert "no samples" in complaint(tmp_path / "none.wav").what


@pytest.mark.parametrize("suffix", ["wav", "aiff", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("kept", [0.97, 0.6, 0.1])
def test_a_file_cut_short(tmp_path: Path, suffix: str, kept: float) -> None:
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    noise = np.random.default_rng(4).uniform(-0.5, 0.5, 44100 * 5)
    soundfile.write(whole, noise, 44100)
    data = whole.read_bytes()
    cut.write_bytes(data[: int(len(data) * kept)])
    assert len(heard(open_sound(whole))) == 80000
    error = complaint(cut)
    assert "cut short" in error.what or "breaks off" in error.what
    assert "again" in error.how


@pytest.mark.parametrize("size", [0, 1, 2, 27])
def test_a_wav_with_a_note_before_its_samples(tmp_path: Path, size: int) -> None:
    """Chunks are padded to an even length."""
    wav = tmp_path / "note.wav"
    soundfile.write(wav, sine(16000), 16000, subtype="PCM_16")
    data = wav.read_bytes()
    note = b"note" + size.to_bytes(4, "little") + b"x" * (size + size % 2)
    wav.write_bytes(data[:12] + note + data[12:])
    assert open_sound(wav).samples == 16000
    wav.write_bytes(data[:12] + note + data[12:-100])
    assert "promises 32000 bytes of sound, it holds 31900" in complaint(wav).what


def test_a_section_behind_the_cut(tmp_path: Path) -> None:
    noise = np.random.default_rng(4).uniform(-0.5, 0.5, 44100 * 5)
    soundfile.write(tmp_path / "cut.flac", noise, 44100)
    data = (tmp_path / "cut.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(data[: len(data) // 2])
    assert "breaks off" in complaint(tmp_path / "cut.flac", start=Fraction(4)).what


@pytest.mark.parametrize("cut", [1, 4, 11, 12, 20, 30, 40])
def test_a_wav_cut_inside_its_header(tmp_path: Path, cut: int) -> None:
    soundfile.write(tmp_path / "whole.wav", np.zeros(100), 16000, subtype="PCM_16")
    (tmp_path / "cut.wav").write_bytes((tmp_path / "whole.wav").read_bytes()[:cut])
    assert "sound that can be read" in complaint(tmp_path / "cut.wav").what


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000])
def test_a_wav_from_a_pipe_knows_no_size_and_is_whole(tmp_path: Path, size: int) -> None:
    soundfile.write(tmp_path / "pipe.wav", sine(16000), 16000, subtype="PCM_16")
    data = bytearray((tmp_path / "pipe.wav").read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = size.to_bytes(4, "little")
    (tmp_path / "pipe.wav").write_bytes(data)
    assert open_sound(tmp_path / "pipe.wav").samples == 16000


def without_first_frame(data: bytes) -> bytes:
    """An mp3 less the frame that carries its length; frames begin alike."""
    return data[data.index(data[:2], 4) :]


def test_an_mp3_that_does_not_know_its_length_is_as_long_as_it_decodes(tmp_path: Path) -> None:
    bare = tmp_path / "bare.mp3"
    soundfile.write(bare, sine(44100, 5), 44100, bitrate_mode="CONSTANT", compression_level=0.5)
    data = without_first_frame(bare.read_bytes())
    bare.write_bytes(data[: len(data) // 2])
    sound = open_sound(bare)
    assert 2.45 < sound.duration < 2.55
    assert len(heard(sound)) == math.ceil(sound.duration * 16000)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers(tmp_path: Path, value: float) -> None:
    stereo = np.zeros((16000, 2), np.float32)
    stereo[8000, 1] = value
    soundfile.write(tmp_path / "bad.wav", stereo, 16000, subtype="FLOAT")
    for source in (tmp_path / "bad.wav", (stereo, 16000), (stereo.astype(np.float64) * 1e300, 16000)):
        assert "first at 0.500 s" in complaint(source).what


@pytest.mark.parametrize(
    ("array", "rate", "word"),
    [
        (np.zeros(10, np.uint8), 16000, "type uint8"),
        (np.zeros(10, np.complex64), 16000, "type complex64"),
        (np.array(["a", "b"]), 16000, "type"),
        (np.zeros((2, 2, 2), np.float32), 16000, "shape [2, 2, 2]"),
        (np.zeros((2, 48000), np.float32), 16000, "shape [2, 48000]"),
        (np.float32(0), 16000, "shape []"),
        (np.zeros(0, np.float32), 16000, "no samples"),
        (np.zeros(10, np.float32), 0, "rate of 0"),
        (np.zeros(10, np.float32), -1, "rate of -1"),
        (np.zeros(10, np.float32), np.nan, "rate of nan"),
    ],
)
def test_arrays_that_are_no_sound(array: Any, rate: Any, word: str) -> None:
    error = complaint((array, rate))
    assert word in error.what
    assert error.how


def test_a_file_that_vanishes_before_it_is_read(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "tone.wav", sine(16000), 16000)
    sound = open_sound(tmp_path / "tone.wav")
    (tmp_path / "tone.wav").unlink()
    with pytest.raises(InputError, match="no such file"):
        heard(sound)
    with pytest.raises(InputError, match="no such file"):
        sound.sha256()


# Fingerprints


def test_a_hash_tells_sounds_apart(tmp_path: Path) -> None:
    (tmp_path / "abc.wav").write_bytes(b"abc")
    soundfile.write(tmp_path / "tone.wav", sine(16000), 16000)
    file = open_sound(tmp_path / "tone.wav")
    assert len(file.sha256()) == 64
    assert file.sha256() == open_sound(tmp_path / "tone.wav", start=Fraction(1, 2)).sha256()
    zeros = np.zeros(8, np.int16)
    arrays: list[tuple[NDArray[Any], int]] = [
        (zeros, 16000),
        (zeros, 8000),
        (zeros.reshape(4, 2), 16000),
        (zeros.view(np.int32), 16000),
        (zeros + 1, 16000),
    ]
    assert len({open_sound(array).sha256() for array in arrays}) == len(arrays)
