# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole job with tiny networks: frames, resuming, cancelling, and what is left when it fails."""

import os
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.errors import AvatarError, InputError, JobCancelled
from lipreel.engine.job.generate import Result, generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.job.record import read_record
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import images, tiny

MOUNT = ["mount", "-t", "tmpfs", "-o", "size=300k", "lipreel-test"]
UNMOUNT = ["umount"]

# A job in a process of its own, to be limited or killed. Arguments: sound, avatar, out.
JOB = """
import sys
from pathlib import Path
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.errors import InputError
from lipreel.engine.job.generate import generate
from lipreel.engine.job.record import JobOptions
from lipreel.engine.sound.sound import open_sound
{before}
try:
    generate(open_sound(sys.argv[1]), load_avatar(sys.argv[2]), Path(sys.argv[3]), JobOptions(workers=2))
except InputError as error:
    sys.exit(f"InputError {{error}}")
"""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save_sound(tmp_path_factory.mktemp("sounds") / "speech.wav", 1.01)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.make_avatar(tmp_path_factory.mktemp("avatars") / "tiny", feather_px=12)


def run(sound: Path, folder: Path, out: Path, *, overwrite: bool = False, **options: Any) -> Result:
    section = {key: options[key] for key in ("start", "duration") if key in options}
    return generate(
        open_sound(sound, **section), load_avatar(folder), out, JobOptions(**options), overwrite=overwrite
    )


def frames(out: Path) -> dict[str, bytes]:
    """The frames by their names; whatever else is in the folder is named here too, without its content."""
    files = {path.name: path for path in out.iterdir()}
    assert files.pop("lipreel.json", None) is not None
    return {name: path.read_bytes() if name.startswith("frame_") else b"" for name, path in files.items()}


@pytest.mark.parametrize(
    ("fps", "count"),
    # ceil(1.01 s * fps) by hand: 24.24, 25.25, 30.27, 60.6, 1.01
    [
        (Fraction(24), 25),
        (Fraction(25), 26),
        (Fraction(30000, 1001), 31),
        (Fraction(60), 61),
        (Fraction(1), 2),
    ],
)
def test_all_of_the_sound_and_no_more(
    sound: Path, folder: Path, tmp_path: Path, fps: Fraction, count: int
) -> None:
    result = run(sound, folder, tmp_path, fps=fps)
    assert (result.frames, result.frames_written, result.fps) == (count, count, fps)
    assert sorted(frames(tmp_path)) == [f"frame_{number:06d}.png" for number in range(1, count + 1)]
    for data in frames(tmp_path).values():
        assert images.decoded(data, cv2.IMREAD_UNCHANGED).shape == (300, 400, 3)


def test_the_mouth_follows_the_sound(tmp_path: Path) -> None:
    """One second of silence, one of noise, one of silence, shown on a single template frame."""
    avatar = load_avatar(tiny.make_avatar(tmp_path / "avatar", count=1))
    samples = np.zeros(48000, np.float32)
    samples[16000:32000] = np.random.default_rng(1).uniform(-0.9, 0.9, 16000)
    generate(open_sound((samples, 16000)), avatar, tmp_path / "out", JobOptions(fps=Fraction(25, 8)))
    pictures = [images.read(path).astype(int) for path in sorted((tmp_path / "out").glob("*.png"))]
    assert len(pictures) == 10  # every 0.32 s
    before, within, after = pictures[1], pictures[5], pictures[8]
    assert np.array_equal(before, after)
    # Tiny's output rises by a quarter of the level, which goes from about 0 in silence to 1 in noise.
    assert 20 < (within - before)[110:170, 140:220].mean() < 64
    assert np.array_equal(within[:60], before[:60])  # above the face


def test_record_of_a_finished_job(sound: Path, folder: Path, tmp_path: Path) -> None:
    result = run(sound, folder, tmp_path / "out", format="jpg", quality=80, start=Fraction(1, 4), workers=2)
    record = read_record(tmp_path / "out")
    assert (record.status, record.frames, record.provider) == ("done", result.frames, result.provider)
    assert record.finished is not None
    assert record.started <= record.finished
    assert (record.sound.first, record.sound.samples) == (4000, 16160 - 4000)
    assert record.avatar.fingerprint == load_avatar(folder).fingerprint
    assert record.options.feather == 12  # the avatar's own
    assert set(record.versions) == {"lipreel", "onnxruntime", "numpy", "opencv"}
    assert all(name.endswith(".jpg") for name in frames(tmp_path / "out"))
    assert result.out == tmp_path / "out"
    assert result.workers == 2
    assert result.peak_rss_mb > 10


@pytest.mark.parametrize("family", tiny.GENERATORS)
def test_workers_change_no_byte(sound: Path, tmp_path: Path, family: str) -> None:
    folder = tiny.make_avatar(tmp_path / "avatar", family, images="png", feather_px=5)
    for workers in (1, 4):
        run(sound, folder, tmp_path / str(workers), workers=workers)
    assert frames(tmp_path / "1") == frames(tmp_path / "4")


def test_overlay_lies_over_the_template(sound: Path, folder: Path, tmp_path: Path) -> None:
    run(sound, folder, tmp_path / "frames")
    run(sound, folder, tmp_path / "overlay", overlay=True)
    for name, data in frames(tmp_path / "overlay").items():
        layer = images.decoded(data, cv2.IMREAD_UNCHANGED)
        assert layer.shape == (300, 400, 4)
        patch = layer[..., 3] == 255
        whole = images.read(tmp_path / "frames" / name)
        assert patch.sum() > 100 * 100
        assert np.array_equal(layer[patch][:, :3], whole[patch])


def test_names_of_any_language(sound: Path, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "Ausgabe für Ωmega" / "кадры 1"
    speech = tmp_path / "söund ō.wav"
    speech.write_bytes(sound.read_bytes())
    assert run(speech, folder, out).frames_written == len(frames(out)) == 26


@pytest.mark.parametrize("seconds", ["1/16000", "1/25"])
def test_shortest_sounds(sound: Path, folder: Path, tmp_path: Path, seconds: str) -> None:
    assert run(sound, folder, tmp_path, duration=Fraction(seconds)).frames == 1
    assert len(frames(tmp_path)) == 1


def test_missing_and_empty_frames_are_made_again(sound: Path, folder: Path, tmp_path: Path) -> None:
    run(sound, folder, tmp_path)
    before = frames(tmp_path)
    (tmp_path / "frame_000001.png").unlink()
    (tmp_path / "frame_000013.png").write_bytes(b"")
    (tmp_path / ".frame_000020.png.part").write_bytes(b"half")
    (tmp_path / "frame_000026.png").unlink()
    result = run(sound, folder, tmp_path)
    assert (result.frames, result.frames_written) == (26, 3)
    assert frames(tmp_path) == before


def test_killed_and_started_again(tmp_path: Path) -> None:
    slow = tiny.make_avatar(tmp_path / "slow", feather_px=12)
    tiny.save_generator(slow / "generator.onnx", work=2)  # so that the job can be caught in the middle
    tiny.rehash(slow)
    sound = tiny.save_sound(tmp_path / "speech.wav", 2)
    run(sound, slow, tmp_path / "undisturbed")
    out = tmp_path / "killed"
    arguments = [sys.executable, "-c", JOB.format(before=""), str(sound), str(slow), str(out)]
    process = subprocess.Popen(arguments)
    while len(list(out.glob("frame_*.png"))) < 5:
        assert process.poll() is None, "ended before it could be killed"
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert read_record(out).status == "running"
    left = len(list(out.glob("frame_*.png")))
    result = run(sound, slow, out)
    assert result.frames_written == 50 - left > 0
    assert frames(out) == frames(tmp_path / "undisturbed")
    assert read_record(out).status == "done"


def test_cancelled_and_started_again(sound: Path, folder: Path, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    cancel = threading.Event()

    def progress(phase: str, done: int, total: int) -> None:
        assert 0 <= done <= total
        if (phase, done) == ("frames", 5):
            cancel.set()

    opened = open_sound(sound), load_avatar(folder)
    with pytest.raises(JobCancelled):
        generate(*opened, tmp_path / "a", JobOptions(workers=2), cancel=cancel, progress=progress)
    assert read_record(tmp_path / "a").status == "cancelled"
    assert 5 <= len(frames(tmp_path / "a")) <= 5 + 2 * 2 * 8  # groups under way, of up to eight frames each
    assert set(threading.enumerate()) <= before
    run(sound, folder, tmp_path / "a")
    run(sound, folder, tmp_path / "b")
    assert frames(tmp_path / "a") == frames(tmp_path / "b")


def test_cancelled_before_it_begins_leaves_nothing(sound: Path, folder: Path, tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(JobCancelled):
        generate(open_sound(sound), load_avatar(folder), tmp_path / "out", JobOptions(), cancel=cancel)
    assert not (tmp_path / "out").exists()


def test_progress_counts_every_phase_to_its_end(sound: Path, folder: Path, tmp_path: Path) -> None:
    seen: dict[str, list[tuple[int, int]]] = {}

    def progress(phase: str, done: int, total: int) -> None:
        seen.setdefault(phase, []).append((done, total))

    run(sound, folder, tmp_path)
    for number in (3, 4):
        (tmp_path / f"frame_{number:06d}.png").unlink()
    generate(open_sound(sound), load_avatar(folder), tmp_path, JobOptions(), progress=progress)
    assert seen["frames"] == [(24, 26), (25, 26), (26, 26)]
    assert (seen["sound"][0], seen["sound"][-1]) == ((0, 2), (2, 2))


def phases(sound: Path, folder: Path, out: Path) -> set[str]:
    """Run a job; the names of what it went through."""
    seen = set()
    job = open_sound(sound), load_avatar(folder), out, JobOptions()
    generate(*job, progress=lambda phase, _done, _total: seen.add(phase))
    return seen


def test_a_finished_job_is_not_heard_again(sound: Path, folder: Path, tmp_path: Path) -> None:
    assert phases(sound, folder, tmp_path) == {"sound", "frames"}
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert phases(sound, folder, tmp_path) == {"frames"}
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("spoilt", ["gone", "empty", "a part", "a lock", "the record"])
def test_a_job_that_is_not_quite_finished_is(spoilt: str, sound: Path, folder: Path, tmp_path: Path) -> None:
    run(sound, folder, tmp_path)
    before, frame, record = frames(tmp_path), tmp_path / "frame_000026.png", tmp_path / "lipreel.json"
    if spoilt == "gone":
        frame.unlink()
    elif spoilt == "empty":
        frame.write_bytes(b"")
    elif spoilt == "the record":
        record.write_text(record.read_text().replace('"done"', '"running"'))
    else:
        (tmp_path / (".lipreel.lock" if spoilt == "a lock" else ".frame_000003.png.part")).touch()
    assert phases(sound, folder, tmp_path) == {"sound", "frames"}
    assert frames(tmp_path) == before
    assert read_record(tmp_path).status == "done"


def test_failure_in_the_owners_progress_ends_the_job(sound: Path, folder: Path, tmp_path: Path) -> None:
    before = set(threading.enumerate())

    def progress(phase: str, done: int, _total: int) -> None:
        if (phase, done) == ("frames", 3):
            raise RuntimeError("the window is gone")

    with pytest.raises(RuntimeError, match="the window is gone"):
        generate(open_sound(sound), load_avatar(folder), tmp_path, JobOptions(), progress=progress)
    assert read_record(tmp_path).status == "failed"
    assert set(threading.enumerate()) <= before


def test_another_job_is_refused_and_overwrite_replaces_it(sound: Path, folder: Path, tmp_path: Path) -> None:
    run(sound, folder, tmp_path / "out")
    before = frames(tmp_path / "out")
    with pytest.raises(InputError, match="fps 25, not 24"):
        run(sound, folder, tmp_path / "out", fps=Fraction(24))
    assert frames(tmp_path / "out") == before
    run(sound, folder, tmp_path / "out", fps=Fraction(24), overwrite=True)
    run(sound, folder, tmp_path / "new", fps=Fraction(24))
    assert frames(tmp_path / "out") == frames(tmp_path / "new")


def test_overwriting_the_same_job_makes_all_frames(sound: Path, folder: Path, tmp_path: Path) -> None:
    run(sound, folder, tmp_path)
    (tmp_path / "frame_000002.png").write_bytes(b"spoilt")
    assert run(sound, folder, tmp_path, overwrite=True).frames_written == 26
    assert frames(tmp_path)["frame_000002.png"].startswith(b"\x89PNG")


def test_broken_input_leaves_nothing(sound: Path, tmp_path: Path) -> None:
    folder = tiny.make_avatar(tmp_path / "avatar")
    broken = np.zeros(16000, np.float32)
    broken[9000] = np.nan
    with pytest.raises(InputError, match="not numbers"):
        generate(open_sound((broken, 16000)), load_avatar(folder), tmp_path / "out", JobOptions())
    (folder / "generator.onnx").write_bytes(b"x")
    with pytest.raises(AvatarError, match="SHA-256"):
        run(sound, folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["generator.onnx", "frames/0000.jpg"])
def test_damage_is_told_of_whatever_it_breaks(sound: Path, tmp_path: Path, name: str) -> None:
    """The file cannot be opened either; that it is not what it was says more."""
    folder = tiny.make_avatar(tmp_path / "avatar")
    (folder / name).write_bytes(b"damaged")
    with pytest.raises(AvatarError, match="SHA-256"):
        run(sound, folder, tmp_path / "out")


def test_frame_that_cannot_be_decoded_is_named(sound: Path, tmp_path: Path) -> None:
    folder = tiny.make_avatar(tmp_path / "avatar")
    file = folder / "frames" / "0003.jpg"
    data = file.read_bytes()
    file.write_bytes(data[: data.index(b"\xff\xc0") + 20])
    tiny.rehash(folder)
    with pytest.raises(AvatarError, match="cannot be decoded") as caught:
        run(sound, folder, tmp_path / "out")
    assert caught.value.where == str(file)
    assert read_record(tmp_path / "out").status == "failed"


def test_file_in_the_place_of_the_folder(sound: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(InputError, match="there is a file of this name"):
        run(sound, folder, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"mine"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_no_room_for_a_frame(sound: Path, folder: Path, tmp_path: Path) -> None:
    """A process that may not write files of more than 30 kB: enough for the sound, not for a frame."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))"
    script = JOB.format(before=limit)
    arguments = [sys.executable, "-c", script, str(sound), str(folder), str(tmp_path / "out")]
    ended = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("InputError ")
    assert "frame_000001.png: no room left" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert frames(tmp_path / "out") == {}
    assert read_record(tmp_path / "out").status == "failed"
    assert run(sound, folder, tmp_path / "out").frames_written == 26


def test_full_disk(sound: Path, folder: Path, tmp_path: Path) -> None:
    """A real one, of 300 kB, where the machine lets us mount it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        mounted = subprocess.run([*MOUNT, str(disk)], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no right to mount")
    try:
        with pytest.raises(InputError, match="no room left"):
            run(sound, folder, disk / "out")
        whole = frames(disk / "out")
        assert 0 < len(whole) < 26
        for data in whole.values():
            assert images.decoded(data).shape == (300, 400, 3)
        assert os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize < 100_000
    finally:
        subprocess.run([*UNMOUNT, str(disk)], check=True)
