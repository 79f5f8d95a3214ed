# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of jobs: both kinds of file, relative paths, failures that stop nothing, and shards."""

import json
from pathlib import Path

import pytest
from lipreel.engine.cli import main
from lipreel.engine.job import manifest
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
        (line,) = said.out.splitlines()
        jobs = json.loads(line)["jobs"]
        assert [job["outcome"] for job in jobs] == outcomes
        assert [job["frames"] for job in jobs] == [13, 0, 3]
        assert "broken.wav: not a sound" in jobs[1]["error"]
        assert said.err.splitlines() == [f"lipreel: {jobs[1]['error']}"]
    assert main(command[:-1]) == 2
    assert capsys.readouterr().out.splitlines()[-1] == "2 of 3 jobs are done"
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
        (
            "list.csv",
            "sound,out,speed\none.wav,x,\none.wav,y,1",
            'line 1, column 3: "speed" is',
        ),
        ("list.csv", "sound,out,formt\none.wav,x,png", 'Is "format" meant?'),
        ("list.csv", "sound,out,fps,FPS\none.wav,x,1,2", 'column 4: there are two columns "fps"'),
        ("list.csv", "sound,out,\none.wav,x,1", "line 1, column 3 has no name"),
        ("list.toml", '[[job]]\nsound = "one.wav"\nout = "x"\nspeed = 1', 'job 1: "speed" is not an option'),
        ("list.toml", '[defaults]\nspeed = 1\n[[job]]\nsound = "one.wav"\nout = "x"', "[defaults]"),
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


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("intensity", "3", "3.0 is not from 0 to 2"),
        ("hold", "7", "7 is not 1, 2 or 3"),
        ("mouth", "no.tsv", "no such file"),
        ("fps", "fast", "fast"),
    ],
)
def test_all_options_are_checked_before_the_first_job(
    option: str, value: str, word: str, place: Path, capsys: Said
) -> None:
    text = f"sound,out,avatar,{option}\none.wav,x,robin,\none.wav,y,robin,{value}"
    assert main(["batch", save(place, "list.csv", text)]) == 2
    said = capsys.readouterr().err
    assert "list.csv: job 2" in said
    assert word in said
    assert not (place / "x").exists()


def test_a_mouth_lies_beside_its_list(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    tiny.make_avatar(place / "talker", "mouth")
    (place / "one.tsv").write_text("0.00\tX\n0.20\tD\n0.50\tX\n")
    monkeypatch.chdir(tmp_path.anchor)
    text = "sound,out,avatar,mouth\none.wav,x,talker,one.tsv"
    assert main(["batch", save(place, "list.csv", text), "--quiet"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_lists_of_spreadsheets(delimiter: str, place: Path) -> None:
    """With a byte order mark, other delimiters, capitals and spaces, as programs of many countries write."""
    rows = [["Sound", " Out", "AVATAR", "Format"], ["one.wav", "frames ", "robin", "JPEG"]]
    text = "\ufeff" + "\r\n".join(delimiter.join(row) for row in rows)
    assert main(["batch", save(place, "list.csv", text), "--quiet"]) == 0
    assert len(list((place / "frames").glob("*.jpg"))) == 13


def test_a_list_names_the_home(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.setenv("USERPROFILE", str(place))
    assert main(["batch", save(place, "list.csv", "sound,out,avatar\n~/one.wav,~/far,robin"), "--quiet"]) == 0
    assert (place / "far" / "frame_000001.png").exists()


def test_folders_that_differ_in_case_alone(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "sound,out,avatar\none.wav,Scene,robin\none.wav,scene,robin"
    monkeypatch.setattr(manifest, "ignores_case", lambda _folder: True)
    assert main(["batch", save(place, "list.csv", text), "--quiet"]) == 2
    monkeypatch.undo()
    (place / "case").touch()
    if not (place / "CASE").exists():  # a disk that tells them apart
        assert main(["batch", save(place, "list.csv", text), "--quiet"]) == 0


@pytest.mark.parametrize("part", ["0/2", "3/2", "1", "a/b", "1/0"])
def test_shards_that_cannot_be(part: str, place: Path) -> None:
    assert main(["batch", save(place, "list.toml", TOML), "--shard", part]) == 2
    assert not (place / "frames").exists()
