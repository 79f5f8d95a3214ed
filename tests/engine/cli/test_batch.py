# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of jobs: both kinds of file, relative paths, failures that stop nothing, and shards."""

import json
from pathlib import Path

import pytest
from lipreel.engine.cli import main
from lipreel.tests.helpers import tiny

Said = pytest.CaptureFixture[str]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with an avatar, a sound of 13 frames, one of 8, and one that is none."""
    tiny.make_avatar(tmp_path / "robin")
    tiny.save_sound(tmp_path / "one.wav", 0.5)
    tiny.save_sound(tmp_path / "two, too.wav", 0.3)
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    return tmp_path


def save(place: Path, name: str, text: str) -> str:
    (place / name).write_text(text, "utf-8")
    return str(place / name)


TOML = """
[defaults]
avatar = "robin"

[[job]]
sound = "one.wav"
out = "frames/one"

[[job]]
sound = "broken.wav"
out = "frames/broken"

[[job]]
sound = "two, too.wav"
out = "frames/two"
fps = 10
format = "jpg"
colour_match = false
"""

CSV = """sound,out,avatar,fps,format,overlay
one.wav,frames/one,robin,,,true
broken.wav,frames/broken,robin,,,
"two, too.wav",frames/two,robin,10,jpg,false
"""


@pytest.mark.parametrize(("name", "text"), [("list.toml", TOML), ("list.csv", CSV)])
def test_all_that_can_be_done_is_done_once(name: str, text: str, place: Path, capsys: Said) -> None:
    command = ["batch", save(place, name, text), "--json"]
    for outcomes in (["made", "failed", "made"], ["was done", "failed", "was done"]):
        assert main(command) == 2
        said = capsys.readouterr()
        *lines, last = said.out.splitlines()
        jobs = json.loads(last)["jobs"]
        assert [job["outcome"] for job in jobs] == outcomes
        assert [job["frames"] for job in jobs] == [13, 0, 3]
        assert "broken.wav: not a sound" in jobs[1]["error"]
        assert said.err.splitlines() == [f"lipreel: {jobs[1]['error']}"]
        assert lines[-1] == "2 of 3 jobs are done"
    assert len(list((place / "frames" / "one").glob("*.png"))) == 13
    assert len(list((place / "frames" / "two").glob("*.jpg"))) == 3


def test_shards_make_the_whole(place: Path) -> None:
    rows = "".join(f"one.wav,{number},robin\n" for number in range(5))
    file = save(place, "list.csv", f"sound,out,avatar\n{rows}")
    made = []
    for part in ("1/2", "2/2"):
        assert main(["batch", file, "--quiet", "--shard", part]) == 0
        made.append(sorted(path.name for path in place.glob("[0-9]")))
    assert made == [["0", "2", "4"], ["0", "1", "2", "3", "4"]]


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("list.toml", "job = [", "not a list"),
        ("list.toml", "[[jobs]]\nsound = 1", "'jobs'"),
        ("list.toml", "", "no jobs"),
        ("list.toml", "job = [1]", "table"),
        ("list.toml", '[[job]]\nout = "x"', 'no "sound"'),
        ("list.csv", "sound,out\na.wav,x,y", "more fields"),
        ("list.csv", "sound,out\na.wav,x\nb.wav,./x", "share the folder"),
        ("list.csv", "sound,out,fps\none.wav,x,\none.wav,y,fast", "fast"),
        ("list.csv", "sound,out,speed\none.wav,x,\none.wav,y,1", "--speed"),
        ("list.csv", "sound,out\none.wav,a\0b", 'no "out"'),
        ("list.csv", "sound,out,help\none.wav,x,true", '"help"'),
    ],
)
def test_lists_that_are_none(name: str, text: str, word: str, place: Path, capsys: Said) -> None:
    before = sorted(place.iterdir())
    assert main(["batch", save(place, name, text)]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert word in said
    assert sorted(place.iterdir()) == sorted([*before, place / name])


@pytest.mark.parametrize("part", ["0/2", "3/2", "1", "a/b", "1/0"])
def test_shards_that_cannot_be(part: str, place: Path) -> None:
    assert main(["batch", save(place, "list.toml", TOML), "--shard", part]) == 2
    assert not (place / "frames").exists()
