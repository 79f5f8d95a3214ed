# SPDX-License-Identifier: GPL-3.0-or-later
"""Avatars: what is in avatar.toml, and every way in which an avatar can be wrong."""

import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import pytest
from lipreel.engine.avatar.avatar_types import Square
from lipreel.engine.avatar.library import list_avatars, load_avatar
from lipreel.engine.errors import AvatarError
from lipreel.engine.inference.families import FAMILIES
from lipreel.engine.painters.networks import check_avatar
from lipreel.tests.helpers import tiny


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.make_avatar(tmp_path_factory.mktemp("avatars") / "tiny", feather_px=12)


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "tiny"))


def error_of(folder: Path) -> AvatarError:
    """The error on loading and checking the avatar, which must fail."""
    with pytest.raises(AvatarError) as caught:
        check_avatar(load_avatar(folder))
    assert "\n" not in str(caught.value)
    return caught.value


def place(folder: Path, table: str, key: str) -> str:
    """How an error names a key; the keys above all tables have the table ""."""
    return f"{folder / 'avatar.toml'}: {table} {key}" if table else f"{folder / 'avatar.toml'}: {key}"


def test_what_the_file_says(folder: Path) -> None:
    avatar = load_avatar(folder)
    assert (avatar.id, avatar.name, avatar.licence) == ("tiny", "Tiny", "CC0-1.0")
    assert (avatar.audio.encoder, avatar.audio.edge) == ("audio_encoder.onnx", "zeros")
    assert avatar.generator.family == FAMILIES["synctalk2d"]
    assert avatar.template.fps == Fraction(25)
    assert avatar.template.images()[4] == "frames/0004.jpg"
    assert avatar.template.squares[2] == Square(106, 64, tiny.SQUARE_SIZE)
    assert avatar.feather_px == 12
    assert (avatar.colour_match, avatar.silence) == (False, "model")  # where the file says nothing


def test_what_the_file_may_say_of_silence_and_colours(tmp_path: Path) -> None:
    tiny.make_avatar(tmp_path / "tiny", silence='"hold"', colour_match="true")
    avatar = load_avatar(tmp_path / "tiny")
    assert (avatar.colour_match, avatar.silence) == (True, "hold")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("silence", '"loud"', "It can be: hold, model"),
        ("silence", "true", "must be a text"),
        ("colour_match", "1", "must be true or false"),
    ],
)
def test_what_it_may_not_say_of_them(tmp_path: Path, key: str, value: str, words: str) -> None:
    wanted: dict[str, Any] = {key: value}
    tiny.make_avatar(tmp_path / "tiny", **wanted)
    with pytest.raises(AvatarError, match=words):
        load_avatar(tmp_path / "tiny")


@pytest.mark.parametrize("family", tiny.GENERATORS)
@pytest.mark.parametrize("images", ["jpg", "png", "video"])
def test_a_whole_avatar_is_found_whole(tmp_path: Path, family: str, images: str) -> None:
    check_avatar(load_avatar(tiny.make_avatar(tmp_path / "é b", family, images=images)))


def test_the_families_of_the_contract() -> None:
    # model-contracts: crop, inner side, mask columns and rows (both ends in), which image is first.
    expected = {
        "synctalk2d": (328, 320, (5, 314), (5, 309), "reference_first"),
        "ultralight": (168, 160, (5, 154), (5, 149), "reference_first"),
        "wav2lip": (96, 96, (0, 95), (48, 95), "masked_first"),
    }
    for name, numbers in expected.items():
        family = FAMILIES[name]
        x, y, width, height = family.mask
        columns, rows = (x, x + width - 1), (y, y + height - 1)
        assert (family.crop, family.size, columns, rows, family.input_order) == numbers


def test_an_avatar_may_have_its_own_geometry(folder: Path) -> None:
    own = 'crop = 340\ninset = 10\nmask = [1, 2, 30, 40]\ninput_order = "masked_first"\nfile = "gen'
    tiny.edit(folder, 'file = "gen', own)
    family = load_avatar(folder).generator.family
    assert (family.crop, family.size, family.mask) == (340, 320, (1, 2, 30, 40))
    assert family.input_order == "masked_first"
    assert family.audio_shape == (32, 16, 16)


def test_fingerprint_stands_for_the_files(folder: Path) -> None:
    before = load_avatar(folder).fingerprint
    tiny.save_generator(folder / "generator.onnx", work=1)
    tiny.rehash(folder)
    assert load_avatar(folder).fingerprint != before


KEYS = {
    # key = its line in the tiny avatar, with its table
    "schema": ("", "schema = 1"),
    "id": ("", 'id = "tiny"'),
    "name": ("", 'name = "Tiny"'),
    "licence": ("", 'licence = "CC0-1.0"'),
    "front_end": ("[audio]", 'front_end = "logmel80"'),
    "encoder": ("[audio]", 'encoder = "audio_encoder.onnx"'),
    "edge": ("[audio]", 'edge = "zeros"'),
    "family": ("[generator]", 'family = "synctalk2d"'),
    "file": ("[generator]", 'file = "generator.onnx"'),
    "fps": ("[template]", "fps = 25"),
    "frames": ("[template]", 'frames = "frames/{:04d}.jpg"'),
    "first": ("[template]", "first = 0"),
    "count": ("[template]", "count = 5"),
    "order": ("[template]", 'order = "pingpong"'),
    "squares": ("[template]", 'squares = "squares.csv"'),
    "feather_px": ("[paste]", "feather_px = 12"),
}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", [None, "true", "[1.5]", "{a = 1}", "2020-01-01"])
def test_key_missing_or_of_a_wrong_type(folder: Path, key: str, value: str | None) -> None:
    table, line = KEYS[key]
    tiny.edit(folder, f"{line}\n", "" if value is None else f"{key} = {value}\n")
    error = error_of(folder)
    assert error.where == place(folder, table, key)
    assert error.what.startswith("is missing" if value is None else "must be ")


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("schema", "2", "2 is not known"),
        ("id", '"a b"', "not a short name"),
        ("name", '" "', "is empty"),
        ("front_end", '"hubert"', '"hubert" is not known'),
        ("edge", '"mirror"', '"mirror" is not known'),
        ("family", '"dinet"', '"dinet" is not known'),
        ("fps", "0", "not a rate"),
        ("fps", "-25", "not a rate"),
        ("fps", '"nan"', "not a rate"),
        ("fps", '"25/0"', "not a rate"),
        ("fps", '"1e99"', "not a rate"),
        ("frames", '"frames/0001.jpg"', "not a pattern"),
        ("frames", '"frames/{0.__class__}.jpg"', "not a pattern"),
        ("frames", '"frames/{:04d}{:04d}.jpg"', "not a pattern"),
        ("frames", '"frames/{:04d}.gif"', "not a pattern"),
        ("first", "-1", "less than 0"),
        ("count", "0", "less than 1"),
        ("order", '"random"', '"random" is not known'),
        ("feather_px", "-1", "not a finite number"),
        ("feather_px", "nan", "not a finite number"),
        ("feather_px", "inf", "not a finite number"),
    ],
)
def test_value_out_of_range(folder: Path, key: str, value: str, what: str) -> None:
    table, line = KEYS[key]
    tiny.edit(folder, f"{line}\n", f"{key} = {value}\n")
    error = error_of(folder)
    assert error.where == place(folder, table, key)
    assert what in error.what


@pytest.mark.parametrize("key", ["encoder", "file", "squares", "frames"])
@pytest.mark.parametrize(
    "path", ["../x", "a/../../x", "/etc/x", "C:/x", "C:x", "a\\\\x", "//server/x", "..", "a\\u0000x"]
)
def test_path_outside_the_folder(folder: Path, key: str, path: str) -> None:
    table, line = KEYS[key]
    path += "/{:04d}.jpg" if key == "frames" else ""
    tiny.edit(folder, f"{line}\n", f'{key} = "{path}"\n')
    error = error_of(folder)
    assert error.where == place(folder, table, key)
    assert "not a relative path" in error.what or "outside" in error.what


def test_link_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "squares.csv").rename(tmp_path / "squares.csv")
    (folder / "squares.csv").symlink_to(tmp_path / "squares.csv")
    assert "outside the avatar's folder" in error_of(folder).what


def test_hash_of_a_file_outside(folder: Path) -> None:
    tiny.edit(folder, "[files]\n", f'[files]\n"../x" = "{"0" * 64}"\n')
    assert error_of(folder).where.endswith("[files] ../x")


@pytest.mark.parametrize("mask", ["[0, 0, 0, 5]", "[-1, 0, 5, 5]", "[300, 0, 21, 5]", "[0, 0, 5]", '["a"]'])
def test_mask_that_does_not_fit(folder: Path, mask: str) -> None:
    tiny.edit(folder, 'file = "gen', f'mask = {mask}\nfile = "gen')
    assert error_of(folder).where.endswith("[generator] mask")


def test_inset_that_leaves_nothing(folder: Path) -> None:
    tiny.edit(folder, 'file = "gen', 'inset = 164\nfile = "gen')
    assert error_of(folder).where.endswith("[generator] inset")


@pytest.mark.parametrize("table", ["", "[audio]", "[generator]", "[template]", "[paste]"])
def test_unknown_key(folder: Path, table: str) -> None:
    tiny.edit(
        folder, f"{table}\n" if table else "schema", f"{table}\ntypo = 1\n" + ("" if table else "schema")
    )
    error = error_of(folder)
    assert error.where == place(folder, table, "typo")
    assert "Known here: " in error.how


def test_video_and_frames_at_once(folder: Path) -> None:
    tiny.edit(folder, "fps = 25\n", 'fps = 25\nvideo = "template.avi"\n')
    assert error_of(folder).where.endswith("[template] video")


@pytest.mark.parametrize("table", ["audio", "generator", "template", "paste", "files"])
def test_table_missing(folder: Path, table: str) -> None:
    tiny.edit(folder, f"[{table}]\n", f"[another_{table}]\n")
    error = error_of(folder)
    assert error.where.endswith(f"avatar.toml: {table}")
    assert "is missing" in error.what


@pytest.mark.parametrize("text", [b"schema = ", b"\xff\xfe", b"a = " + b"[" * 5000, b"a = " + b"9" * 5000])
def test_not_toml(folder: Path, text: bytes) -> None:
    (folder / "avatar.toml").write_bytes(text)
    error = error_of(folder)
    assert error.where == str(folder / "avatar.toml")
    assert "not valid TOML" in error.what


def test_no_such_avatar(tmp_path: Path) -> None:
    assert "no such avatar" in error_of(tmp_path / "nobody").what
    assert "no avatar.toml" in error_of(tmp_path).what


def test_error_names_the_built_in_avatars(tmp_path: Path) -> None:
    for name in list_avatars():
        assert name in error_of(tmp_path / "nobody").how


def test_file_without_a_hash(folder: Path) -> None:
    lines = (folder / "avatar.toml").read_text().splitlines(keepends=True)
    (folder / "avatar.toml").write_text("".join(line for line in lines if "0003.jpg" not in line))
    error = error_of(folder)
    assert error.where.endswith("[files] frames/0003.jpg")
    assert "is missing" in error.what


@pytest.mark.parametrize("name", ["generator.onnx", "audio_encoder.onnx", "frames/0002.jpg"])
def test_wrong_hash_names_both(folder: Path, name: str) -> None:
    expected = load_avatar(folder).files[name]
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    error = error_of(folder)
    assert error.where == str(folder / name)
    found = error.what.removeprefix("its SHA-256 is ")[:64]
    tiny.rehash(folder)
    assert found == load_avatar(folder).files[name] != expected
    assert error.what.endswith(f"says {expected}")


def test_hash_that_is_none(folder: Path) -> None:
    tiny.edit(folder, load_avatar(folder).files["squares.csv"], "c0ffee")
    assert "not a SHA-256" in error_of(folder).what


def test_file_missing(folder: Path) -> None:
    (folder / "frames" / "0003.jpg").unlink()
    error = error_of(folder)
    assert error.where == str(folder / "frames" / "0003.jpg")
    assert "cannot be read" in error.what


@pytest.mark.parametrize("name", ["generator.onnx", "audio_encoder.onnx"])
@pytest.mark.parametrize("keep", [0, 100, -1])
def test_broken_network(folder: Path, name: str, keep: int) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[:keep])
    tiny.rehash(folder)
    error = error_of(folder)
    assert error.where == str(folder / name)
    assert "not a network" in error.what


@pytest.mark.parametrize(
    ("shapes", "what"),
    [
        ({"picture_shape": (6, 160, 160)}, "'input' is tensor(float) [b, 6, 160, 160] instead of"),
        ({"sound_shape": (16, 32, 32)}, "[b, 16, 32, 32] instead of tensor(float) [b, 32, 16, 16]"),
        ({"sound_shape": (32, 256)}, "[b, 32, 256] instead of"),
        ({"batch": 4}, "[4, 6, 320, 320] instead of tensor(float) [b, 6, 320, 320]"),
    ],
)
def test_network_of_wrong_shapes(folder: Path, shapes: dict[str, tuple[int, ...]], what: str) -> None:
    tiny.save_generator(folder / "generator.onnx", **shapes)  # type: ignore[arg-type]  # a mixed bag
    tiny.rehash(folder)
    error = error_of(folder)
    assert error.where == str(folder / "generator.onnx")
    assert what in error.what


def test_network_of_another_family(folder: Path) -> None:
    tiny.save_generator(folder / "generator.onnx", "wav2lip")
    tiny.rehash(folder)
    assert "has no input 'input' (it has mel_spectrogram, video_frames)" in error_of(folder).what


def test_networks_swapped(folder: Path) -> None:
    shutil.copy(folder / "generator.onnx", folder / "audio_encoder.onnx")
    tiny.rehash(folder)
    error = error_of(folder)
    assert error.where == str(folder / "audio_encoder.onnx")
    assert "has no input 'mel'" in error.what


@pytest.mark.parametrize("data", [b"", b"not an image", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"])
def test_template_frame_that_is_no_image(folder: Path, data: bytes) -> None:
    (folder / "frames" / "0003.jpg").write_bytes(data)
    tiny.rehash(folder)
    error = error_of(folder)
    assert error.where == str(folder / "frames" / "0003.jpg")
    assert "cannot be read" in error.what


def test_template_frame_that_is_only_a_header(folder: Path) -> None:
    file = folder / "frames" / "0003.jpg"
    data = file.read_bytes()
    file.write_bytes(data[: data.index(b"\xff\xc0") + 20])
    tiny.rehash(folder)
    error = error_of(folder)
    assert error.where == str(file)
    assert "cannot be decoded" in error.what


def test_template_frame_of_another_size(folder: Path) -> None:
    cv2.imwrite(str(folder / "frames" / "0003.jpg"), tiny.picture(3, (402, 300)))
    tiny.rehash(folder)
    error = error_of(folder)
    assert error.where == str(folder / "frames" / "0003.jpg")
    assert "402x300, but the first is 400x300" in error.what


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("320,60,160", "outside the frame of 400x300"),
        ("100,220,160", "outside the frame of 400x300"),
        ("-81,60,160", "outside the frame"),
        ("1,60,15", "15 pixels is under 16"),
        ("1,60", "not "),
        ("1,60,160,1", "not "),
        ("1.5,60,160", "not "),
    ],
)
def test_face_square(folder: Path, line: str, what: str) -> None:
    squares = folder / "squares.csv"
    squares.write_text(squares.read_text().replace("106,64,160", line))
    tiny.rehash(folder)
    error = error_of(folder)
    assert error.where == f"{squares}, line 3"
    assert what in error.what


def test_face_square_that_just_fits(folder: Path) -> None:
    squares = folder / "squares.csv"
    squares.write_text(squares.read_text().replace("106,64,160", "240,140,160"))
    tiny.rehash(folder)
    check_avatar(load_avatar(folder))


def test_squares_of_another_number_of_frames(folder: Path) -> None:
    tiny.edit(folder, "count = 5", "count = 6")
    error = error_of(folder)
    assert error.where == place(folder, "[template]", "squares")
    assert "has 5 lines for 6 frames" in error.what


def test_squares_that_cannot_be_read(folder: Path) -> None:
    (folder / "squares.csv").unlink()
    assert error_of(folder).where.endswith("[template] squares")


@pytest.mark.parametrize(("count", "what"), [(4, "has more frames"), (6, "has 5 frames")])
def test_video_of_another_length(tmp_path: Path, count: int, what: str) -> None:
    folder = tiny.make_avatar(tmp_path / "tiny", images="video")
    tiny.edit(folder, "count = 5", f"count = {count}")
    (folder / "squares.csv").write_text("100,60,160\n" * count)
    tiny.rehash(folder)
    error = error_of(folder)
    assert error.where == str(folder / "template.avi")
    assert what in error.what
