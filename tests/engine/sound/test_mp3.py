# SPDX-License-Identifier: GPL-3.0-or-later
"""The frames of an mp3 against those that FFmpeg's demuxer finds."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from lipreel.engine.sound.mp3 import Mp3Frames, frames_of


def write(path: Path, rate: int, mode: str) -> bytes:
    """Three seconds of noise that comes and goes, stereo; returns the file's bytes."""
    noise = np.random.default_rng(0).uniform(-1, 1, (rate * 3, 2))
    swell = np.sin(np.arange(rate * 3) / rate)[:, None]
    soundfile.write(path, noise * swell, rate, bitrate_mode=mode, compression_level=0.5)
    return path.read_bytes()


def packets(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(packet.size > 0 for packet in container.demux(audio=0))


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
@pytest.mark.parametrize(
    ("rate", "samples"), [(44100, 1152), (48000, 1152), (32000, 1152), (22050, 576), (8000, 576)]
)
def test_frames_are_those_of_ffmpeg(tmp_path: Path, rate: int, samples: int, mode: str) -> None:
    path = tmp_path / "noise.mp3"
    write(path, rate, mode)
    count = packets(path)
    assert frames_of(path) == Mp3Frames(count, samples, promised=count)


def test_tags_and_junk_are_stepped_over(tmp_path: Path) -> None:
    path = tmp_path / "tagged.mp3"
    data = write(path, 44100, "CONSTANT")
    bare = frames_of(path)
    tag = b"ID3\x04\0\0" + bytes([0, 1, 28, 32]) + b"\xff\xfb\x90\x64" * 5000  # 128² + 28 x 128 + 32 = 20000
    path.write_bytes(tag + b"junk" + data + b"TAG" + b"x" * 125)
    assert frames_of(path) == bare


def test_what_is_cut_off_is_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "cut.mp3"
    data = write(path, 44100, "CONSTANT")
    whole = frames_of(path)
    path.write_bytes(data[:-1])
    assert frames_of(path) == Mp3Frames(whole.count - 1, 1152, whole.promised)


@pytest.mark.parametrize("data", [b"x", b"\xff", b"\xff" * 100, b"ID3", b"no mp3 at all" * 100])
def test_no_frames(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "none.mp3").write_bytes(data)
    assert frames_of(tmp_path / "none.mp3") == Mp3Frames(0, 0, 0)
