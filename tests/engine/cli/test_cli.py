# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line, as a person or a script meets it."""

import argparse
import io
import json
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import cv2
import pytest
from lipreel.engine.avatar import library as avatar
from lipreel.engine.cli import main, options
from lipreel.engine.cli.options import fps
from lipreel.engine.cli.progress import ProgressBar, bar_line
from lipreel.engine.job import generate
from lipreel.tests.helpers import images, tiny

COMMAND = [sys.executable, "-m", "lipreel.engine.cli"]

JSON_KEYS = [
    *("frames", "frames_written", "fps", "seconds", "frames_per_second"),
    *("peak_rss_mb", "workers", "provider", "precision", "out"),
]


@pytest.fixture(scope="module")
def character(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.make_avatar(tmp_path_factory.mktemp("avatars") / "tiny")


@pytest.fixture(scope="module")
def slow_character(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that takes long enough a frame to be interrupted."""
    folder = tiny.make_avatar(tmp_path_factory.mktemp("avatars") / "slow")
    tiny.save_generator(folder / "generator.onnx", work=1)
    tiny.rehash(folder)
    return folder


@pytest.fixture(scope="module")
def slow_job(slow_character: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command for 25 frames of it, but for the folder, which is to be added."""
    speech = tiny.save_sound(tmp_path_factory.mktemp("sound") / "speech.wav", 1)
    return ["generate", str(speech), "--avatar", str(slow_character), "--out"]


@pytest.fixture(scope="module")
def undisturbed(slow_job: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The frames of that job."""
    out = tmp_path_factory.mktemp("undisturbed")
    assert main([*slow_job, str(out)]) == 0
    return frames(out)


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    return tiny.save_sound(tmp_path / "speech.wav", 0.5)


def frames(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("frame_*")}


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("24", Fraction(24)),
        ("25.0", Fraction(25)),
        ("12.5", Fraction(25, 2)),
        ("23.976", Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("30000/1001", Fraction(30000, 1001)),
        ("60", Fraction(60)),
    ],
)
def test_frame_rates_are_exact(text: str, rate: Fraction) -> None:
    assert fps(text) == rate


# 0.5 s of sound: ceil(12), ceil(12.5), ceil(14.985), ceil(30)
@pytest.mark.parametrize(("rate", "count"), [("24", 12), ("25", 13), ("29.97", 15), ("60", 30)])
def test_generate_shows_all_of_the_sound(
    rate: str, count: int, speech: Path, character: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "frames"
    arguments = ["--avatar", str(character), "--out", str(out), "--fps", rate, "--json"]
    assert main(["generate", str(speech), *arguments]) == 0
    assert sorted(frames(out)) == [f"frame_{number:06d}.png" for number in range(1, count + 1)]
    said = json.loads(capsys.readouterr().out)
    assert list(said) == JSON_KEYS
    assert said["frames"] == said["frames_written"] == count
    assert said["out"] == str(out)
    assert main(["generate", str(speech), *arguments[:-1]]) == 0
    assert f"{count} frames" in capsys.readouterr().out


def test_options_reach_the_job(
    speech: Path, character: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "frames"
    options = (
        "--start 0.1 --duration 0.2 --format jpg --quality 60 --workers 1 --provider cpu --feather 3 --quiet"
    )
    command = ["generate", str(speech), "--avatar", str(character), "--out", str(out), *options.split()]
    assert main(command) == 0
    assert capsys.readouterr().out == ""
    assert sorted(frames(out)) == [f"frame_{number:06d}.jpg" for number in range(1, 6)]
    job = json.loads((out / "lipreel.json").read_text("utf-8"))
    assert job["options"]["quality"] == 60
    assert job["options"]["feather"] == 3
    assert job["provider"] == "cpu"


def test_overlay_is_transparent_outside_the_patch(speech: Path, character: Path, tmp_path: Path) -> None:
    out = tmp_path / "frames"
    assert main(["generate", str(speech), "--avatar", str(character), "--out", str(out), "--overlay"]) == 0
    picture = images.read(out / "frame_000001.png", cv2.IMREAD_UNCHANGED)
    assert picture.shape == (300, 400, 4)
    assert picture[0, 0, 3] == 0
    assert picture[:, :, 3].max() == 255


def test_the_same_command_resumes_and_another_is_refused(
    speech: Path, character: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "frames"
    command = ["generate", str(speech), "--avatar", str(character), "--out", str(out), "--json"]
    assert main(command) == 0
    before = frames(out)
    (out / "frame_000003.png").unlink()
    capsys.readouterr()

    assert main(command) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["frames_written"] == 1
    assert frames(out) == before

    assert main([*command, "--fps", "24"]) == 2
    assert "fps" in capsys.readouterr().err
    assert frames(out) == before

    assert main([*command, "--fps", "24", "--overwrite"]) == 0
    assert len(frames(out)) == 12


@pytest.mark.parametrize(
    ("stop", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_stopped_job_goes_on_to_the_same_files(
    stop: signal.Signals, status: int, slow_job: list[str], undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    command = [*slow_job, str(tmp_path)]
    job = subprocess.Popen([*COMMAND, *command], stderr=subprocess.PIPE, text=True)
    while len(frames(tmp_path)) < 3 and job.poll() is None:
        time.sleep(0.01)
    job.send_signal(stop)
    _, said = job.communicate(timeout=120)
    assert job.returncode == status
    if status == 130:
        assert len(said.splitlines()) == 1
        assert "the same command" in said
    kept = frames(tmp_path)
    assert 3 <= len(kept) < len(undisturbed) == 25
    assert kept.items() <= undisturbed.items()

    assert main(command) == 0
    assert frames(tmp_path) == undisturbed


def test_demo_makes_frames_and_a_video(
    character: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "demo").symlink_to(character)
    sample = tiny.save_sound(character / "sample.wav", 0.4)
    monkeypatch.setattr(avatar, "MODELS", tmp_path / "models")
    out = tmp_path / "out"
    assert main(["demo", "--out", str(out)]) == 0
    sample.unlink()
    assert len(frames(out)) == 10
    assert capsys.readouterr().out.splitlines()[-1] == str(out / "demo.mp4")
    assert (out / "demo.mp4").stat().st_size > 1000


def test_avatar_commands(character: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["avatar", "info", str(character)]) == 0
    assert "synctalk2d" in capsys.readouterr().out
    assert main(["avatar", "check", str(character)]) == 0
    assert "tiny" in capsys.readouterr().out
    assert main(["avatar", "list"]) == 0

    broken = tiny.make_avatar(tmp_path / "broken")
    with (broken / "generator.onnx").open("ab") as file:
        file.write(b"x")
    assert main(["avatar", "check", str(broken)]) == 2
    assert "generator.onnx" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    ["", "demo", "generate", "mux", "avatar", "avatar list", "avatar info", "avatar check"],
)
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command.split(), "--help"])
    assert end.value.code == 0
    assert f"usage: lipreel {command}".rstrip() in capsys.readouterr().out


def test_version_of_the_installed_command() -> None:
    done = subprocess.run([*COMMAND, "--version"], check=True, capture_output=True, text=True)
    assert done.stdout.split()[0] == "lipreel"


def test_a_defect_is_told_with_its_traceback(
    speech: Path,
    character: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(generate, "generate", broken)
    assert main(["generate", str(speech), "--avatar", str(character), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "RuntimeError: a bug" in said
    assert said.splitlines()[-1].startswith("lipreel: ")


class Terminal(io.StringIO):
    """A standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_bar_is_drawn_on_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream, quiet, drawn in [
        (Terminal(), False, True),
        (Terminal(), True, False),
        (io.StringIO(), False, False),
    ]:
        monkeypatch.setattr(sys, "stderr", stream)
        with ProgressBar(quiet=quiet) as bar:
            bar("frames", 5, 10)
        assert ("5/10" in stream.getvalue()) == drawn


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2.5", "5/2"),
        ("0:12", "12"),
        ("1:02:03.5", "7447/2"),
        ("90:00", "5400"),
        ("0:59.04", "1476/25"),
    ],
)
def test_times(text: str, seconds: str) -> None:
    assert options.seconds(text) == Fraction(seconds)


@pytest.mark.parametrize("text", ["1:60", "1:61:00", ":12", "1:", "1:2:3:4", "-0:12", "0:12s", "nan", "1e3"])
def test_no_times(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"is not a time such as 2\.5, 0:12"):
        options.seconds(text)


def test_hours_are_told_as_hours() -> None:
    assert "1:01:05 left" in bar_line("frames", 10, 3675, counted=10, elapsed=10)


def test_words_in_any_case(speech: Path, character: Path, tmp_path: Path) -> None:
    arguments = ["--avatar", str(character), "--out", str(tmp_path), "--format", "JPEG", "--provider", "CPU"]
    assert main(["generate", str(speech), *arguments]) == 0
    assert (tmp_path / "frame_000001.jpg").exists()


def test_standard_input(speech: Path, character: Path, tmp_path: Path) -> None:
    command = [*COMMAND, "generate", "-", "--avatar", str(character), "--out"]
    with speech.open("rb") as pipe:
        subprocess.run([*command, str(tmp_path / "piped")], stdin=pipe, check=True)
    assert main(["generate", str(speech), "--avatar", str(character), "--out", str(tmp_path / "named")]) == 0
    assert frames(tmp_path / "piped") == frames(tmp_path / "named")
    done = subprocess.run(
        [*command, str(tmp_path / "none")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("lipreel: standard input: the file is empty")


def test_another_duration_is_named(
    speech: Path, character: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["generate", str(speech), "--avatar", str(character), "--out", str(tmp_path)]
    assert main([*command, "--duration", "0.2"]) == 0
    assert main([*command, "--duration", "0.4"]) == 2
    assert "holds another job (duration 0.2 s, not 0.4 s)" in capsys.readouterr().err


def test_frames_behind_the_end(
    speech: Path, character: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["generate", str(speech), "--avatar", str(character), "--out", str(tmp_path)]
    assert main([*command, "--frames", "9999:"]) == 2
    assert "frames: none of 9999: is there. The job has 13" in capsys.readouterr().err


def test_the_demo_without_pyav_makes_its_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.make_avatar(tmp_path / "models" / "demo")
    tiny.save_sound(tmp_path / "models" / "demo" / "sample.wav", 0.2)
    monkeypatch.setattr(avatar, "MODELS", tmp_path / "models")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert main(["demo", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    assert "no video is made: videos need PyAV" in said.err
    assert len(list((tmp_path / "out").iterdir())) == 6


def test_the_bar_counts_what_this_run_did() -> None:
    # 40 of 100 were there before; 30 more took 15 s: 2 a second, and 30 are left.
    line = bar_line("frames", 70, 100, counted=30, elapsed=15)
    assert "70/100" in line
    assert "2.0 frames/s" in line
    assert "0:15 left" in line
