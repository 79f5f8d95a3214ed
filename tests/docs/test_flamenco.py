# SPDX-License-Identifier: GPL-3.0-or-later
"""The job type for Flamenco: compiled by node, and its tasks really run."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import pytest
from lipreel.engine.job.record import read_record
from lipreel.tests.helpers import flamenco, tiny

# Of Flamenco's own description of a job type, the schema AvailableJobSetting.
KEYS = {
    *("key", "type", "subtype", "choices", "propargs", "description", "default"),
    *("eval", "evalInfo", "visible", "required", "editable"),
}
TYPES = {"string": str, "int32": int, "float": float, "bool": bool}
SUBTYPES = {"file_path", "dir_path", "hashed_file_path"}
VISIBILITIES = {"visible", "hidden", "submission", "web"}

FRAMES = 25


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """A job of FRAMES frames in chunks of 10, with the job type's own defaults."""
    defaults = {
        setting["key"]: setting["default"]
        for setting in flamenco.job_type()["settings"]
        if "default" in setting
    }
    return {
        **defaults,
        "sound": str(tiny.save_sound(tmp_path / "the speech.wav", FRAMES / 25)),
        "avatar": str(tiny.make_avatar(tmp_path / "robin")),
        "frames": FRAMES,
        "chunk_size": 10,
        "out": f"{tmp_path}/the frames/",
    }


def test_settings_are_as_flamenco_knows_them() -> None:
    job_type = flamenco.job_type()
    assert job_type["label"] == "Lipreel"
    for setting in job_type["settings"]:
        assert set(setting) <= KEYS
        assert setting["description"]
        assert isinstance(setting.get("default", TYPES[setting["type"]]()), TYPES[setting["type"]])
        assert setting.get("subtype", "file_path") in SUBTYPES
        assert setting.get("visible", "visible") in VISIBILITIES
        if "eval" in setting:
            compile(setting["eval"], setting["key"], "eval")


def run(task: dict[str, Any]) -> None:
    """As a worker does: the command itself, without a shell; its variable says where the program is."""
    for command in task["commands"]:
        assert command["name"] == "exec"
        assert command["parameters"]["exe"] == "{lipreel}"
        program = Path(sys.executable).with_name("lipreel")
        assert all(isinstance(word, str) for word in command["parameters"]["args"])
        subprocess.run([program, *command["parameters"]["args"]], check=True, capture_output=True)


def test_the_tasks_make_the_job_and_its_film(settings: dict[str, Any], tmp_path: Path) -> None:
    settings |= {"options": "--silence hold --format 'jpg'", "fps": "29.97"}
    frames = 30
    *chunks, film = flamenco.tasks(settings)
    assert [chunk["name"] for chunk in chunks] == ["frames-1-10", "frames-11-20", "frames-21-"]
    assert [chunk["type"] for chunk in chunks] == ["blender"] * 3
    assert (film["name"], film["type"]) == ("film", "ffmpeg")
    assert film["dependencies"] == [chunk["name"] for chunk in chunks]
    assert not any(chunk["dependencies"] for chunk in chunks)
    for chunk in reversed(chunks):
        run(chunk)
    run(film)

    out = tmp_path / "the frames"
    record = read_record(out)
    assert (record.status, record.frames, record.options.silence) == ("done", frames, "hold")
    assert len(list(out.glob("frame_*.jpg"))) == frames
    with av.open(str(tmp_path / "the frames.mp4")) as container:
        assert len(container.streams.audio) == 1
        assert sum(1 for _ in container.decode(video=0)) == frames


def test_without_a_film(settings: dict[str, Any]) -> None:
    settings |= {"film": False, "options": "--overlay"}
    *_, last = flamenco.tasks(settings)
    assert last["name"] == "frames-21-"


@pytest.mark.parametrize(
    ("frames", "chunk", "names"), [(1, 250, ["1-"]), (10, 10, ["1-"]), (11, 10, ["1-10", "11-"])]
)
def test_the_last_chunk_is_open(settings: dict[str, Any], frames: int, chunk: int, names: list[str]) -> None:
    settings |= {"frames": frames, "chunk_size": chunk, "film": False}
    assert [task["name"] for task in flamenco.tasks(settings)] == [f"frames-{name}" for name in names]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"options": "--overlay"}, "transparency"),
        ({"frames": 0}, "at least 1"),
        ({"chunk_size": 0}, "at least 1"),
    ],
)
def test_jobs_that_cannot_be(settings: dict[str, Any], change: dict[str, Any], word: str) -> None:
    done = flamenco.compiled({**settings, **change})
    assert done.returncode != 0
    assert word in done.stderr
