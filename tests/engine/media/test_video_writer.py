# SPDX-License-Identifier: GPL-3.0-or-later
"""Videos, as FFmpeg decodes them: every frame at its moment and in its colour, the sound where it belongs."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from lipreel.engine.errors import InputError
from lipreel.engine.media.video_writer import write_video
from lipreel.engine.sound.sound import open_sound
from numpy.typing import NDArray

RATE = 22050  # neither of the video's own
CLICKS = (0.4, 1.195)  # seconds; the second lies within the last 5 ms of the sound
SECONDS = Fraction(6, 5)


@dataclass
class Decoded:
    """What a player would show and play."""

    times: list[Fraction]
    pictures: list[NDArray[np.uint8]]
    sound: NDArray[np.float32]
    sound_rate: int


def decode(video: Path) -> Decoded:
    """All of a video; the sound [n] is its first channel, from moment 0 on."""
    with av.open(str(video)) as container:
        frames = list(container.decode(video=0))
    with av.open(str(video)) as container:
        blocks = list(container.decode(audio=0))
    assert blocks[0].pts == 0
    return Decoded(
        times=[(frame.pts or 0) * Fraction(frame.time_base or 0) for frame in frames],
        pictures=[np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in frames],
        sound=np.concatenate([block.to_ndarray()[0] for block in blocks]),
        sound_rate=blocks[0].sample_rate,
    )


def colour(index: int) -> tuple[int, int, int]:
    """A colour (BGR) for each of 60 frames, saturated enough to tell BT.709 from BT.601."""
    return (240 - 3 * index, 40 + 2 * index, 60 + 3 * index)


def flat_pictures(folder: Path, count: int, size: tuple[int, int] = (64, 48)) -> list[Path]:
    paths = [folder / f"{index:03d}.png" for index in range(count)]
    for index, path in enumerate(paths):
        cv2.imwrite(str(path), np.full((size[1], size[0], 3), colour(index), np.uint8))
    return paths


def clicks(channels: int = 1) -> NDArray[np.float32]:
    samples = np.zeros((int(SECONDS * RATE), channels), np.float32)
    for moment in CLICKS:
        samples[round(moment * RATE) : round(moment * RATE) + 8] = 0.9
    return samples


@pytest.mark.parametrize(
    "fps", [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(50), Fraction(25, 2)]
)
def test_every_frame_stands_at_its_moment_and_the_sound_at_its_own(tmp_path: Path, fps: Fraction) -> None:
    count = -(-SECONDS * fps // 1)
    pictures = flat_pictures(tmp_path, count)
    write_video(tmp_path / "video.mp4", pictures, fps, open_sound((clicks(), RATE)))

    video = decode(tmp_path / "video.mp4")
    assert video.times == [index / fps for index in range(count)]
    for index, picture in enumerate(video.pictures):
        assert np.abs(picture.astype(int) - colour(index)).max() <= 5
    for moment in CLICKS:
        near = slice(int((moment - 0.1) * video.sound_rate), int((moment + 0.1) * video.sound_rate))
        heard = (near.start + np.abs(video.sound[near]).argmax()) / video.sound_rate
        assert heard == pytest.approx(moment, abs=0.002)


def test_a_section_of_the_sound_begins_with_the_first_frame(tmp_path: Path) -> None:
    section = open_sound((clicks(), RATE), start=Fraction(3, 10), duration=Fraction(1, 2))
    write_video(tmp_path / "video.mp4", flat_pictures(tmp_path, 13), Fraction(25), section)

    video = decode(tmp_path / "video.mp4")
    assert np.abs(video.sound).argmax() / video.sound_rate == pytest.approx(0.1, abs=0.002)
    assert np.abs(video.sound[video.sound_rate // 2 :]).max() < 0.01  # behind the section there is silence


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe is not installed")
def test_ffprobe_sees_what_players_want(tmp_path: Path) -> None:
    out = tmp_path / "video.mp4"
    write_video(out, flat_pictures(tmp_path, 30), Fraction(30000, 1001), open_sound((clicks(), RATE)))
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(out)]
    seen = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    video, audio = seen["streams"]
    expected = {
        "codec_name": "h264",
        "pix_fmt": "yuv420p",
        "color_range": "tv",
        "color_space": "bt709",
        "color_primaries": "bt709",
        "color_transfer": "bt709",
        "avg_frame_rate": "30000/1001",
        "nb_frames": "30",
        "duration": "1.001000",
        "start_time": "0.000000",
    }
    assert {key: video[key] for key in expected} == expected
    assert (audio["codec_name"], audio["sample_rate"], audio["channels"]) == ("aac", "48000", 2)
    assert float(audio["duration"]) == pytest.approx(1.001, abs=0.001)  # cut where the frames end


def test_the_index_is_at_the_front_so_that_a_browser_can_begin_at_once(tmp_path: Path) -> None:
    write_video(
        tmp_path / "video.mp4", flat_pictures(tmp_path, 2), Fraction(25), open_sound((clicks(), RATE))
    )
    data = (tmp_path / "video.mp4").read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_odd_sides_gain_a_pixel_of_their_edge(tmp_path: Path) -> None:
    pictures = flat_pictures(tmp_path, 2, size=(65, 47))
    write_video(tmp_path / "video.mp4", pictures, Fraction(25), open_sound((clicks(), RATE)))
    picture = decode(tmp_path / "video.mp4").pictures[0]
    assert picture.shape == (48, 66, 3)
    assert np.abs(picture.astype(int) - colour(0)).max() <= 5


@pytest.mark.parametrize("channels", [2, 6])
def test_channels(tmp_path: Path, channels: int) -> None:
    sound = clicks(channels)
    sound[:, 1:] = 0  # stereo keeps them apart, more are mixed
    write_video(tmp_path / "video.mp4", flat_pictures(tmp_path, 30), Fraction(25), open_sound((sound, RATE)))
    with av.open(str(tmp_path / "video.mp4")) as container:
        left, right = np.concatenate([block.to_ndarray() for block in container.decode(audio=0)], axis=1)
    if channels == 2:
        assert np.abs(right).max() < 0.05 < 0.3 < np.abs(left).max()
    else:
        assert np.abs(right).max() == pytest.approx(np.abs(left).max(), rel=0.05)


def test_one_sample_of_sound(tmp_path: Path) -> None:
    write_video(
        tmp_path / "video.mp4", flat_pictures(tmp_path, 1), Fraction(25), open_sound((clicks()[:1], 8000))
    )
    assert len(decode(tmp_path / "video.mp4").pictures) == 1


def test_pictures_that_do_not_belong_are_named(tmp_path: Path) -> None:
    pictures = flat_pictures(tmp_path, 3)
    cv2.imwrite(str(pictures[1]), np.zeros((10, 10, 3), np.uint8))
    pictures[2].write_bytes(b"no image")
    sound = open_sound((clicks(), RATE))
    with pytest.raises(InputError, match=r"001\.png.*another size"):
        write_video(tmp_path / "video.mp4", pictures, Fraction(25), sound)
    with pytest.raises(InputError, match=r"002\.png.*cannot be read"):
        write_video(tmp_path / "video.mp4", pictures[2:], Fraction(25), sound)
