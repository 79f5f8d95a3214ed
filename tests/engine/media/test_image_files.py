# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames as files: their names, their bytes, and nothing half-written."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from lipreel.engine.errors import InputError
from lipreel.engine.job.frame_names import (
    clip_frame_name,
    frame_name,
    frame_number,
    is_clip_part,
    part_number,
)
from lipreel.engine.media.image_files import encode_image
from lipreel.engine.runtime.storage import part_path, write_atomic
from numpy.typing import NDArray


def noise(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 256, shape, np.uint8)


def decoded(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)


@pytest.mark.parametrize("channels", [3, 4])
def test_png_is_lossless(channels: int) -> None:
    pixels = noise(30, 40, channels)
    assert np.array_equal(decoded(encode_image(pixels, "png", 95)), pixels)


def test_jpg_has_a_quality() -> None:
    pixels = cv2.GaussianBlur(noise(64, 64, 3), (0, 0), 3).astype(np.uint8)
    low, high = encode_image(pixels, "jpg", 10), encode_image(pixels, "jpg", 100)
    assert high.startswith(b"\xff\xd8")
    assert len(low) < len(high)
    assert np.abs(decoded(high).astype(int) - pixels).max() <= 10


@pytest.mark.parametrize("number", [1, 999_999, 1_000_000])
def test_names_of_frames(number: int) -> None:
    name = frame_name(number, "png")
    assert (
        name == {1: "frame_000001.png", 999_999: "frame_999999.png", 1_000_000: "frame_1000000.png"}[number]
    )
    assert frame_number(name, "png") == number
    assert frame_number(name, "jpg") is None
    assert part_number(part_path(Path(name)).name)


@pytest.mark.parametrize(
    "name",
    ["frame_1.png", "frame_0000001.png", "frame_000001.png.part", "Frame_000001.png", "frame_00000a.png"],
)
def test_names_of_others(name: str) -> None:
    assert frame_number(name, "png") is None
    assert not part_number(name)


def test_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "ö ü.png"
    for data in (b"first", b"second"):
        write_atomic(path, data)
        assert path.read_bytes() == data
        assert list(tmp_path.iterdir()) == [path]


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written") as caught:
        write_atomic(tmp_path / "no" / "x.png", b"data")
    assert caught.value.where == str(tmp_path / "no" / "x.png")


def test_name_that_is_taken_by_a_folder(tmp_path: Path) -> None:
    (tmp_path / "x.png").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        write_atomic(tmp_path / "x.png", b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["x.png"]


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (1, "frame_000001-0123abcd.png"),
        (1234567, "frame_1234567-0123abcd.png"),
        (0, "frame_000000-0123abcd.png"),
        (-11, "frame_-00011-0123abcd.png"),
        (-123456, "frame_-123456-0123abcd.png"),
    ],
)
def test_names_of_clips_frames(number: int, name: str) -> None:
    assert clip_frame_name(number, "0123abcd" * 4, "png") == name
    assert is_clip_part(part_path(Path(name)).name)
    assert not is_clip_part(name)
    assert frame_number(name, "png") is None  # no frame of a whole sound
    assert not part_number(part_path(Path(name)).name)


@pytest.mark.parametrize(
    "name",
    [
        ".frame_000001.png.part",
        "frame_000001-0123abcd.png.part",
        "..frame_000001-0123abcd.png.part",
        ".frame_000001-0123abcd.png",
        ".frame_000001-0123abcd.png.part.part",
        ".frame_00001-0123abcd.png.part",
        ".frame_000001-0123ABCD.png.part",
        ".frame_000001-0123abcd.tif.part",
        ".my_frame_000001-0123abcd.png.part",
        "",
    ],
)
def test_drafts_of_others(name: str) -> None:
    assert not is_clip_part(name)
