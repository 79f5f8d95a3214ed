# SPDX-License-Identifier: GPL-3.0-or-later
"""Transparent frames as videos: with their alpha where the format has one, else over a colour, or refused."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from lipreel.engine.cli import main
from lipreel.tests.helpers import tiny
from numpy.typing import NDArray
from PIL import Image


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frames of an avatar that is cut out, and their sound."""
    folder = tmp_path_factory.mktemp("job")
    avatar = tiny.make_avatar(folder / "avatar", images="png")
    for file in (avatar / "frames").iterdir():
        image = Image.open(file).convert("RGBA")
        alpha = np.zeros((300, 400), np.uint8)
        alpha[20:280, 60:340] = 255
        alpha[:, 200:260] //= 2
        image.putalpha(Image.fromarray(alpha))
        image.save(file)
    tiny.rehash(avatar)
    tiny.save_sound(folder / "speech.wav", 0.4)
    arguments = ["--avatar", str(avatar), "--out", str(folder / "frames"), "--quiet"]
    assert main(["generate", str(folder / "speech.wav"), *arguments]) == 0
    return folder


def shown(video: Path, decoder: str) -> tuple[list[NDArray[np.uint8]], float]:
    """The images as RGBA, by a decoder that knows alpha, and seconds of sound."""
    with av.open(str(video)) as file:
        context = av.CodecContext.create(decoder, "r")
        assert isinstance(context, av.VideoCodecContext)
        context.extradata = file.streams.video[0].codec_context.extradata
        packets = [packet for packet in file.demux(video=0) if packet.size]
        frames = [frame for packet in [*packets, None] for frame in context.decode(packet)]
    with av.open(str(video)) as file:
        seconds = sum(frame.samples / frame.sample_rate for frame in file.decode(audio=0))
    return [np.asarray(frame.to_ndarray(format="rgba"), np.uint8) for frame in frames], seconds


@pytest.mark.parametrize(("suffix", "decoder"), [("mov", "prores"), ("webm", "libvpx-vp9")])
def test_alpha_is_kept(job: Path, tmp_path: Path, suffix: str, decoder: str) -> None:
    out = tmp_path / f"v.{suffix}"
    assert main(["mux", str(job / "frames"), str(job / "speech.wav"), str(out)]) == 0
    images, seconds = shown(out, decoder)
    files = sorted((job / "frames").glob("frame_*.png"))
    assert len(images) == len(files) == 10
    assert seconds == pytest.approx(0.4, abs=0.03)
    for image, file in zip(images, files, strict=True):
        right = np.asarray(Image.open(file)).astype(int)
        assert np.abs(image[:, :, 3].astype(int) - right[:, :, 3]).mean() < 1
        inside = right[:, :, 3] == 255
        assert np.abs(image[:, :, :3].astype(int) - right[:, :, :3])[inside].mean() < 8


def test_an_mp4_wants_a_background(job: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["mux", str(job / "frames"), str(job / "speech.wav"), str(tmp_path / "v.mp4")]
    assert main(command) == 2
    said = capsys.readouterr().err
    assert "the frames are transparent, and an .mp4 is not" in said
    assert ".mov (ProRes 4444) or .webm (VP9)" in said
    assert list(tmp_path.iterdir()) == []
    assert main([*command, "--background", "00ff00"]) == 0
    with av.open(str(tmp_path / "v.mp4")) as file:
        image = next(file.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    assert np.abs(image[:15, :40] - [0, 255, 0]).max() < 12
    frame = np.asarray(cv2.imread(str(job / "frames" / "frame_000001.png"), cv2.IMREAD_UNCHANGED)).astype(int)
    half = frame[150, 230, :3][::-1] * 127 / 255 + np.array([0, 255, 0]) * 128 / 255
    assert np.abs(image[148:152, 228:232].mean(axis=(0, 1)) - half).max() < 25


@pytest.mark.parametrize("colour", ["green", "#12345", "00ff0g"])
def test_no_colours(job: Path, tmp_path: Path, colour: str) -> None:
    command = ["mux", str(job / "frames"), str(job / "speech.wav"), str(tmp_path / "v.mp4")]
    assert main([*command, "--background", colour]) == 2
