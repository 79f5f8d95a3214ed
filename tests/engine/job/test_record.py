# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, the record, and what becomes of a folder that a job is given."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from lipreel.engine.errors import InputError
from lipreel.engine.job.folder import open_folder
from lipreel.engine.job.options import JobOptions
from lipreel.engine.job.record import AvatarPart, JobRecord, SoundPart, read_record, write_record

RECORD = JobRecord(
    status="running",
    frames=4,
    started="2025-01-01T00:00:00+00:00",
    finished=None,
    sound=SoundPart("/a/speech.wav", "5" * 64, 44100, 0, 44100),
    avatar=AvatarPart("tiny", "a" * 64),
    options=JobOptions(fps=Fraction(30000, 1001), duration=Fraction(1, 3), feather=2.5),
    provider="cpu",
    versions={"lipreel": "1.2.3", "numpy": "2.0"},
)


def with_options(**changes: Any) -> JobRecord:
    return replace(RECORD, options=replace(RECORD.options, **changes))


def fill(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"old")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("fps", Fraction(0)),
        ("fps", Fraction(-1)),
        ("format", "gif"),
        ("quality", 0),
        ("quality", 101),
        ("precision", "rough"),
        ("feather", -1.0),
        ("feather", float("nan")),
        ("feather", float("inf")),
        ("workers", 0),
    ],
)
def test_option_out_of_range(option: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        JobOptions(**{option: value})  # type: ignore[arg-type]  # wrong on purpose
    assert caught.value.where == option


def test_overlay_needs_transparency() -> None:
    with pytest.raises(InputError, match="transparency"):
        JobOptions(overlay=True, format="jpg")


def test_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    odd = replace(RECORD, sound=replace(RECORD.sound, name="/ä\udcff/\n.wav"), finished="then", status="done")
    for record in (RECORD, odd):
        write_record(tmp_path, record)
        assert read_record(tmp_path) == record
    assert names(tmp_path) == ["lipreel.json"]


def test_record_has_what_others_look_for(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    data = json.loads((tmp_path / "lipreel.json").read_text())
    assert data["options"]["fps"] == "30000/1001"
    assert data["options"]["duration"] == "1/3"
    assert data["sound"]["sha256"] == "5" * 64
    assert data["avatar"]["fingerprint"] == "a" * 64
    assert data["versions"] == {"lipreel": "1.2.3", "numpy": "2.0"}
    assert (data["status"], data["frames"], data["provider"]) == ("running", 4, "cpu")


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"schema": 2}', '{"schema": 1, "options": 5}', "\xff"]
)
def test_record_of_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "lipreel.json").write_text(text, "latin-1")
    with pytest.raises(InputError, match="not a job record"):
        read_record(tmp_path)


@pytest.mark.parametrize(("key", "value"), [("fps", "0"), ("fps", "x"), ("fps", "1/0"), ("start", None)])
def test_record_with_a_wrong_value(tmp_path: Path, key: str, value: object) -> None:
    write_record(tmp_path, RECORD)
    data = json.loads((tmp_path / "lipreel.json").read_text())
    data["options"][key] = value
    (tmp_path / "lipreel.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match="not a job record"):
        read_record(tmp_path)


def test_no_record(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lipreel\.json: cannot be read"):
        read_record(tmp_path)


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (replace(RECORD, sound=replace(RECORD.sound, sha256="6" * 64)), "sound"),
        (replace(RECORD, sound=replace(RECORD.sound, first=1)), "start 0 s, not 0.0000"),
        (replace(RECORD, sound=replace(RECORD.sound, samples=7)), "duration 1 s, not 0.000"),
        (replace(RECORD, avatar=replace(RECORD.avatar, fingerprint="b" * 64)), "avatar"),
        (with_options(fps=Fraction(25)), "fps 30000/1001, not 25"),
        (with_options(format="jpg"), "format png, not jpg"),
        (with_options(feather=0.0), "feather 2.5, not 0.0"),
        (with_options(overlay=True), "overlay"),
        (replace(RECORD, provider="cuda"), "provider cpu, not cuda"),
        (replace(RECORD, versions={"lipreel": "1.2.4", "numpy": "2.0"}), "lipreel 1.2.3, not 1.2.4"),
    ],
)
def test_another_job_is_refused_and_nothing_touched(tmp_path: Path, other: JobRecord, word: str) -> None:
    open_folder(tmp_path, RECORD, overwrite=False)
    fill(tmp_path, "frame_000001.png")
    before = (tmp_path / "lipreel.json").read_bytes()
    with pytest.raises(InputError) as caught:
        open_folder(tmp_path, other, overwrite=False)
    assert word in caught.value.what
    assert caught.value.where == str(tmp_path)
    assert "overwrite" in caught.value.how
    assert names(tmp_path) == ["frame_000001.png", "lipreel.json"]
    assert (tmp_path / "lipreel.json").read_bytes() == before


@pytest.mark.parametrize(
    "same",
    [
        RECORD,
        replace(RECORD, status="failed", finished="then", started="now"),
        replace(RECORD, sound=replace(RECORD.sound, name="/b/moved.wav")),
        with_options(workers=7, provider="cpu"),
        with_options(quality=50),  # of a png
    ],
)
def test_the_same_job_goes_on(tmp_path: Path, same: JobRecord) -> None:
    open_folder(tmp_path, RECORD, overwrite=False)
    fill(tmp_path, "frame_000001.png", "frame_000003.png", "frame_000005.png", "frame_000002.jpg", ".x.part")
    (tmp_path / "frame_000002.png").touch()  # empty: as after a power cut
    fill(tmp_path, ".frame_000004.png.part")  # as after a kill
    record, done = open_folder(tmp_path, same, overwrite=False)
    assert done == {1, 3}
    assert record.started == RECORD.started
    assert read_record(tmp_path) == record
    assert ".frame_000004.png.part" not in names(tmp_path)
    assert ".x.part" in names(tmp_path)


def test_quality_matters_for_a_jpg(tmp_path: Path) -> None:
    open_folder(tmp_path, with_options(format="jpg"), overwrite=False)
    with pytest.raises(InputError, match="quality 95, not 50"):
        open_folder(tmp_path, with_options(format="jpg", quality=50), overwrite=False)


def test_frames_without_a_record_are_refused(tmp_path: Path) -> None:
    fill(tmp_path, "frame_000002.png")
    with pytest.raises(InputError, match=r"no lipreel\.json"):
        open_folder(tmp_path, RECORD, overwrite=False)
    assert names(tmp_path) == ["frame_000002.png"]


def test_overwrite_removes_the_old_jobs_own_frames_only(tmp_path: Path) -> None:
    open_folder(tmp_path, replace(RECORD, frames=6), overwrite=False)
    mine = ["frame_000007.png", "frame_000001.jpg", "frame_1.png", "notes.txt", "frames.mp4"]
    fill(tmp_path, "frame_000001.png", "frame_000006.png", *mine)
    _, done = open_folder(tmp_path, replace(RECORD, frames=2, provider="cuda"), overwrite=True)
    assert done == set()
    assert names(tmp_path) == sorted([*mine, "lipreel.json"])
    assert read_record(tmp_path).frames == 2


def test_overwrite_of_frames_that_no_job_owns(tmp_path: Path) -> None:
    fill(tmp_path, "frame_000004.png", "frame_000005.png", "lipreel.json")
    _, done = open_folder(tmp_path, RECORD, overwrite=True)
    assert done == set()  # the four that the new job needs go, lest it keeps them as its own
    assert names(tmp_path) == ["frame_000005.png", "lipreel.json"]


def test_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    open_folder(tmp_path / "a b" / "ж", RECORD, overwrite=False)
    assert names(tmp_path / "a b" / "ж") == ["lipreel.json"]


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_folder_that_is_a_file(tmp_path: Path, below: str) -> None:
    fill(tmp_path, "file")
    with pytest.raises(InputError, match="there is a file of this name"):
        open_folder(tmp_path / "file" / below, RECORD, overwrite=False)


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="needs a folder that nobody can write to")
@pytest.mark.parametrize("folder", ["/sys/kernel", "/sys/kernel/lipreel"])
def test_folder_that_cannot_be_written_to(folder: str) -> None:
    with pytest.raises(InputError, match="cannot be written") as caught:
        open_folder(Path(folder), RECORD, overwrite=False)
    assert caught.value.where.startswith(folder)
