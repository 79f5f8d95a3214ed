# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way in which a folder to import can be wrong: one line says what and how, nothing is written."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from lipreel.engine.cli import main
from lipreel.tests.helpers import packages, tiny


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The one line that `lipreel avatar import` says."""
    dest = Path(arguments[1])
    before = sorted(dest.parent.iterdir()) if dest.parent.is_dir() else []
    assert main(["avatar", "import", *map(str, arguments)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    assert (sorted(dest.parent.iterdir()) if dest.parent.is_dir() else []) == before
    return err


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return packages.make_clone(tmp_path / "clone")


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    return tmp_path / "avatar"


def rewrite(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))


def test_hash_mismatch_says_both(package: Path, dest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = json.loads((package / "onnx_dist_config.json").read_text())
    tiny.save_generator(package / "models" / "generator.onnx", work=1)
    line = refused(capsys, package, dest)
    assert config["generator"]["sha256"] in line
    packages.write_config(package)
    assert json.loads((package / "onnx_dist_config.json").read_text())["generator"]["sha256"] in line
    assert "--accept-hash-mismatch" in line


def no_encoder(package: Path) -> None:
    rewrite(
        package / "onnx_dist_config.json", lambda config: config.update(audio_encoder={"included": False})
    )


def lost_encoder(package: Path) -> None:
    (package / "models" / "audio_encoder.onnx").unlink()


def lost_generator(package: Path) -> None:
    (package / "models" / "generator.onnx").unlink()


def path_outside(package: Path) -> None:
    rewrite(package / "onnx_dist_config.json", lambda config: config["generator"].update(file="../x.onnx"))


def config_no_json(package: Path) -> None:
    (package / "onnx_dist_config.json").write_text("{")


def swapped_networks(package: Path) -> None:
    shutil.copy(package / "models" / "generator.onnx", package / "models" / "audio_encoder.onnx")
    packages.write_config(package)


def generator_of_another_shape(package: Path) -> None:
    tiny.save_generator(package / "models" / "generator.onnx", picture_shape=(6, 160, 160))
    packages.write_config(package)


def generator_broken(package: Path) -> None:
    file = package / "models" / "generator.onnx"
    file.write_bytes(file.read_bytes()[:-9])
    packages.write_config(package)


def no_pictures(package: Path) -> None:
    shutil.rmtree(package / "full_body_img")


def gap_in_the_pictures(package: Path) -> None:
    (package / "full_body_img" / "4.jpg").unlink()


def last_picture_lost(package: Path) -> None:
    (package / "full_body_img" / "6.jpg").unlink()


def two_formats(package: Path) -> None:
    shutil.copy(package / "full_body_img" / "6.jpg", package / "full_body_img" / "7.png")


def picture_of_another_size(package: Path) -> None:
    cv2.imwrite(str(package / "full_body_img" / "3.jpg"), packages.face(2, (402, 300)))


def picture_of_no_bytes(package: Path) -> None:
    (package / "full_body_img" / "3.jpg").write_bytes(b"")


def no_rectangles(package: Path) -> None:
    (package / "cache" / "crop_rectangles.json").unlink()


def rectangle_lost(package: Path) -> None:
    rewrite(package / "cache" / "crop_rectangles.json", lambda rectangles: rectangles.pop("3"))


def rectangle_of_text(package: Path) -> None:
    rewrite(package / "cache" / "crop_rectangles.json", lambda data: data.update({"3": {"rect": "1,2,3,4"}}))


def rectangle_no_square(package: Path) -> None:
    rewrite(package / "cache" / "crop_rectangles.json", lambda data: data["3"].update(rect=[9, 9, 209, 219]))


def rectangles_list(package: Path) -> None:
    (package / "cache" / "crop_rectangles.json").write_text("[]")


def rectangle_outside(package: Path) -> None:
    packages.save_rectangles(package, [(321, 60, 160)] * 6)
    for folder in ("landmarks", "crops_328"):
        shutil.rmtree(package / folder)


def crops_of_someone_else(package: Path) -> None:
    for number in range(1, 7):
        noise = np.random.default_rng(number).integers(0, 256, (328, 328, 3), np.uint8)
        cv2.imwrite(str(package / "crops_328" / f"{number}.jpg"), noise)


def landmarks_of_someone_else(package: Path) -> None:
    shutil.rmtree(package / "crops_328")
    packages.save_rectangles(package, [(10 + 2 * index, 12, 150) for index in range(6)])


def landmarks_half(package: Path) -> None:
    shutil.rmtree(package / "crops_328")
    (package / "landmarks" / "5.lms").unlink()


def landmarks_of_68_points(package: Path) -> None:
    shutil.rmtree(package / "crops_328")
    lines = (package / "landmarks" / "2.lms").read_text().splitlines()[:68]
    (package / "landmarks" / "2.lms").write_text("\n".join(lines))


def landmarks_of_no_numbers(package: Path) -> None:
    shutil.rmtree(package / "crops_328")
    file = package / "landmarks" / "2.lms"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:40], "nan inf", *lines[41:]]))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (no_encoder, ["has no audio encoder", "--audio-encoder FILE"]),
        (lost_encoder, ["models/audio_encoder.onnx", "audio encoder is missing", "--audio-encoder FILE"]),
        (lost_generator, ["models/generator.onnx", "generator is missing", "--generator FILE"]),
        (path_outside, ['"../x.onnx" of the generator is not in the package']),
        (config_no_json, ["onnx_dist_config.json", "is no JSON"]),
        (swapped_networks, ["models/audio_encoder.onnx", "has no input 'mel'"]),
        (generator_of_another_shape, ["generator.onnx", "[b, 6, 160, 160] instead of", "[b, 6, 320, 320]"]),
        (generator_broken, ["generator.onnx", "not a network"]),
        (no_pictures, ["neither full_body_img/1.jpg nor full_body_video.mp4"]),
        (gap_in_the_pictures, ["full_body_img", "4.jpg is missing"]),
        (last_picture_lost, ["half a package: 5 images, but 6 rectangles"]),
        (two_formats, ["several formats (.jpg, .png)"]),
        (picture_of_another_size, ["3.jpg", "is 402x300, but the first image is 400x300"]),
        (picture_of_no_bytes, ["3.jpg", "cannot be"]),
        (no_rectangles, ["crop_rectangles.json", "half a package: cannot be read"]),
        (rectangle_lost, ['crop_rectangles.json: 3: there is no "rect"']),
        (rectangle_of_text, ["crop_rectangles.json: 3: \"rect\" is '1,2,3,4', not four whole numbers"]),
        (rectangle_no_square, ["crop_rectangles.json: 3", "is 200x210, which is no square"]),
        (rectangles_list, ["is no JSON object"]),
        (rectangle_outside, ["1.jpg", "321,60,160", "leaves the image of 400x300"]),
        (crops_of_someone_else, ["crops_328", "these crops are not of these images"]),
        (landmarks_of_someone_else, ["rectangle ", "but its landmarks say"]),
        (landmarks_half, ["landmarks for 5 images, but 6 rectangles"]),
        (landmarks_of_no_numbers, ["2.lms", "values that are no numbers"]),
        (landmarks_of_68_points, ["2.lms", "has 68 points instead of 110"]),
    ],
)
def test_wrong_package(
    package: Path,
    dest: Path,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path], None],
    words: list[str],
) -> None:
    spoil(package)
    line = refused(capsys, package, dest)
    for word in words:
        assert word in line


def test_video_that_breaks_off(tmp_path: Path, dest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = packages.make_clone(tmp_path / "clone", form="videos")
    video = package / "full_body_video.mp4"
    video.write_bytes(video.read_bytes()[:-800])
    assert "cannot be read as a video" in refused(capsys, package, dest)


def test_picture_that_is_only_a_header(package: Path, dest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("crops_328", "landmarks"):
        shutil.rmtree(package / folder)
    file = package / "full_body_img" / "3.jpg"
    data = file.read_bytes()
    file.write_bytes(data[: data.index(b"\xff\xc0") + 20])
    line = refused(capsys, package, dest)
    assert str(file) in line
    assert "cannot be decoded" in line


def test_video_that_is_a_list_of_other_files(
    tmp_path: Path, dest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """FFmpeg would open what it names, wherever that is."""
    package = packages.make_clone(tmp_path / "clone", form="videos")
    video = package / "full_body_video.mp4"
    video.rename(package / "other.mp4")
    video.write_text("ffconcat version 1.0\nfile other.mp4\n")
    assert "it is no mp4, mov" in refused(capsys, package, dest)


def test_folders_that_are_something_else(
    tmp_path: Path, dest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no such folder" in refused(capsys, tmp_path / "nobody", dest)
    assert "is nothing that can be imported" in refused(capsys, tmp_path, dest)
    assert "is an avatar of Lipreel already" in refused(capsys, tiny.make_avatar(tmp_path / "tiny"), dest)


def test_dest_that_is_there(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is there already. Choose another name, or remove it first" in refused(capsys, package, tmp_path)


def test_data_folder_that_lacks_something(
    tmp_path: Path, dest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = packages.make_data_folder(tmp_path / "May")
    generator, encoder = packages.make_networks(tmp_path / "networks")
    line = refused(capsys, source, dest)
    assert "Ultralight-Digital-Human, which has no generator. Give it: --generator FILE" in line
    assert "has no audio encoder" in refused(capsys, source, dest, "--generator", generator)
    both = ("--generator", generator, "--audio-encoder", encoder)
    assert "no such file" in refused(capsys, source, dest, *both[:3], tmp_path / "none.onnx")
    (source / "landmarks" / "5.lms").unlink()
    assert "half a folder: 6 images, but landmarks for 5" in refused(capsys, source, dest, *both)
    (source / "full_body_img" / "0.jpg").unlink()
    assert "begins with 1.jpg, but folders of this kind begin with 0" in refused(capsys, source, dest, *both)
    shutil.rmtree(source / "landmarks")
    assert "no numbered files in landmarks" in refused(capsys, source, dest, *both)


def test_ultralight_is_recognised(tmp_path: Path, dest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By a generator of its shape, whatever features lie there; then it wants HuBERT or WeNet."""
    source = packages.make_data_folder(tmp_path / "May")
    _, encoder = packages.make_networks(tmp_path / "networks")
    tiny.save_generator(tmp_path / "u.onnx", picture_shape=(6, 160, 160), sound_shape=(16, 32, 32), batch=1)
    both = ("--generator", tmp_path / "u.onnx", "--audio-encoder", encoder)
    line = refused(capsys, source, dest, *both)
    assert "instead of tensor(float) [b, any]" in line
    assert "The generator is of Ultralight-Digital-Human with HuBERT: give the audio encoder of that" in line
    (source / "aud_ave.npy").rename(source / "aud_wenet.npy")
    tiny.save_generator(tmp_path / "w.onnx", picture_shape=(6, 160, 160), sound_shape=(128, 16, 32), batch=1)
    both = ("--generator", tmp_path / "w.onnx", "--audio-encoder", encoder)
    assert "has no input 'chunk'" in refused(capsys, source, dest, *both)
