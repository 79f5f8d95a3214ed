# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel mouth` and `lipreel generate --mouth`, from the command line to the files."""

import json
import shutil
from pathlib import Path

import pytest
from lipreel.engine.cli import main
from lipreel.tests.helpers import tiny

SPEECH = Path(__file__).parents[2] / "data" / "speech.wav"


@pytest.fixture(scope="module")
def avatar(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny one that takes a mouth track."""
    return str(tiny.make_avatar(tmp_path_factory.mktemp("avatars") / "tiny", "mouth"))


@pytest.fixture
def track(tmp_path: Path) -> Path:
    file = tmp_path / "speech.mouth.json"
    assert main(["mouth", str(SPEECH), "--out", str(file), "--quiet"]) == 0
    return file


def frames(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.glob("frame_*"))}


def corrected(track: Path, out: Path, first: float, last: float) -> Path:
    """The same with the lips pressed for a while."""
    data = json.loads(track.read_text())
    for place in range(round(first * 80), round(last * 80)):
        data["values"][place][3] = 1.0
    out.write_text(json.dumps(data))
    return out


def test_writes_what_the_ending_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a.tsv"
    assert main(["mouth", str(SPEECH), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "no --fps: shapes change at 24 frames a second" in said.err
    assert "rhubarb-tsv, 4.82 s" in said.out
    assert out.read_text().splitlines()[-1] == "4.82\tX"
    assert main(["mouth", str(SPEECH), "--out", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["mouth", str(SPEECH), "--out", str(out), "--overwrite", "--fps", "30", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["format"], told["fps"]) == ("rhubarb-tsv", 30)


def test_options_of_rhubarb(tmp_path: Path) -> None:
    words = ["-o", str(tmp_path / "a"), "-f", "dat", "--extendedShapes", "GX", "--datFrameRate", "25", "-q"]
    assert main(["mouth", str(SPEECH), *words]) == 0
    letters = {line.split()[1] for line in (tmp_path / "a").read_text().splitlines()[1:]}
    assert letters <= set("ABCDEFGX")
    assert main(["mouth", str(SPEECH), *words, "--datUsePrestonBlair", "--overwrite"]) == 0
    assert "MBP" in (tmp_path / "a").read_text()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--out", "a.csv"], "--format"),
        (["--out", "a.tsv", "--format", "flash"], "flash"),
        (["--out", "a.tsv", "--fps", "0"], "not above 0"),
        (["--out", "a.tsv", "--shapes", "ABC"], '"D" is missing'),
        (["--out", "a.tsv", "--hold", "0"], "less than 1"),
        (["--out", "a.tsv", "--intensity", "3"], "intensity"),
        (["--out", "none/a.tsv"], "no such folder"),
    ],
)
def test_what_is_wrong_writes_nothing(
    words: list[str],
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["mouth", str(SPEECH), *words]) == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert error.splitlines()[-1].startswith("lipreel: ")
    assert list(tmp_path.iterdir()) == []


def test_a_track_that_was_read_is_drawn_as_the_one_that_was_heard(
    avatar: str, track: Path, tmp_path: Path
) -> None:
    words = ["generate", str(SPEECH), "--avatar", avatar, "--duration", "2", "--quiet", "--out"]
    assert main([*words, str(tmp_path / "heard")]) == 0
    assert main([*words, str(tmp_path / "read"), "--mouth", str(track)]) == 0
    heard, read = frames(tmp_path / "heard"), frames(tmp_path / "read")
    assert len(heard) == len(read) == 50
    same = [name for name in heard if heard[name] == read[name]]
    assert len(same) > 40  # but for the end of the two seconds


def test_a_correction_draws_only_what_it_changes(
    avatar: str, track: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["generate", str(SPEECH), "--avatar", avatar, "--json", "--out", str(tmp_path / "out")]
    assert main([*words, "--mouth", str(track)]) == 0
    before = frames(tmp_path / "out")
    other = corrected(track, tmp_path / "other.mouth.json", 2, 3)
    assert main([*words, "--mouth", str(other)]) == 2
    assert "mouth file" in capsys.readouterr().err
    assert main([*words, "--mouth", str(other), "--overwrite"]) == 0
    written = json.loads(capsys.readouterr().out.splitlines()[-1])["frames_written"]
    assert 20 <= written <= 27
    after = frames(tmp_path / "out")
    changed = [int(name[6:12]) for name in after if after[name] != before[name]]
    assert 51 <= min(changed) <= max(changed) <= 76
    fresh = ["generate", str(SPEECH), "--avatar", avatar, "--quiet", "--out", str(tmp_path / "fresh")]
    assert main([*fresh, "--mouth", str(other)]) == 0
    assert frames(tmp_path / "fresh") == after


def test_a_change_of_direction_draws_only_what_it_changes(
    avatar: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["generate", str(SPEECH), "--avatar", avatar, "--json", "--out"]
    assert main([*words, str(tmp_path / "out")]) == 0
    assert main([*words, str(tmp_path / "out"), "--intensity", "1.5", "--lead", "-2", "--overwrite"]) == 0
    written = json.loads(capsys.readouterr().out.splitlines()[-1])["frames_written"]
    assert 60 < written < 121  # not those at rest
    assert main([*words, str(tmp_path / "fresh"), "--intensity", "1.5", "--lead", "-2"]) == 0
    assert frames(tmp_path / "fresh") == frames(tmp_path / "out")
    # Another rate is another job: all of it is made anew.
    assert main([*words, str(tmp_path / "out"), "--fps", "24", "--overwrite"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["frames_written"] == 116


def test_a_track_of_another_sound(
    avatar: str, track: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tiny.save_sound(tmp_path / "other.wav", 2.0)
    words = [
        "generate",
        str(other),
        "--avatar",
        avatar,
        "--out",
        str(tmp_path / "out"),
        "--mouth",
        str(track),
    ]
    assert main(words) == 2
    assert "of another sound" in capsys.readouterr().err
    assert not list(tmp_path.glob("out/frame_*"))
    assert main([*words, "--other-sound"]) == 0


def test_shapes_of_rhubarb_that_are_too_long(
    avatar: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.tsv").write_text("0.00\tX\n0.50\tD\n1.00\tA\n9.00\tX\n")
    words = ["generate", str(SPEECH), "--avatar", avatar, "--out", str(tmp_path / "out")]
    assert main([*words, "--mouth", str(tmp_path / "a.tsv")]) == 0
    assert "a.tsv is 4.2 s longer than the sound" in capsys.readouterr().err


def test_an_avatar_that_hears_for_itself_is_not_directed(
    tmp_path: Path, track: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tiny.make_avatar(tmp_path / "tiny")
    words = ["generate", str(SPEECH), "--avatar", str(folder), "--out", str(tmp_path / "out")]
    for more in (["--intensity", "2"], ["--hold", "2"], ["--smoothing", "0.1"], ["--mouth", str(track)]):
        assert main([*words, *more]) == 2
        assert "hears for itself" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_lead_is_for_every_avatar(tmp_path: Path, avatar: str) -> None:
    for number, folder in enumerate((str(tiny.make_avatar(tmp_path / "tiny")), avatar)):
        words = ["generate", str(SPEECH), "--avatar", folder, "--duration", "3", "--quiet", "--out"]
        assert main([*words, str(tmp_path / f"{number}")]) == 0
        assert main([*words, str(tmp_path / f"{number} early"), "--lead", "4"]) == 0
        assert frames(tmp_path / f"{number}") != frames(tmp_path / f"{number} early")


def test_a_track_is_heard_once(avatar: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    words = ["generate", str(SPEECH), "--avatar", avatar, "--quiet", "--out", str(out)]
    assert main(words) == 0
    (kept,) = out.glob("mouth-*.npy")
    before = kept.read_bytes()
    monkeypatch.setattr("lipreel.engine.job.mouths.open_speech", lambda *_: 1 / 0)
    assert main([*words, "--intensity", "0.5", "--overwrite"]) == 0
    kept.write_bytes(before[:100])  # damaged: it is heard again
    assert main([*words, "--intensity", "0.7", "--overwrite"]) == 1


def test_a_mouth_file_that_is_gone(
    avatar: str, track: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone.mouth.json"
    shutil.move(track, gone)
    gone.unlink()
    words = ["generate", str(SPEECH), "--avatar", avatar, "--out", str(tmp_path / "out")]
    assert main([*words, "--mouth", str(gone)]) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("section", [[], ["--start", "1.5", "--duration", "2"]])
def test_a_track_of_the_same_sound_draws_nothing_new(
    avatar: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], section: list[str]
) -> None:
    """Four decimals hold all that was heard, and a section knows where it begins."""
    track = tmp_path / "a.mouth.csv"
    words = ["generate", str(SPEECH), "--avatar", avatar, "--out", str(tmp_path / "out"), "--json", *section]
    assert main(["mouth", str(SPEECH), "--out", str(track), "--quiet", *section]) == 0
    assert main(words) == 0
    capsys.readouterr()
    assert main([*words, "--mouth", str(track), "--overwrite"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    written = json.loads(said.out)["frames_written"]
    # Of a section the network has not heard what is before and behind it: nor has the track of the section.
    assert written == 0


def test_a_track_that_does_not_cover_the_sound_is_told(
    avatar: str, track: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(track.read_text())
    data["values"], data["begin"] = data["values"][80:240], 1
    track.write_text(json.dumps(data))
    words = ["generate", str(SPEECH), "--avatar", avatar, "--out", str(tmp_path / "out"), "--mouth"]
    assert main([*words, str(track)]) == 0
    said = capsys.readouterr().err
    assert "begins at 1.0 s of the sound" in said
    assert "is 1.8 s shorter than the sound" in said


@pytest.mark.parametrize("via", ["itself", "link"])
def test_the_sound_itself_is_never_written_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], via: str
) -> None:
    sound = Path(shutil.copy(SPEECH, tmp_path / "a.wav"))
    out = sound if via == "itself" else tmp_path / "b.tsv"
    if via == "link":
        out.symlink_to(sound)
    words = ["mouth", str(sound), "--out", str(out), "--format", "rhubarb-tsv", "--overwrite"]
    assert main(words) == 2
    assert "this is the sound itself" in capsys.readouterr().err
    assert sound.read_bytes() == SPEECH.read_bytes()


@pytest.mark.parametrize(
    "text",
    [
        "0.00\tX\n1e99999999\tX\n",
        "0.00\tX\n999999\tX\n",
        '{"mouthCues": [{"start": 0, "end": "1e-99999999", "value": "A"}]}',
    ],
)
def test_times_that_no_sound_has_are_refused_at_once(
    avatar: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (tmp_path / "a.txt").write_text(text)
    words = ["generate", str(SPEECH), "--avatar", avatar, "--out", str(tmp_path / "out")]
    assert main([*words, "--mouth", str(tmp_path / "a.txt")]) == 2
    assert "is no time in seconds" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("rate", 1e-9, "a rate of 1e-09"),
        ("shapes", None, '"shapes" is no list'),
        ("shapes", [{"start": 1, "shape": "A"}, {"start": 0, "shape": "B"}], "do not rise"),
        ("values", [[10**400, 0, 0, 0, 0, 0]], "not numbers"),
        ("begin", "soon", "no time in seconds at which it begins"),
    ],
)
def test_tracks_of_ours_that_are_none(
    avatar: str,
    track: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    key: str,
    value: object,
    words: str,
) -> None:
    data = json.loads(track.read_text()) | {key: value}
    track.write_text(json.dumps(data))
    command = ["generate", str(SPEECH), "--avatar", avatar, "--out", str(tmp_path / "out")]
    assert main([*command, "--mouth", str(track)]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_a_folder_that_is_a_file(avatar: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("mine")
    assert main(["generate", str(SPEECH), "--avatar", avatar, "--out", str(tmp_path / "out")]) == 2
    assert "there is a file of this name" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "mine"
