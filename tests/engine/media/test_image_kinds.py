# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes and orientations of image files against Pillow, which wrote them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lipreel.engine.importing.template_images import upright
from lipreel.engine.media.image_size import any_image_size
from lipreel.engine.media.orientation import orientation
from lipreel.engine.runtime.monitor import Monitor
from PIL import Image, ImageOps

KINDS: list[tuple[str, dict[str, Any]]] = [
    ("a.png", {}),
    ("a.jpg", {}),
    ("a.gif", {}),
    ("a.bmp", {}),
    ("a.tif", {}),
    ("be.tif", {"big_endian": True}),
    ("a.webp", {}),
    ("lossless.webp", {"lossless": True}),
    ("extended.webp", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}),
]


def drawn() -> Image.Image:
    pixels = np.zeros((57, 83, 3), np.uint8)
    pixels[:20, :30] = (250, 10, 10)
    pixels[40:, 60:] = (10, 250, 10)
    return Image.fromarray(pixels)


@pytest.mark.parametrize(("name", "options"), KINDS)
def test_sizes(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    drawn().save(tmp_path / name, **options)
    data = (tmp_path / name).read_bytes()
    assert any_image_size(data) == (83, 57)
    for length in range(0, 40, 3):  # what is cut off is refused, or tells its size all the same
        try:
            size = any_image_size(data[:length])
        except ValueError:
            continue
        assert size == (83, 57) or 0 in size


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_orientations(tmp_path: Path, suffix: str, turn: int) -> None:
    file = tmp_path / f"a.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = turn
    drawn().save(file, exif=exif, quality=95)
    assert orientation(file.read_bytes()) == turn
    (made,) = upright((file,), tmp_path / "made", Monitor())
    assert (made == file) == (turn == 1)
    right = np.asarray(ImageOps.exif_transpose(Image.open(file)).convert("RGB"), np.int32)
    got = np.asarray(Image.open(made).convert("RGB"), np.int32)
    assert got.shape == right.shape
    assert np.abs(got - right).max() <= (3 if suffix == "jpg" else 0)


@pytest.mark.parametrize("name", ["a.gif", "a.bmp", "a.tif", "lossless.webp"])
def test_other_kinds_become_png(tmp_path: Path, name: str) -> None:
    drawn().save(tmp_path / name, **dict(KINDS).get(name, {}))
    (made,) = upright((tmp_path / name,), tmp_path / "made", Monitor())
    assert made.suffix == ".png"
    assert np.array_equal(np.asarray(Image.open(made).convert("RGB")), np.asarray(drawn()))
