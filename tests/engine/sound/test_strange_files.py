# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds as people bring them: all of it is heard, in its place, or the refusal is true."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from lipreel.engine.errors import InputError
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers.sounds import click_times, clicks, encode
from numpy.typing import NDArray

RATE = 48000
CLICKS = clicks(RATE, 5)
TIMES = click_times(CLICKS, RATE)


def heard(path: Path) -> NDArray[np.float32]:
    sound = open_sound(path)
    blocks = np.concatenate(list(sound.blocks()))
    assert len(blocks) == -(-sound.samples * 16000 // sound.rate)
    return blocks


def decoded(path: Path, start: int = 0) -> NDArray[np.float32]:
    """The samples at the file's own rate."""
    return np.concatenate(list(open_sound(path, start=Fraction(start)).channels()))[:, 0]


def assert_clicks(path: Path, shift: float = 0) -> None:
    """The bursts are where they were written, within a millisecond."""
    times = click_times(heard(path), 16000)
    assert len(times) == len(TIMES)
    assert np.abs(times - TIMES - shift).max() < 0.001


@pytest.mark.parametrize(
    ("name", "codec", "form"),
    [
        ("a.m4a", "aac", None),
        ("a.aac", "aac", "adts"),
        ("a.webm", "libopus", None),
        ("a.mka", "aac", "matroska"),
        ("a.ac3", "ac3", None),
        ("a.wma", "wmav2", "asf"),
        ("a.mp4", "aac", None),
        ("a.mov", "pcm_s16le", None),
        ("a.caf", "pcm_s16le", None),
        ("a.oga", "flac", "oga"),
        ("a.mp3", "libmp3lame", None),
        ("mp3-in.wav", "libmp3lame", "wav"),
        ("a.w64", "pcm_s16le", "w64"),
    ],
)
def test_any_container(tmp_path: Path, name: str, codec: str, form: str | None) -> None:
    encode(tmp_path / name, CLICKS, RATE, codec, form)
    # Raw streams do not say how much their encoder put in front (ADTS: 1024 samples, ac3: 256), and no wav
    # tells of an mp3's delay (1105): FFmpeg's own decoder gives these too. Its encoder of wma loses a frame.
    delay = {"a.aac": 1024 / RATE, "a.ac3": 256 / RATE, "mp3-in.wav": 1105 / RATE, "a.wma": -2048 / RATE}
    assert_clicks(tmp_path / name, delay.get(name, 0))


def test_a_sound_that_begins_later_than_its_video_stays_late(tmp_path: Path) -> None:
    path = tmp_path / "late.mkv"
    with av.open(str(path), "w") as file:
        video = file.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = file.add_stream("pcm_s16le", rate=RATE)
        sound.layout = "mono"
        for number in range(150):
            image = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            image.pts = number
            file.mux(video.encode(image))
        file.mux(video.encode(None))
        late = (CLICKS * 32767).astype(np.int16)[None]
        part = av.AudioFrame.from_ndarray(late, format="s16", layout="mono")
        part.sample_rate, part.pts = RATE, round(0.7 * RATE)
        file.mux(sound.encode(part))
        file.mux(sound.encode(None))
    assert_clicks(path, 0.7)


def ogg(path: Path, subtype: str) -> bytes:
    soundfile.write(path, CLICKS, RATE, format="OGG", subtype=subtype)
    return path.read_bytes()


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_streams_in_a_row_are_heard_all(tmp_path: Path, subtype: str) -> None:
    data = ogg(tmp_path / "one.ogg", subtype)
    (tmp_path / "three.ogg").write_bytes(data * 3)
    one, three = decoded(tmp_path / "one.ogg"), decoded(tmp_path / "three.ogg")
    assert len(one) == len(CLICKS)
    assert np.array_equal(three, np.tile(one, 3))
    assert np.array_equal(decoded(tmp_path / "three.ogg", 7), three[7 * RATE :])


def test_streams_that_differ_are_refused(tmp_path: Path) -> None:
    one = ogg(tmp_path / "one.ogg", "VORBIS")
    soundfile.write(tmp_path / "other.ogg", CLICKS, 44100, format="OGG", subtype="VORBIS")
    (tmp_path / "both.ogg").write_bytes(one + (tmp_path / "other.ogg").read_bytes())
    with pytest.raises(InputError, match="2 sounds in a row, of different rates"):
        open_sound(tmp_path / "both.ogg")


def crc(page: bytes) -> int:
    """Of an Ogg page (RFC 3533), by a table, unlike the engine's."""
    table = []
    for value in range(256):
        value <<= 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7) if value & 0x80000000 else value << 1
        table.append(value & 0xFFFFFFFF)
    found = 0
    for byte in page:
        found = (found << 8 & 0xFFFFFFFF) ^ table[found >> 24 ^ byte]
    return found


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_a_stream_without_its_end_mark_is_whole(tmp_path: Path, subtype: str) -> None:
    data = bytearray(ogg(tmp_path / "one.ogg", subtype))
    last = data.rindex(b"OggS")
    told = struct.unpack("<I", data[last + 22 : last + 26])[0]
    assert told == crc(bytes(data[last : last + 22] + bytes(4) + data[last + 26 :]))
    data[last + 5] &= ~4
    data[last + 22 : last + 26] = bytes(4)
    data[last + 22 : last + 26] = struct.pack("<I", crc(bytes(data[last:])))
    (tmp_path / "open.ogg").write_bytes(data)
    assert np.array_equal(heard(tmp_path / "open.ogg"), heard(tmp_path / "one.ogg"))


def test_a_page_that_is_cut_off_is_told(tmp_path: Path) -> None:
    data = ogg(tmp_path / "one.ogg", "OPUS")
    (tmp_path / "cut.ogg").write_bytes(data[:-7])
    with pytest.raises(InputError, match="cut short: its last page has"):
        open_sound(tmp_path / "cut.ogg")


@pytest.mark.parametrize(("suffix", "form"), [("rf64", "RF64"), ("w64", "W64"), ("au", "AU"), ("caf", "CAF")])
def test_headers_that_promise_more_are_told(tmp_path: Path, suffix: str, form: str) -> None:
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, CLICKS, RATE, format=form, subtype="PCM_16")
    assert_clicks(path)
    path.write_bytes(path.read_bytes()[: 2 * len(CLICKS) // 3])
    with pytest.raises(InputError, match=r"cut short: its header promises 48000\d bytes of sound"):
        open_sound(path)


def test_bw64_is_rf64(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", CLICKS, RATE, format="RF64", subtype="PCM_24")
    data = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "b.wav").write_bytes(b"BW64" + data[4:])
    assert np.array_equal(heard(tmp_path / "b.wav"), heard(tmp_path / "a.wav"))


@pytest.mark.parametrize("outer", [0, 36, None])
def test_a_recorder_that_was_ended_wrote_no_size(tmp_path: Path, outer: int | None) -> None:
    soundfile.write(tmp_path / "a.wav", CLICKS, RATE, subtype="PCM_16")
    whole = heard(tmp_path / "a.wav")
    data = bytearray((tmp_path / "a.wav").read_bytes())
    at = data.index(b"data")
    data[at + 4 : at + 8] = bytes(4)
    if outer is not None:
        data[4:8] = struct.pack("<I", outer)
    (tmp_path / "a.wav").write_bytes(data)
    assert np.array_equal(heard(tmp_path / "a.wav"), whole)


def test_a_wav_with_no_samples_but_a_note_behind_them_has_none(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(0), RATE, subtype="PCM_16")
    data = (tmp_path / "a.wav").read_bytes()
    at = data.index(b"data")
    (tmp_path / "a.wav").write_bytes(data[: at + 8] + b"LIST" + struct.pack("<I", 10) + b"INFOISFT\0\0")
    with pytest.raises(InputError, match="no samples"):
        open_sound(tmp_path / "a.wav")


def mp3(path: Path, mode: str = "CONSTANT") -> bytes:
    noise = np.random.default_rng(5).normal(0, 0.2, len(CLICKS)).astype(np.float32)
    soundfile.write(path, CLICKS + noise * (np.arange(len(CLICKS)) < RATE), RATE, bitrate_mode=mode)
    return path.read_bytes()


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
def test_joined_mp3s_are_heard_all(tmp_path: Path, mode: str) -> None:
    data = mp3(tmp_path / "one.mp3", mode)
    (tmp_path / "two.mp3").write_bytes(data + data)
    assert np.array_equal(decoded(tmp_path / "two.mp3"), np.tile(decoded(tmp_path / "one.mp3"), 2))


def test_tags_and_zeros_around_an_mp3(tmp_path: Path) -> None:
    data = mp3(tmp_path / "one.mp3")
    one = heard(tmp_path / "one.mp3")
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 64, 0, 0xA0000000) + bytes(8) + b"\xff\xfb\x90\x64" * 16
    for name, strange in (
        ("zeros.mp3", bytes(4096) + data),
        ("front.mp3", ape + data),
        ("behind.mp3", data + ape),
    ):
        (tmp_path / name).write_bytes(strange)
        assert np.array_equal(heard(tmp_path / name), one), name


def test_a_variable_mp3_without_a_header_is_heard_to_its_end(tmp_path: Path) -> None:
    data = mp3(tmp_path / "one.mp3", "VARIABLE")
    (tmp_path / "bare.mp3").write_bytes(data[data.index(data[:2], 4) :])  # less the frame with its length
    assert abs(len(heard(tmp_path / "bare.mp3")) - len(heard(tmp_path / "one.mp3"))) < 0.1 * 16000
    times = click_times(heard(tmp_path / "bare.mp3")[16000 + 4000 :], 16000)
    assert np.abs(np.diff(times) - 0.5).max() < 0.001


def test_a_flac_from_a_pipe_is_heard(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", CLICKS, RATE, subtype="PCM_16")
    whole = heard(tmp_path / "a.flac")
    data = bytearray((tmp_path / "a.flac").read_bytes())
    data[21] &= 0xF0  # STREAMINFO's 36 bits for the number of samples
    data[22:26] = bytes(4)
    (tmp_path / "a.flac").write_bytes(data)
    assert np.array_equal(heard(tmp_path / "a.flac"), whole)


def test_a_film_that_breaks_off_is_told(tmp_path: Path) -> None:
    encode(tmp_path / "a.mka", CLICKS, RATE, "pcm_s16le", "matroska")
    data = (tmp_path / "a.mka").read_bytes()
    (tmp_path / "a.mka").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"cut short|breaks off|can be read"):
        heard(tmp_path / "a.mka")


def test_without_pyav_the_message_says_what_would_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode(tmp_path / "a.m4a", CLICKS, RATE, "aac")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(InputError, match="PyAV") as raised:
        open_sound(tmp_path / "a.m4a")
    assert "lipreel[video]" in raised.value.how
