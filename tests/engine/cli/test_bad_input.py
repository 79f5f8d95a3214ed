# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user may get wrong: exit status 2, one line that says what and how to mend it, nothing half-written.

And what is odd but right, and has to work.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from lipreel.engine.cli import main
from lipreel.tests.helpers import tiny

COMMAND = [sys.executable, "-m", "lipreel.engine.cli"]

Said = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An avatar without fault; not to be changed."""
    return tiny.make_avatar(tmp_path_factory.mktemp("avatars") / "whole")


@pytest.fixture
def character(whole: Path, tmp_path: Path) -> Path:
    """An avatar to be spoilt."""
    return shutil.copytree(whole, tmp_path / "character")


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    return tiny.save_sound(tmp_path / "speech.wav", 0.3)


def one_line(said: str) -> str:
    assert said.startswith("lipreel: ")
    assert len(said.splitlines()) == 1, said
    return said


def generate(sound: Path | str, character: Path, out: Path, *options: str) -> int:
    return main(["generate", str(sound), "--avatar", str(character), "--out", str(out), *options])


def refusal(sound: Path | str, character: Path, out: Path, capfd: Said, *options: str) -> str:
    """The line with which `generate` refuses; nothing has been written."""
    assert generate(sound, character, out, *options) == 2
    assert not out.exists()
    captured = capfd.readouterr()
    assert captured.out == ""
    return one_line(captured.err)


def bad_sounds(folder: Path) -> dict[str, tuple[Path, str]]:
    """Files by what is wrong with them, and a word that has to be said."""
    rate = 16000
    tone = np.sin(np.arange(rate) / 20).astype(np.float32)
    paths = {
        name: folder / f"{name}.wav" for name in ("text", "empty", "truncated", "nan", "inf", "no_samples")
    }
    paths["text"].write_text("Dear diary, today I was renamed to .wav.\n" * 50)
    paths["empty"].touch()
    soundfile.write(paths["truncated"], tone, rate)
    paths["truncated"].write_bytes(paths["truncated"].read_bytes()[:9000])
    soundfile.write(paths["nan"], np.where(np.arange(rate) == 5000, np.nan, tone), rate, subtype="FLOAT")
    soundfile.write(paths["inf"], np.where(np.arange(rate) == 5000, np.inf, tone), rate, subtype="FLOAT")
    soundfile.write(paths["no_samples"], tone[:0], rate)
    return {
        "missing": (folder / "nowhere.wav", "no such file"),
        "folder": (folder, "folder"),
        "text": (paths["text"], "not a sound"),
        "empty": (paths["empty"], "empty"),
        "truncated": (paths["truncated"], "cut short"),
        "nan": (paths["nan"], "not numbers"),
        "inf": (paths["inf"], "not numbers"),
        "no samples": (paths["no_samples"], "no samples"),
    }


@pytest.mark.parametrize(
    "kind", ["missing", "folder", "text", "empty", "truncated", "nan", "inf", "no samples"]
)
def test_bad_sounds(kind: str, whole: Path, tmp_path: Path, capfd: Said) -> None:
    sound, word = bad_sounds(tmp_path)[kind]
    said = refusal(sound, whole, tmp_path / "out", capfd)
    assert str(sound) in said
    assert word in said


@pytest.mark.parametrize(
    "options",
    [
        *(["--fps", rate] for rate in ("0", "-1", "nan", "inf", "fast", "1/0", "0/5", "1e3", "", "99999")),
        ["--start", "-1"],
        ["--start", "0.3"],  # at the end
        ["--start", "later"],
        ["--duration", "0"],
        ["--duration", "nan"],
        ["--format", "gif"],
        ["--quality", "0"],
        ["--quality", "101"],
        ["--workers", "0"],
        ["--workers", "some"],
        ["--provider", "abacus"],
        ["--precision", "fuzzy"],
        ["--feather", "-2"],
        ["--overlay", "--format", "jpg"],
        ["--avatar", "nobody"],
        ["--frobnicate"],
    ],
    ids=" ".join,
)
def test_bad_options(options: list[str], speech: Path, whole: Path, tmp_path: Path, capfd: Said) -> None:
    said = refusal(speech, whole, tmp_path / "out", capfd, *options)
    assert options[0].removeprefix("--") in said or options[-1] in said


@pytest.mark.parametrize("arguments", [[], ["sing"], ["generate"], ["generate", "x.wav"], ["mux", "a"]])
def test_incomplete_commands(arguments: list[str], capfd: Said) -> None:
    assert main(arguments) == 2
    assert "--help" in one_line(capfd.readouterr().err)


KEYS = [
    ("", key, value) for key, value in {"schema": '"1"', "id": "7", "name": "[]", "licence": "true"}.items()
] + [
    (table, key, value)
    for table, pairs in {
        "audio": {"front_end": "80", "encoder": "false", "edge": "0"},
        "generator": {"family": "2", "file": "[]"},
        "template": {
            "fps": '"soon"',
            "frames": "1",
            "first": "1.5",
            "count": '"5"',
            "order": "true",
            "squares": "[]",
        },
        "paste": {"feather_px": '"soft"'},
        "files": {"generator.onnx": "12"},
    }.items()
    for key, value in pairs.items()
]


def line_of(character: Path, key: str) -> str:
    """The line of avatar.toml that sets the key."""
    text = (character / "avatar.toml").read_text("utf-8")
    found = re.search(rf'^"?{re.escape(key)}"? = .*\n', text, re.MULTILINE)
    assert found
    return found[0]


@pytest.mark.parametrize(("table", "key", "value"), KEYS, ids=[f"{table}.{key}" for table, key, _ in KEYS])
@pytest.mark.parametrize("fault", ["missing", "wrong type"])
def test_each_key_of_avatar_toml(
    fault: str, table: str, key: str, value: str, speech: Path, character: Path, tmp_path: Path, capfd: Said
) -> None:
    line = line_of(character, key)
    name = line.partition(" = ")[0]
    tiny.edit(character, line, "" if fault == "missing" else f"{name} = {value}\n")
    said = refusal(speech, character, tmp_path / "out", capfd)
    assert "avatar.toml" in said
    assert f"[{table}]" in said or not table
    assert key in said


@pytest.mark.parametrize("table", ["audio", "generator", "template", "paste", "files"])
def test_each_table_of_avatar_toml(
    table: str, speech: Path, character: Path, tmp_path: Path, capfd: Said
) -> None:
    tiny.edit(character, f"[{table}]\n", f"[{table}_of_others]\n")
    assert table in refusal(speech, character, tmp_path / "out", capfd)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("schema = 1\n", "schema = 2\n", "schema"),
        ("schema = 1\n", "schema = = 1\n", "TOML"),
        ("schema = 1\n", 'schema = 1\ntitle = "Jingle"\n', "title"),
        ('file = "generator.onnx"', 'file = "../generator.onnx"', "outside"),
        ('file = "generator.onnx"', 'file = "/etc/passwd"', "relative"),
        ('encoder = "audio_encoder.onnx"', 'encoder = "frames/../../x.onnx"', "outside"),
        ('family = "synctalk2d"', 'family = "deepfake"', "synctalk2d"),
        ('family = "synctalk2d"', 'family = "ultralight"', "hubert"),
    ],
)
def test_foreign_avatars(
    old: str, new: str, words: str, speech: Path, character: Path, tmp_path: Path, capfd: Said
) -> None:
    tiny.edit(character, old, new)
    said = refusal(speech, character, tmp_path / "out", capfd)
    assert "avatar.toml" in said
    assert words in said


def test_a_link_that_leaves_the_folder(speech: Path, character: Path, tmp_path: Path, capfd: Said) -> None:
    (character / "generator.onnx").rename(tmp_path / "elsewhere.onnx")
    (character / "generator.onnx").symlink_to(tmp_path / "elsewhere.onnx")
    assert "generator.onnx" in refusal(speech, character, tmp_path / "out", capfd)


@pytest.mark.parametrize("file", ["generator.onnx", "audio_encoder.onnx", "squares.csv", "frames/0003.jpg"])
@pytest.mark.parametrize("fault", ["missing", "wrong hash"])
def test_files_that_are_not_those_of_the_avatar(
    fault: str, file: str, speech: Path, character: Path, tmp_path: Path, capfd: Said
) -> None:
    if fault == "missing":
        (character / file).unlink()
    else:
        with (character / file).open("ab") as opened:
            opened.write(b"\n")
    assert file in refusal(speech, character, tmp_path / "out", capfd)


def break_network(folder: Path) -> None:
    (folder / "generator.onnx").write_bytes(b"no network")


def misshape_picture(folder: Path) -> None:
    tiny.save_generator(folder / "generator.onnx", picture_shape=(6, 160, 160))


def misshape_sound(folder: Path) -> None:
    tiny.save_generator(folder / "generator.onnx", sound_shape=(16, 32, 32))


def fix_the_batch(folder: Path) -> None:
    tiny.save_generator(folder / "generator.onnx", batch=4)


def break_frame(folder: Path) -> None:
    (folder / "frames" / "0003.jpg").write_bytes(b"no image")


def shrink_frame(folder: Path) -> None:
    cv2.imwrite(str(folder / "frames" / "0003.jpg"), tiny.picture(3, (200, 150)))


def move_square(folder: Path) -> None:
    lines = (folder / "squares.csv").read_text().split()
    (folder / "squares.csv").write_text("\n".join([*lines[:3], "330,60,160", *lines[4:]]))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (break_network, ["generator.onnx"]),
        (misshape_picture, ["generator.onnx", "input", "160", "320"]),
        (misshape_sound, ["generator.onnx", "audio"]),
        (fix_the_batch, ["generator.onnx", "4"]),
        (break_frame, ["0003.jpg"]),
        (shrink_frame, ["0003.jpg"]),
        (move_square, ["330,60,160"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_broken_parts_with_the_right_hashes(
    spoil: "object", words: list[str], speech: Path, character: Path, tmp_path: Path, capfd: Said
) -> None:
    assert callable(spoil)
    spoil(character)
    tiny.rehash(character)
    out = tmp_path / "out"
    assert generate(speech, character, out) == 2
    said = one_line(capfd.readouterr().err)
    assert all(word in said for word in words), said
    assert not [path for path in out.glob("*") if path.suffix == ".part"]
    assert all(cv2.imread(str(path)) is not None for path in out.glob("frame_*"))


def test_the_output_folder_is_a_file(speech: Path, whole: Path, tmp_path: Path, capfd: Said) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    assert generate(speech, whole, out) == 2
    assert str(out) in one_line(capfd.readouterr().err)
    assert out.read_text() == "mine"


def test_the_output_folder_is_inside_a_file(speech: Path, whole: Path, tmp_path: Path, capfd: Said) -> None:
    (tmp_path / "file").touch()
    assert generate(speech, whole, tmp_path / "file" / "out") == 2
    one_line(capfd.readouterr().err)


def test_the_output_folder_is_not_writable(speech: Path, whole: Path, tmp_path: Path, capfd: Said) -> None:
    out = tmp_path / "out"
    out.mkdir(mode=0o555)
    if os.access(out, os.W_OK):  # root may write anywhere, but not here
        out = Path("/proc/lipreel")
    assert generate(speech, whole, out) == 2
    assert str(out) in one_line(capfd.readouterr().err)


def test_frames_of_nobody_are_not_overwritten(speech: Path, whole: Path, tmp_path: Path, capfd: Said) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "frame_000001.png").write_text("mine")
    assert generate(speech, whole, out) == 2
    one_line(capfd.readouterr().err)
    assert (out / "frame_000001.png").read_text() == "mine"


def test_a_full_disk(speech: Path, whole: Path, tmp_path: Path) -> None:
    """As far as a program can see it: files over 20 kB are cut off, and a frame has more."""
    out = tmp_path / "out"
    done = subprocess.run(
        [*COMMAND, "generate", str(speech), "--avatar", str(whole), "--out", str(out)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    assert done.returncode == 2
    assert "room" in one_line(done.stderr)
    assert not [path for path in out.iterdir() if path.name != "lipreel.json"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate", "nowhere.wav", "--out", "out"],
        ["generate", "nowhere.wav", "--out", "out", "--fps", "nan"],
        ["avatar", "check", "nowhere"],
        ["mux", "nowhere", "nowhere.wav", "out.mp4"],
    ],
    ids=" ".join,
)
def test_the_real_command(arguments: list[str], tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    one_line(done.stderr)
    assert not list(tmp_path.iterdir())


def tone(rate: int, seconds: float = 0.3, channels: int = 1) -> np.ndarray:
    wave = 0.5 * np.sin(2 * np.pi * 150 * np.arange(round(rate * seconds)) / rate)
    return np.repeat(wave[:, None], channels, axis=1)


@pytest.mark.parametrize(
    ("name", "samples", "rate", "subtype", "count"),
    [
        ("one sample.wav", tone(16000)[:1], 16000, "PCM_16", 1),
        ("8 kHz.wav", tone(8000), 8000, "PCM_16", 8),
        ("192 kHz.wav", tone(192000), 192000, "PCM_16", 8),
        ("8 channels.wav", tone(48000, channels=8), 48000, "PCM_16", 8),
        ("24 bits.wav", tone(44100), 44100, "PCM_24", 8),
        ("floats.wav", tone(44100), 44100, "FLOAT", 8),
        ("8 bits.wav", tone(11025), 11025, "PCM_U8", 8),
        ("silence.wav", 0 * tone(16000), 16000, "PCM_16", 8),
        ("clipped.wav", np.clip(9 * tone(16000), -1, 1), 16000, "PCM_16", 8),
        ("over full scale.wav", 9 * tone(16000), 16000, "FLOAT", 8),
        ("Ångström, 声 .flac", tone(16000), 16000, "PCM_16", 8),
        ("speech.ogg", tone(16000), 16000, "VORBIS", 8),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_odd_but_right_sounds(
    name: str,
    samples: np.ndarray,
    rate: int,
    subtype: str,
    count: int,
    whole: Path,
    tmp_path: Path,
    capfd: Said,
) -> None:
    folder = tmp_path / "a folder, naïve"
    folder.mkdir()
    soundfile.write(folder / name, samples, rate, subtype=subtype)
    assert generate(folder / name, whole, folder / "фреймы") == 0
    assert capfd.readouterr().err == ""
    assert len(list((folder / "фреймы").glob("frame_*.png"))) == count  # ceil(0.3 * 25)


def test_mp3(whole: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "speech.mp3", tone(44100, 1.0), 44100)
    assert generate(tmp_path / "speech.mp3", whole, tmp_path / "out") == 0
    # The format rounds up to whole blocks of 1152 samples and may keep the encoder's delay.
    assert 25 <= len(list((tmp_path / "out").glob("frame_*.png"))) <= 27
