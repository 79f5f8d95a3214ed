# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a strip: what is kept, what is set aside, and that nothing is ever lost."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from lipreel.engine.avatar.avatar_types import Avatar
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.errors import FolderBusyError, FolderTakenError, InputError, JobCancelled
from lipreel.engine.job.generate import generate
from lipreel.engine.job.generate_clip import ClipResult
from lipreel.engine.job.options import JobOptions
from lipreel.engine.sound.clip import Clip
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import images, tiny
from lipreel.tests.helpers.recorded import contents, frame_files, make, recording, speech, whole

SOUND = recording(speech(1.2))
CLIP = whole(SOUND)  # 30 frames

# A job in a process of its own, to be killed. Arguments: avatar, out.
JOB = """
import sys
from pathlib import Path
from lipreel.engine.avatar.library import load_avatar
from lipreel.tests.helpers.recorded import make, recording, speech, whole
sound = recording(speech(4))
make(sound, load_avatar(sys.argv[1]), whole(sound), Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def avatar(tmp_path_factory: pytest.TempPathFactory) -> Avatar:
    return load_avatar(tiny.make_avatar(tmp_path_factory.mktemp("avatars") / "tiny", feather_px=5))


def run(avatar: Avatar, out: Path, options: dict[str, Any] | None = None, **how: Any) -> ClipResult:
    return make(SOUND, avatar, how.pop("clip", CLIP), out, options, **how)


def record(out: Path) -> dict[str, Any]:
    data = json.loads((out / "lipreel.json").read_text())
    assert isinstance(data, dict)
    return data


def state(out: Path) -> dict[str, tuple[int, bytes]]:
    """Time and content of all files but the record."""
    return {
        path.name: (path.stat().st_mtime_ns, path.read_bytes())
        for path in out.iterdir()
        if path.name != "lipreel.json"
    }


def test_the_record(avatar: Avatar, tmp_path: Path) -> None:
    result = run(avatar, tmp_path, blend=tmp_path / "a.blend")
    data = record(tmp_path)
    assert (data["schema"], data["kind"], data["current"]) == (2, "strip", list(result.files))
    assert sorted(data["files"]) == sorted(result.files)
    for name, (size, mtime_ns, _) in data["files"].items():
        found = (tmp_path / name).stat()
        assert (size, mtime_ns) == (found.st_size, found.st_mtime_ns)
    job = data["job"]
    assert (job["status"], job["avatar"]["fingerprint"]) == ("done", avatar.fingerprint)
    assert job["recording"] == {"name": "array", "identity": SOUND.identity}
    assert job["clip"] | {"fps": "25", "end": "6/5", "count": 30} == job["clip"]
    assert job["started"] <= job["finished"]
    assert data["blends"] == [str(tmp_path / "a.blend")]
    assert set(state(tmp_path)) == set(result.files)


def test_nothing_to_do(avatar: Avatar, tmp_path: Path) -> None:
    run(avatar, tmp_path)
    before = state(tmp_path)
    seen: list[tuple[str, int, int]] = []
    told: list[tuple[tuple[str, ...], frozenset[int]]] = []
    result = run(
        avatar,
        tmp_path,
        progress=lambda *step: seen.append(step),
        planned=lambda *plan: told.append(plan),
        finished=lambda _: pytest.fail("nothing was drawn"),
    )
    assert (result.frames, result.frames_written, result.size) == (30, 0, (400, 300))
    assert told == [(result.files, frozenset(range(30)))]
    assert [step for step in seen if step[0] == "frames"] == [("frames", 30, 30)]
    assert state(tmp_path) == before


def test_every_frame_is_told_when_it_is_there(avatar: Avatar, tmp_path: Path) -> None:
    told: list[tuple[str, ...]] = []
    places: list[int] = []

    def finished(place: int) -> None:
        assert (tmp_path / told[0][place]).stat().st_size > 0
        places.append(place)

    run(avatar, tmp_path, planned=lambda names, _: told.append(names), finished=finished, block=5)
    assert sorted(places) == list(range(30))
    blocks = [sorted(places[at : at + 5]) for at in range(0, 30, 5)]
    assert blocks == [list(range(at, at + 5)) for at in range(0, 30, 5)]


def test_cancelled_and_again(avatar: Avatar, tmp_path: Path) -> None:
    cancel = threading.Event()

    def progress(phase: str, done: int, _: int) -> None:
        if (phase, done) == ("frames", 4):
            cancel.set()

    with pytest.raises(JobCancelled):
        run(avatar, tmp_path / "a", cancel=cancel, progress=progress)
    assert record(tmp_path / "a")["job"]["status"] == "cancelled"
    before = state(tmp_path / "a")
    assert 4 <= len(before) < 30
    again, fresh = run(avatar, tmp_path / "a"), run(avatar, tmp_path / "b")
    assert again.frames_written == 30 - len(before)
    assert contents(again) == contents(fresh)
    assert before.items() <= state(tmp_path / "a").items()


def test_killed_and_again(tmp_path: Path) -> None:
    folder = tiny.make_avatar(tmp_path / "slow")
    tiny.save_generator(folder / "generator.onnx", work=2)
    tiny.rehash(folder)
    out = tmp_path / "out"
    arguments = [sys.executable, "-c", JOB, str(folder), str(out)]
    process = subprocess.Popen(arguments)
    while not out.exists() or len(list(out.glob("frame_*.png"))) < 5:
        assert process.poll() is None, "ended before it could be killed"
        time.sleep(0.005)
    process.send_signal(signal.SIGSTOP)  # it keeps its lock
    sound = recording(speech(4))
    with pytest.raises(FolderBusyError):
        make(sound, load_avatar(folder), whole(sound), out)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert record(out)["job"]["status"] == "running"
    (out / ".frame_000003-0123abcd.png.part").write_bytes(b"half")
    (out / ".frame_000003.png.part").write_bytes(b"not ours")
    left = {path.name: path.stat().st_mtime_ns for path in out.glob("frame_*.png")}
    again = make(sound, load_avatar(folder), whole(sound), out)
    assert 0 < again.frames_written == 100 - len(left)
    assert all((out / name).stat().st_mtime_ns == mtime for name, mtime in left.items())
    assert contents(again) == contents(make(sound, load_avatar(folder), whole(sound), tmp_path / "fresh"))
    assert {path.name for path in out.iterdir()} == {*again.files, "lipreel.json", ".frame_000003.png.part"}


def test_two_threads_at_once(avatar: Avatar, tmp_path: Path) -> None:
    busy: list[BaseException] = []

    def while_it_runs(_: int) -> None:
        if not busy:
            with pytest.raises(FolderBusyError) as caught:
                run(avatar, tmp_path)
            busy.append(caught.value)

    assert run(avatar, tmp_path, finished=while_it_runs).frames_written == 30
    assert busy


def paint(path: Path) -> bytes:
    """Somebody paints in a frame."""
    picture = images.read(path, cv2.IMREAD_UNCHANGED)
    picture[:20, :20] = 255
    data = cv2.imencode(path.suffix, picture)[1].tobytes()
    path.write_bytes(data)
    return data


@pytest.mark.parametrize("image_format", ["png", "jpg"])
def test_retouched_frames_are_kept(avatar: Avatar, tmp_path: Path, image_format: str) -> None:
    options = {"format": image_format}
    first = run(avatar, tmp_path, options)
    original = contents(first)
    painted = {first.files[at]: paint(tmp_path / first.files[at]) for at in (3, 17)}
    for _ in range(2):  # the second time, it is still known for that
        before = state(tmp_path)
        result = run(avatar, tmp_path, options)
        assert (result.frames_written, result.damaged, result.retouched) == (0, (), tuple(painted))
        assert result.warnings[-1] == "2 frames were retouched and are kept"
        assert state(tmp_path) == before
    redrawn = run(avatar, tmp_path, options, redraw_retouched=True)
    assert redrawn.frames_written == 2
    assert contents(redrawn) == original
    for name, data in painted.items():
        assert (tmp_path / f"{name}.retouched").read_bytes() == data
    again = paint(tmp_path / first.files[3])
    last = run(avatar, tmp_path, options, redraw_retouched=True)
    assert last.warnings[-1] == "1 frame was retouched and is set aside and drawn anew"
    assert (tmp_path / f"{first.files[3]}.retouched2").read_bytes() == again
    assert (tmp_path / f"{first.files[3]}.retouched").read_bytes() == painted[first.files[3]]


@pytest.mark.parametrize("image_format", ["png", "jpg"])
@pytest.mark.parametrize("lost", [False, True])
def test_damaged_frames_are_set_aside(avatar: Avatar, tmp_path: Path, image_format: str, lost: bool) -> None:
    options = {"format": image_format}
    first = run(avatar, tmp_path, options)
    original = contents(first)
    small = cv2.imencode(f".{image_format}", np.zeros((20, 30, 3), np.uint8))[1].tobytes()
    spoilt = {1: b"", 2: original[2][:-100], 3: original[3][:50], 4: small, 5: b"no image at all"}
    if image_format == "png":
        broken = bytearray(original[6])
        broken[len(broken) // 2] ^= 64
        spoilt[6] = bytes(broken)
    for at, data in spoilt.items():
        (tmp_path / first.files[at]).write_bytes(data)
    (tmp_path / f"{first.files[2]}.damaged").write_bytes(b"an earlier one")
    if lost:
        (tmp_path / "lipreel.json").unlink()
    result = run(avatar, tmp_path, options)
    assert contents(result) == original
    assert result.damaged == tuple(first.files[at] for at in spoilt)
    assert result.warnings[-1] == f"{len(spoilt)} frames were damaged and are set aside and drawn anew"
    for at, data in spoilt.items():
        assert (tmp_path / f"{first.files[at]}.damaged{2 if at == 2 else ''}").read_bytes() == data
    assert (tmp_path / f"{first.files[2]}.damaged").read_bytes() == b"an earlier one"


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"files": 3}', "null", '{"a": ' * 100000])
def test_the_record_is_lost(avatar: Avatar, tmp_path: Path, text: str | None) -> None:
    run(avatar, tmp_path)
    before = state(tmp_path)
    if text is None:
        (tmp_path / "lipreel.json").unlink()
    else:
        (tmp_path / "lipreel.json").write_text(text)
    result = run(avatar, tmp_path)
    assert (result.frames_written, result.retouched, result.damaged) == (0, (), ())
    assert state(tmp_path) == before
    assert sorted(record(tmp_path)["files"]) == sorted(before)


def test_what_is_not_understood_in_the_record_is_kept(avatar: Avatar, tmp_path: Path) -> None:
    result = run(avatar, tmp_path, blend=Path("/a.blend"))
    data = record(tmp_path) | {"later": {"x": [1]}}
    data["files"][result.files[0]] = "spoilt"
    (tmp_path / "lipreel.json").write_text(json.dumps(data))
    run(avatar, tmp_path, blend=Path("/b.blend"))
    run(avatar, tmp_path, blend=Path("/a.blend"))
    after = record(tmp_path)
    assert after["later"] == {"x": [1]}
    assert after["blends"] == [str(Path("/a.blend").absolute()), str(Path("/b.blend").absolute())]
    assert sorted(after["files"]) == sorted(result.files)


def test_a_copy_of_the_folder_is_whole(avatar: Avatar, tmp_path: Path) -> None:
    """Times are lost in copying; the bytes are what counts."""
    run(avatar, tmp_path)
    for path in frame_files(tmp_path):
        os.utime(path, ns=(1, 1))
    before = state(tmp_path)
    result = run(avatar, tmp_path)
    assert (result.frames_written, result.retouched) == (0, ())
    assert state(tmp_path) == before
    assert {entry[1] for entry in record(tmp_path)["files"].values()} == {1}


def test_other_options_and_avatars_lie_beside_the_old(avatar: Avatar, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = run(avatar, out)
    before = state(out)
    other = load_avatar(tiny.make_avatar(tmp_path / "other", count=7))
    for who, options in ((avatar, {"feather": 9.0}), (avatar, {"format": "jpg"}), (other, {})):
        result = run(who, out, options)
        assert result.frames_written == 30
        assert not set(result.files) & set(first.files)
        assert before.items() <= state(out).items()
        assert record(out)["current"] == list(result.files)
    assert len(state(out)) == 120
    assert run(avatar, out).frames_written == 0
    assert record(out)["current"] == list(first.files)


def test_a_preview_is_a_frame_of_the_job(avatar: Avatar, tmp_path: Path) -> None:
    clip = replace(CLIP, first=-3, count=33)
    seen: list[tuple[str, int, int]] = []
    ahead = run(avatar, tmp_path, clip=clip, only=range(5, 6), progress=lambda *step: seen.append(step))
    assert (ahead.frames, ahead.frames_written) == (33, 1)
    assert set(state(tmp_path)) == {ahead.files[8]}
    assert [step[1:] for step in seen if step[0] == "frames"] == [(0, 1), (1, 1)]
    assert (record(tmp_path)["job"], record(tmp_path)["current"]) == (None, [])
    result = run(avatar, tmp_path, clip=clip)
    assert (result.frames_written, result.files) == (32, ahead.files)
    job = record(tmp_path)
    run(avatar, tmp_path, {"feather": 8.0}, clip=clip, only=range(5, 7))
    after = record(tmp_path)
    assert (after["job"], after["current"]) == (job["job"], job["current"])
    assert len(after["files"]) == 35
    fresh = run(avatar, tmp_path / "fresh", clip=clip)
    assert contents(result) == contents(fresh)


@pytest.mark.parametrize("only", [range(-9, 0), range(30, 40), range(5, 5)])
def test_frames_that_are_not_of_the_clip(avatar: Avatar, tmp_path: Path, only: range) -> None:
    with pytest.raises(InputError, match="none of the frames"):
        run(avatar, tmp_path, only=only)


def test_the_folder_of_another_job(avatar: Avatar, tmp_path: Path) -> None:
    generate(open_sound((speech(0.2), 16000)), avatar, tmp_path, JobOptions())
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(FolderTakenError, match="another kind"):
        run(avatar, tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_in_its_place(avatar: Avatar, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(InputError, match="there is a file of this name"):
        run(avatar, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"mine"


def test_names_of_any_language(avatar: Avatar, tmp_path: Path) -> None:
    out = tmp_path / "Ausgabe für Ωmega" / "кадры 1"
    assert run(avatar, out, blend=tmp_path / "Ω.blend").frames_written == 30
    assert record(out)["blends"] == [str(tmp_path / "Ω.blend")]


def test_a_clip_at_another_rate_than_the_options_say(avatar: Avatar, tmp_path: Path) -> None:
    clip = Clip(0, 12, Fraction(10), Fraction(0), Fraction(6, 5))
    result = run(avatar, tmp_path, {"fps": Fraction(60), "start": Fraction(1)}, clip=clip)
    assert result.frames == 12
    assert record(tmp_path)["job"]["options"]["fps"] == "10"
