# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `lipreel compare`, on frames whose differences are known."""

import base64
import json
import math
import re
import shutil
from collections.abc import Callable
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import soundfile
from lipreel.engine.cli import main
from lipreel.engine.compare.frame_source import common_numbers, open_source
from lipreel.engine.errors import InputError
from lipreel.engine.sound.av_source import av_source
from lipreel.tests.helpers import images, tiny

FRAMES = 13  # of half a second
IN_PATCH, OUTSIDE = (150, 180), (10, 10)  # row and column; see tiny.make_avatar

Compare = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the tiny avatar, a sound and the frames made of them."""
    folder = tmp_path_factory.mktemp("job")
    tiny.make_avatar(folder / "avatar")
    sound = tiny.save_sound(folder / "speech.wav", 0.5)
    command = ["generate", str(sound), "--avatar", str(folder / "avatar"), "--out", str(folder / "frames")]
    assert main([*command, "--quiet"]) == 0
    return folder


@pytest.fixture
def a(job: Path) -> Path:
    return job / "frames"


@pytest.fixture
def b(a: Path, tmp_path: Path) -> Path:
    """A copy, to be spoilt."""
    return shutil.copytree(a, tmp_path / "b")


@pytest.fixture
def compare(capsys: pytest.CaptureFixture[str]) -> Compare:
    def run(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
        status = main(["compare", *map(str, arguments), "--json"])
        last = (capsys.readouterr().out.splitlines() or ["{}"])[-1]
        return status, json.loads(last)

    return run


def spoil(folder: Path, number: int, place: tuple[int, int], levels: int) -> None:
    """Move one colour of one pixel by so many levels, to where there is room."""
    path = folder / f"frame_{number:06d}.png"
    picture = images.read(path)
    value = int(picture[(*place, 1)])
    picture[(*place, 1)] = value + levels if value < 128 else value - levels
    cv2.imwrite(str(path), picture)


def test_equal_frames(a: Path, b: Path, compare: Compare) -> None:
    status, said = compare(a, b, "--max-diff", "0", "--min-psnr", "99")
    (other,) = said["compared"]
    assert status == 0
    assert (said["frames"], said["fps"], other["unmatched"]) == (FRAMES, 25.0, 0)
    same = {"equal": 1.0, "mean": 0.0, "max": 0, "psnr": None, "ssim": 1.0}
    assert other["frame"] == other["patch"] == same
    assert other["worst"] == []


def test_figures_of_known_differences(a: Path, b: Path, compare: Compare) -> None:
    spoil(b, 3, OUTSIDE, 40)
    spoil(b, 7, IN_PATCH, 20)
    status, said = compare(a, b)
    (other,) = said["compared"]
    assert status == 0
    frame, patch = 400 * 300 * 3 * FRAMES, 160 * 160 * 3 * FRAMES
    assert other["frame"]["equal"] == pytest.approx(1 - 2 / frame, abs=1e-12)
    assert other["frame"]["mean"] == pytest.approx(60 / frame)
    assert other["frame"]["max"] == 40
    assert other["frame"]["psnr"] == pytest.approx(10 * math.log10(65025 * frame / (40**2 + 20**2)))
    assert other["patch"]["mean"] == pytest.approx(20 / patch)
    assert other["patch"]["psnr"] == pytest.approx(10 * math.log10(65025 * patch / 20**2))
    assert 0.9 < other["patch"]["ssim"] < 1
    assert [worst["frame"] for worst in other["worst"]] == [7]  # by the patch, where it is known


@pytest.mark.parametrize(
    ("limits", "status", "word"),
    [
        (["--max-diff", "20"], 0, ""),
        (["--max-diff", "19"], 1, "differs by 20 levels, more than 19"),
        # One value of 160 * 160 * 3 by 20: 10 log10(65025 * 76800 / 400) = 70.96 dB in the frame itself.
        (["--min-psnr", "70.9"], 0, ""),
        (["--min-psnr", "71"], 1, "70.96 dB in the worst frame, less than 71"),
    ],
)
def test_limits(
    a: Path, b: Path, capsys: pytest.CaptureFixture[str], limits: list[str], status: int, word: str
) -> None:
    spoil(b, 7, IN_PATCH, 20)
    assert main(["compare", str(a), str(b), *limits]) == status
    assert word in capsys.readouterr().err


def test_a_missing_frame_is_no_match(a: Path, b: Path, compare: Compare) -> None:
    (b / "frame_000004.png").unlink()
    assert compare(a, b)[1]["compared"][0]["unmatched"] == 1
    status, said = compare(a, b, "--max-diff", "0")
    assert (status, said["frames"]) == (1, FRAMES - 1)
    assert said["compared"][0]["frame"]["max"] == 0  # frames are matched by their numbers
    assert "1 frames have no counterpart" in said["failures"][0]


def test_records_say_what_differs(a: Path, job: Path, tmp_path: Path, compare: Compare) -> None:
    command = ["generate", str(job / "speech.wav"), "--avatar", str(job / "avatar"), "--feather", "9"]
    assert main([*command, "--out", str(tmp_path / "soft"), "--quiet"]) == 0
    assert compare(a, tmp_path / "soft")[1]["compared"][0]["jobs"] == ["feather 9.0, not 0.0"]


def test_folders_of_others_and_of_no_known_avatar(a: Path, tmp_path: Path, compare: Compare) -> None:
    """Numbered from 0, without leading zeros and without a record: matched in their order."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for index, path in enumerate(sorted(a.glob("*.png"))):
        shutil.copy(path, theirs / f"{index}.png")
    status, said = compare(theirs, theirs)
    assert (status, said["frames"], said["compared"][0]["patch"]) == (0, FRAMES, None)
    assert compare(a, theirs, "--max-diff", "0")[0] == 0


def test_overlays(job: Path, tmp_path: Path, compare: Compare) -> None:
    out = tmp_path / "overlay"
    command = ["generate", str(job / "speech.wav"), "--avatar", str(job / "avatar"), "--overlay"]
    assert main([*command, "--out", str(out), "--quiet"]) == 0
    assert compare(out, out, "--max-diff", "0", "--sync", job / "speech.wav")[0] == 0
    assert compare(job / "frames", out)[0] == 2


def test_videos(a: Path, job: Path, tmp_path: Path, compare: Compare) -> None:
    video = tmp_path / "video.mp4"
    assert main(["mux", str(a), str(job / "speech.wav"), str(video)]) == 0
    status, said = compare(a, video)
    assert (status, said["frames"]) == (0, FRAMES)
    assert 35 < said["compared"][0]["frame"]["psnr"] < 60  # H.264, but the same colours
    video.write_bytes(video.read_bytes()[:2000])
    assert compare(a, video)[0] == 2


def left(file: Path) -> np.ndarray:
    """What is heard in a video on the left, through FFmpeg's own decoder and resampler: 16 kHz."""
    with av.open(str(file)) as video:
        to_16k = av.AudioResampler("fltp", "stereo", 16000)
        parts = [part for frame in video.decode(audio=0) for part in to_16k.resample(frame)]
        return np.concatenate([part.to_ndarray()[0] for part in parts])


def test_the_sound_of_a_video_is_taken_if_none_is_named(
    a: Path, job: Path, tmp_path: Path, compare: Compare
) -> None:
    """A video that Lipreel made, without anything beside it: its sound goes into the report and the video."""
    video = tmp_path / "videos" / "a.mp4"
    video.parent.mkdir()
    assert main(["mux", str(a), str(job / "speech.wav"), str(video)]) == 0
    silent = shutil.copytree(a, tmp_path / "silent")
    (silent / "lipreel.json").unlink()
    out, report = tmp_path / "both.mp4", tmp_path / "report.html"
    options = ("--avatar", job / "avatar", "--video", out, "--report", report)
    _, said = compare(silent, video, *options)
    assert len(said["sync"]) == 2
    assert "sound a.mp4" in Page(report.read_text("utf-8")).said
    speech = soundfile.read(job / "speech.wav", dtype="float32")[0][:8000]
    heard = left(out)[:8000]
    assert np.abs(heard - speech).mean() < 0.05 * np.abs(speech).mean()
    assert compare(silent, silent, "--video", out)[0] == 0  # nothing is heard: a video without sound
    with av.open(str(out)) as made:
        assert not made.streams.audio


@pytest.mark.parametrize("late", [0.25, -0.25])
def test_a_videos_sound_that_begins_beside_its_pictures(a: Path, tmp_path: Path, late: float) -> None:
    """In Matroska, whose streams begin where they like; of a click at 0.3 s one knows where it must be."""
    path = tmp_path / "late.mkv"
    samples = np.zeros((1, 24000), np.int16)
    samples[0, 14400:14410] = 30000
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 400, 300, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=48000, layout="mono")
        for index, file in enumerate(sorted(a.glob("*.png"))):
            frame = av.VideoFrame.from_ndarray(images.read(file), format="bgr24")
            frame.pts, frame.time_base = index + round(max(0, -late) * 25 + 0.01), Fraction(1, 25)
            container.mux(video.encode(frame))
        clicks = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        clicks.sample_rate, clicks.time_base = 48000, Fraction(1, 48000)
        clicks.pts = round(max(0, late) * 48000)
        container.mux(sound.encode(clicks))
        container.mux(video.encode() + sound.encode())
    begins = round(max(0, -late) * 25 + 0.01) / 25
    found = av_source(path)
    assert found is not None
    whole = np.concatenate(list(found.read(0)))
    assert len(whole) == found.samples
    at = 0.3 + max(0, late) - begins
    assert np.flatnonzero(whole)[0] / 48000 == pytest.approx(at, abs=0.002)
    np.testing.assert_array_equal(np.concatenate(list(found.read(1000))), whole[1000:])


@pytest.mark.parametrize("others", [1, 2])
def test_the_video_of_a_comparison(a: Path, b: Path, tmp_path: Path, compare: Compare, others: int) -> None:
    for number in range(1, FRAMES + 1):
        path = b / f"frame_{number:06d}.png"
        cv2.imwrite(str(path), cv2.convertScaleAbs(images.read(path), alpha=0, beta=250))
    out = tmp_path / "video.mp4"
    assert compare(a, *[b] * others, "--video", out)[0] == 0
    with av.open(str(out)) as video:
        frames = [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]
        sound = video.streams.audio[0]
        assert (sound.duration or 0) * (sound.time_base or 0) == pytest.approx(0.52, abs=0.001)
    bar = 28
    assert [frame.shape for frame in frames] == [((300 + bar) * others, 1200, 3)] * FRAMES
    top = frames[5][bar : bar + 300].astype(int)
    assert np.abs(top[:, :400] - images.read(a / "frame_000006.png")).mean() < 4
    assert np.abs(top[:, 400:800] - 250).mean() < 4
    below = frames[5][-300:, 800:]
    assert below.max() > 200  # the difference lights up


class Page(HTMLParser):
    """The sources of a page's images, and all its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.said = ""
        self.feed(text)

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data")]

    def handle_data(self, data: str) -> None:
        self.said += data


def test_the_report_stands_alone_and_says_what_was_found(
    a: Path, b: Path, tmp_path: Path, compare: Compare
) -> None:
    spoil(b, 7, IN_PATCH, 100)
    named = b.rename(tmp_path / "b <i>&")  # markup in a name stays a name
    out = tmp_path / "report.html"
    status, said = compare(a, named, "--report", out, "--max-diff", "3")
    text = out.read_text("utf-8")
    page = Page(text)
    assert status == 1
    assert all(link.startswith("data:image/jpeg;base64,") for link in page.links)
    assert not re.search(r"https?://|@import|url\(|<script|<i>", text)
    assert said["failures"][0] in page.said
    assert f"{said['compared'][0]['patch']['psnr']:.2f} dB" in page.said
    assert f"{said['sync'][1]['correlation']:.3f}" in page.said
    pictures = [
        cv2.imdecode(np.frombuffer(base64.b64decode(link.partition(",")[2]), np.uint8), cv2.IMREAD_COLOR)
        for link in page.links
    ]
    assert len(pictures) == 3 * (1 + 4)  # A, B and their difference: the one that differs, and four others
    assert pictures[2] is not None
    assert pictures[2].max() > 200
    assert text.count("<svg") == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{a}"], "one folder is nothing to compare"),
        (["{a}", "{tmp}/none"], "no such folder or video"),
        (["{a}", "{tmp}"], "no frames in it"),
        (["{a}", "{job}/speech.wav"], "cannot be read as a video (it is no mp4"),
        (["{a}", "{job}/avatar/avatar.toml"], "cannot be read as a video (it is no mp4"),
        (["{a}", "{small}"], "frame 1 is 40x30 with three colours, not 400x300"),
        (["{small}", "{small}", "--avatar", "demo"], "is not in frames of 40x30"),
        (["{small}", "--sync", "{job}/speech.wav"], "nothing says which avatar is seen"),
        (["{a}", "{a}", "--avatar", "{tmp}/none"], "no such avatar"),
        (["{a}", "{a}", "--video", "{tmp}/video.avi"], "must end in .mp4"),
        (["{a}", "{a}", "--report", "{tmp}/none/report.html"], "cannot be written"),
        (["{a}", "{a}", "--max-diff", "-1"], "--max-diff"),
        (["{a}", "{a}", "--min-psnr", "inf"], "--min-psnr"),
        (["{a}"] * 9, "9 folders or videos"),
    ],
)
def test_wrong_input(
    a: Path, job: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    cv2.imwrite(str(small / "frame_000001.png"), np.zeros((30, 40, 3), np.uint8))
    (tmp_path / "empty").mkdir()
    names = {"a": a, "job": job, "tmp": tmp_path / "empty", "small": small}
    assert main(["compare", *(argument.format(**names) for argument in arguments)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_rates_must_agree(a: Path, job: Path, tmp_path: Path) -> None:
    command = ["generate", str(job / "speech.wav"), "--avatar", str(job / "avatar"), "--fps", "24"]
    assert main([*command, "--out", str(tmp_path / "slow"), "--quiet"]) == 0
    with pytest.raises(InputError, match="frame rates differ"):
        common_numbers([open_source(a), open_source(tmp_path / "slow")])


def test_a_section_is_heard_from_its_start(job: Path, tmp_path: Path, compare: Compare) -> None:
    """A folder made of the sound from 2 s on, and told the whole sound, is compared with that section."""
    samples, rate = soundfile.read(job / "speech.wav")
    sound = tmp_path / "long.wav"
    soundfile.write(sound, np.concatenate([np.zeros(2 * rate), np.tile(samples, 6)]), rate)
    command = ["generate", str(sound), "--avatar", str(job / "avatar"), "--start", "2", "--quiet"]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    _, named = compare("--sync", sound, tmp_path / "out")
    trimmed = tmp_path / "trimmed.wav"
    soundfile.write(trimmed, np.tile(samples, 6), rate)
    (tmp_path / "out" / "lipreel.json").unlink()
    _, bare = compare("--sync", trimmed, tmp_path / "out", "--avatar", job / "avatar")
    assert named["sync"] == bare["sync"]
