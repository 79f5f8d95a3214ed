# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel mux`: which jobs become videos, and which are refused; test_video_writer.py looks into them."""

import resource
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from lipreel.engine.cli import main
from lipreel.tests.helpers import tiny

RATE = 16000
CLICK = 0.4  # seconds into the sound
START = 0.3

Said = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    samples = np.zeros(RATE, np.float32)
    samples[round(CLICK * RATE) :][:8] = 0.9
    path = tmp_path_factory.mktemp("sound") / "click.wav"
    soundfile.write(path, samples, RATE)
    return path


@pytest.fixture(scope="module")
def finished(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The frames of 0.5 s of the sound, at the rate of NTSC; not to be changed."""
    folder = tmp_path_factory.mktemp("job")
    character = tiny.make_avatar(folder / "tiny")
    options = ["--fps", "29.97", "--start", str(START), "--duration", "0.5", "--quiet"]
    out = folder / "frames"
    assert main(["generate", str(sound), "--avatar", str(character), "--out", str(out), *options]) == 0
    return out


@pytest.fixture
def job(finished: Path, tmp_path: Path) -> Path:
    """The same, to be spoilt."""
    return shutil.copytree(finished, tmp_path / "frames")


def refusal(job: Path, sound: Path, out: Path, capsys: Said) -> str:
    before = sorted(out.parent.iterdir()) if out.parent.is_dir() else []
    assert main(["mux", str(job), str(sound), str(out)]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert (sorted(out.parent.iterdir()) if out.parent.is_dir() else []) == before
    return said


def test_the_video_has_the_job_s_rate_and_its_stretch_of_the_sound(
    finished: Path, sound: Path, tmp_path: Path, capsys: Said
) -> None:
    out = tmp_path / "Å video.mp4"
    out.write_text("an older one")
    assert main(["mux", str(finished), str(sound), str(out)]) == 0
    assert "15 frames" in capsys.readouterr().out  # ceil(0.5 * 30000 / 1001)
    assert sorted(path.name for path in tmp_path.iterdir()) == [out.name]
    with av.open(str(out)) as video:
        assert video.streams.video[0].average_rate == Fraction(30000, 1001)
        assert len(list(video.decode(video=0))) == 15
    with av.open(str(out)) as video:
        heard = np.concatenate([block.to_ndarray()[0] for block in video.decode(audio=0)])
    assert np.abs(heard).argmax() / 48000 == pytest.approx(CLICK - START, abs=0.002)


def test_holes_are_refused(job: Path, sound: Path, tmp_path: Path, capsys: Said) -> None:
    (job / "frame_000004.png").unlink()
    said = refusal(job, sound, tmp_path / "out.mp4", capsys)
    assert "1 of 15" in said
    assert "frame_000004.png" in said


def test_a_broken_frame_leaves_no_video(job: Path, sound: Path, tmp_path: Path, capsys: Said) -> None:
    (job / "frame_000014.png").write_bytes(b"no image")
    assert "frame_000014.png" in refusal(job, sound, tmp_path / "out.mp4", capsys)


def test_a_folder_without_a_job(sound: Path, tmp_path: Path, capsys: Said) -> None:
    assert "lipreel.json" in refusal(tmp_path, sound, tmp_path / "out.mp4", capsys)


def test_a_swapped_order_does_not_overwrite_the_sound(
    finished: Path, sound: Path, tmp_path: Path, capsys: Said
) -> None:
    before = sound.read_bytes()
    assert "OUT.mp4" in refusal(finished, tmp_path / "out.mp4", sound, capsys)
    assert sound.read_bytes() == before


def test_bad_sounds(finished: Path, tmp_path: Path, capsys: Said) -> None:
    assert "no such file" in refusal(finished, tmp_path / "nowhere.wav", tmp_path / "out.mp4", capsys)
    broken = tmp_path / "broken.wav"
    soundfile.write(broken, np.full(RATE, np.nan), RATE, subtype="FLOAT")
    assert "not numbers" in refusal(finished, broken, tmp_path / "out.mp4", capsys)


def test_places_that_cannot_be_written_to(finished: Path, sound: Path, tmp_path: Path, capsys: Said) -> None:
    assert "out.mp4" in refusal(finished, sound, tmp_path / "nowhere" / "out.mp4", capsys)
    (tmp_path / "folder.mp4").mkdir()
    assert "folder.mp4" in refusal(finished, sound, tmp_path / "folder.mp4", capsys)


def test_a_full_disk(finished: Path, sound: Path, tmp_path: Path) -> None:
    """As far as a program can see it: files over 2 kB are cut off, and the video has more."""
    command = [sys.executable, "-m", "lipreel.engine.cli", "mux", str(finished), str(sound)]
    done = subprocess.run(
        [*command, str(tmp_path / "out.mp4")],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
    )
    assert done.returncode == 2
    assert "no room" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_without_pyav_it_says_what_to_install(
    finished: Path, sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "lipreel[video]" in refusal(finished, sound, tmp_path / "out.mp4", capsys)
