# SPDX-License-Identifier: GPL-3.0-or-later
"""Videos as cameras and editors make them: every image at its moment, upright, in its colours."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from lipreel.engine.errors import InputError
from lipreel.engine.media.video_reader import (
    at_rate,
    constant_rate,
    open_video,
    unpack_video,
    usual_rate,
    video_frames,
)
from lipreel.engine.media.video_writer import KINDS, write_pictures
from lipreel.engine.runtime.monitor import Monitor
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]


def grey(level: int, size: tuple[int, int] = (64, 48)) -> Rgb:
    return np.full((size[1], size[0], 3), level, np.uint8)


def save(path: Path, images: list[Rgb], times: list[int], base: Fraction, **settings: Any) -> Path:
    """FFV1, which loses nothing but to 4:2:0, with an image at each time, in units of `base`."""
    with av.open(str(path), "w", format=settings.pop("form", None)) as file:
        stream = file.add_stream(settings.pop("codec", "ffv1"), rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = settings.pop("pix_fmt", "yuv420p")
        stream.time_base = stream.codec_context.time_base = base
        for name, value in settings.items():
            setattr(stream.codec_context, name, value)
        for image, time in zip(images, times, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = time, base
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def levels(path: Path) -> list[int]:
    return [int(frame.mean().round()) for frame in open_video(path).frames()]


def test_a_constant_rate_is_left_alone(tmp_path: Path) -> None:
    images = [grey(10 * n) for n in range(20)]
    for rate in (Fraction(25), Fraction(30000, 1001), Fraction(60)):
        # Matroska rounds times to milliseconds.
        times = [round(1000 * n / rate) for n in range(20)]
        video = open_video(save(tmp_path / "v.mkv", images, times, Fraction(1, 1000)))
        assert (video.count, video.shown) == (20, None)
        assert abs(video.fps / rate - 1) < 0.01
        assert levels(tmp_path / "v.mkv") == pytest.approx([10 * n for n in range(20)], abs=1)


def test_a_telephones_video_is_brought_to_its_rate(tmp_path: Path) -> None:
    """30 a second, with two images that were never taken and one that lasted long."""
    times = [0, 33, 67, 100, 200, 233, 267, 300, 600, 633, 667]
    path = save(tmp_path / "v.mkv", [grey(20 * n) for n in range(11)], times, Fraction(1, 1000))
    video = open_video(path)
    assert video.fps == 30
    assert "frame rate varies: it was read at 30 frames/s" in video.notes[0]
    shown = [0, 1, 2, 3, 3, 3, 4, 5, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 9, 10]
    assert video.count == len(shown)
    assert levels(path) == pytest.approx([20 * n for n in shown], abs=1)
    assert len(list(video_frames(path))) == 11


def test_rates() -> None:
    thirds = [Fraction(n, 30) for n in range(10)]
    assert constant_rate(thirds, Fraction(30)) == 30
    assert constant_rate(thirds, Fraction(25)) == 30
    assert constant_rate([*thirds, Fraction(12, 30)], Fraction(30)) is None
    assert usual_rate([Fraction(n * 100, 2990) for n in range(9)], Fraction(20)) == 30
    assert usual_rate([Fraction(n, 13) for n in range(9)], Fraction(12)) == 12
    assert at_rate([Fraction(0), Fraction(1)], Fraction(1), Fraction(2)).tolist() == [0, 0, 1, 1]


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    wide = np.zeros((48, 60, 3), np.uint8)
    wide[:, 30:] = 255
    aspect = Fraction(4, 3)
    path = save(tmp_path / "v.mov", [wide], [0], Fraction(1, 25), codec="mpeg4", sample_aspect_ratio=aspect)
    video = open_video(path)
    (frame,) = video.frames()
    assert frame.shape == (48, 80, 3)
    assert frame[:, :34].mean() < 10
    assert frame[:, 46:].mean() > 245
    assert "60x48 became 80x48" in video.notes[0]


@pytest.mark.parametrize(("size", "red"), [((1280, 720), (0.2126, 0.0722)), ((640, 480), (0.299, 0.114))])
def test_what_says_no_colours_is_taken_by_its_size(
    tmp_path: Path, size: tuple[int, int], red: tuple[float, float]
) -> None:
    """BT.709 from 720 lines on, else BT.601: a red square by hand, Y'CbCr of 8 bits in video range."""
    kr, kb = red
    rgb = np.array([200, 40, 60]) / 255
    luma = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2]
    y = round(16 + 219 * luma)
    cb = round(128 + 224 * (rgb[2] - luma) / (2 * (1 - kb)))
    cr = round(128 + 224 * (rgb[0] - luma) / (2 * (1 - kr)))
    planes = [np.full((size[1], size[0]), value, np.uint8) for value in (y, cb, cr)]
    path = tmp_path / "v.mkv"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("ffv1", rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv444p"
        file.mux(stream.encode(av.VideoFrame.from_ndarray(np.stack(planes), format="yuv444p")))
        file.mux(stream.encode(None))
    (frame,) = video_frames(path)
    assert np.abs(frame[100, 100, ::-1].astype(int) - [200, 40, 60]).max() <= 2


@pytest.mark.parametrize(
    ("name", "codec", "form"),
    [
        ("v.ts", "mpeg2video", "mpegts"),
        ("v.mpg", "mpeg2video", "mpeg"),
        ("v.webm", "libvpx-vp9", None),
        ("v.avi", "mpeg4", None),
        ("v.flv", "flv", None),
        ("v.mov", "mpeg4", None),
    ],
)
def test_containers(tmp_path: Path, name: str, codec: str, form: str | None) -> None:
    images = [grey(20 * n) for n in range(12)]
    path = save(tmp_path / name, images, list(range(12)), Fraction(1, 25), codec=codec, form=form)
    video = open_video(path)
    assert (video.count, video.fps) == (12, 25)
    assert levels(path) == pytest.approx([20 * n for n in range(12)], abs=6)


@pytest.mark.parametrize("kind", [".mov", ".webm"])
def test_alpha_is_read(tmp_path: Path, kind: str) -> None:
    image = np.zeros((48, 64, 4), np.uint8)
    image[:, :32] = (200, 90, 30, 255)
    image[:, 32:48] = (200, 90, 30, 128)
    path = tmp_path / f"v{kind}"
    write_pictures(path, [image] * 4, 4, Fraction(25), None, kind=KINDS[kind])
    frames = list(video_frames(path))
    assert [frame.shape for frame in frames] == [(48, 64, 4)] * 4
    for place, alpha in ((10, 255), (40, 128), (56, 0)):
        assert abs(int(frames[0][24, place, 3]) - alpha) <= 3
    assert np.abs(frames[0][24, 10, :3].astype(int) - (200, 90, 30)).max() <= 6
    files = unpack_video(path, tmp_path / "images", Monitor()).files
    assert np.array_equal(np.asarray(cv2.imread(str(files[0]), cv2.IMREAD_UNCHANGED)), frames[0])


def test_hdr_is_told(tmp_path: Path) -> None:
    path = save(tmp_path / "v.mkv", [grey(9)], [0], Fraction(1, 25), color_trc=16)
    assert any("HDR (PQ)" in note for note in open_video(path).notes)


def test_interlaced_images_are_told(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "v.mp4"), "w") as file:
        stream = file.add_stream("libx264", rate=25, options={"x264-params": "tff=1"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for level in range(10):
            image = av.VideoFrame.from_ndarray(grey(20 * level, (64, 64)), format="rgb24")
            file.mux(stream.encode(image))
        file.mux(stream.encode(None))
    assert any("interlaced" in note for note in open_video(tmp_path / "v.mp4").notes)
    path = save(tmp_path / "v.mkv", [grey(9)], [0], Fraction(1, 25))
    assert open_video(path).notes == ()


@pytest.mark.parametrize("text", ["ffconcat version 1.0\nfile v.mkv\n", "#EXTM3U\n#EXTINF:1,\nv.mkv\n"])
def test_lists_of_files_are_no_videos(tmp_path: Path, text: str) -> None:
    save(tmp_path / "v.mkv", [grey(9)], [0], Fraction(1, 25))
    for name in ("list.ffconcat", "list.m3u8", "list.mkv"):
        (tmp_path / name).write_text(text, encoding="ascii")
        with pytest.raises(InputError, match="cannot be read as a video"):
            open_video(tmp_path / name)
        with pytest.raises(InputError, match="cannot be read as a video"):
            next(video_frames(tmp_path / name))
