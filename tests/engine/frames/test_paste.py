# SPDX-License-Identifier: GPL-3.0-or-later
"""Out of the frame, through the network and back, by the numbers of the contract."""

import cv2
import numpy as np
import pytest
from lipreel.engine.avatar import face_crop
from lipreel.engine.avatar.avatar_types import Square
from lipreel.engine.errors import AvatarError
from lipreel.engine.frames import paste as patch
from lipreel.engine.inference.families import FAMILIES
from lipreel.engine.painters import face_tensors
from lipreel.tests.helpers import tiny
from numpy.typing import NDArray

SYNCTALK = FAMILIES["synctalk2d"]


def noise(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(7).integers(0, 256, shape, np.uint8)


def picture_of(crop: NDArray[np.uint8], family: str) -> NDArray[np.float32]:
    numbers = FAMILIES[family]
    out = np.full(numbers.image_shape, np.nan, np.float32)
    face_tensors.network_input(crop, numbers, out)
    return out


@pytest.mark.parametrize(
    ("family", "crop", "inner", "black"),
    [
        # model-contracts: the inner region of the crop, and columns and rows that are black, both ends in.
        ("synctalk2d", 328, slice(4, 324), (slice(5, 309 + 1), slice(5, 314 + 1))),
        ("ultralight", 168, slice(4, 164), (slice(5, 149 + 1), slice(5, 154 + 1))),
        ("wav2lip", 96, slice(0, 96), (slice(48, 95 + 1), slice(0, 96))),
    ],
)
def test_picture_input(family: str, crop: int, inner: slice, black: tuple[slice, slice]) -> None:
    pixels = noise(crop, crop, 3)
    out = picture_of(pixels, family)
    first, second = (out[3:], out[:3]) if family == "wav2lip" else (out[:3], out[3:])
    reference = pixels[inner, inner].astype(np.float64) / 255
    masked = reference.copy()
    masked[black] = 0
    np.testing.assert_allclose(first.transpose(1, 2, 0), reference, atol=1e-7)
    np.testing.assert_allclose(second.transpose(1, 2, 0), masked, atol=1e-7)


def test_output_is_truncated_into_the_inner_region() -> None:
    crop = noise(328, 328, 3)
    output = np.empty((3, 320, 320), np.float32)
    output[0], output[1], output[2] = 0.999, 0.5, 1.0  # 254.7, 127.5, 255: blue, green, red
    drawn = face_tensors.patch_from_output(output, crop, SYNCTALK)
    assert (drawn[4:324, 4:324] == (254, 127, 255)).all()
    drawn[4:324, 4:324] = crop[4:324, 4:324]
    assert np.array_equal(drawn, crop)


def test_output_beyond_its_range_does_not_wrap() -> None:
    output = np.zeros((3, 320, 320), np.float32)
    output[0], output[1] = -0.01, 1.01
    drawn = face_tensors.patch_from_output(output, noise(328, 328, 3), SYNCTALK)
    assert (drawn[4:324, 4:324] == (0, 255, 0)).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_output_that_is_no_number(bad: float) -> None:
    output = np.zeros((3, 320, 320), np.float32)
    output[1, 200, 10] = bad
    with pytest.raises(AvatarError, match="not finite"):
        face_tensors.patch_from_output(output, noise(328, 328, 3), SYNCTALK)


def test_output_of_another_shape() -> None:
    with pytest.raises(AvatarError, match="160"):
        face_tensors.patch_from_output(np.zeros((3, 160, 160), np.float32), noise(328, 328, 3), SYNCTALK)


@pytest.mark.parametrize("size", [90, 160, 328, 420])
def test_a_network_that_copies_changes_nothing(size: int) -> None:
    """There and back the face must not move or grow: the 328 crop goes into the square, not the 320 patch."""
    frame = cv2.resize(tiny.picture(0), (800, 600), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    frame[::40] = 255  # lines, on which a shift would show
    frame = cv2.GaussianBlur(frame, (0, 0), 6).astype(np.uint8)
    square = Square(200, 100, size)
    crop = face_crop.crop_square(frame, square, SYNCTALK.crop)
    reference = picture_of(crop, "synctalk2d")[:3]
    drawn = face_tensors.patch_from_output(reference, crop, SYNCTALK)
    result = patch.paste(frame, drawn, square, patch.feather_mask(size, 0))
    assert np.abs(result.astype(int) - frame).max() <= 2  # the wrong geometry gives 3 to 9


def test_hard_edge_is_the_patch_and_nothing_else() -> None:
    frame, drawn, square = noise(400, 500, 3), noise(328, 328, 3) // 2, Square(30, 40, 328)
    before = frame.copy()
    result = patch.paste(frame, drawn, square, patch.feather_mask(328, 0))
    assert np.array_equal(result[40:368, 30:358], drawn)
    result[40:368, 30:358] = frame[40:368, 30:358]
    assert np.array_equal(result, frame)
    assert np.array_equal(frame, before)  # the template frame is shared and must stay


@pytest.mark.parametrize(("size", "feather"), [(328, 12), (100, 12), (101, 3.5), (328, 1)])
def test_feather(size: int, feather: float) -> None:
    mask = patch.feather_mask(size, feather)
    edge = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    assert not edge.any()
    inside = int(np.ceil(feather))
    assert (mask[inside : size - inside, inside : size - inside] == 1).all()
    ramp = mask[size // 2, : size // 2]
    assert (np.diff(ramp) >= 0).all()
    assert np.array_equal(mask, mask.T)
    assert np.array_equal(mask, mask[::-1, ::-1])
    # Smooth: half-way is half, and no step is much larger than a straight ramp's.
    assert np.diff(ramp, prepend=0).max() <= 1.5 / max(feather, 1.5) + 1e-6


@pytest.mark.parametrize("size", [16, 17])
def test_feather_wider_than_the_square(size: int) -> None:
    mask = patch.feather_mask(size, 40)
    assert not mask[0].any()
    assert mask[size // 2, size // 2] == 1


def test_feathered_paste_leaves_the_border() -> None:
    frame, drawn, square = noise(400, 500, 3), noise(328, 328, 3), Square(30, 40, 328)
    result = patch.paste(frame, drawn, square, patch.feather_mask(328, 12))
    inside = result[40:368, 30:358]
    assert np.array_equal(inside[12:-12, 12:-12], drawn[12:-12, 12:-12])
    frame[41:367, 31:357] = result[41:367, 31:357]
    assert np.array_equal(result, frame)  # also on the outermost pixels of the square


@pytest.mark.parametrize("feather", [0, 12])
def test_overlay_over_the_frame_is_the_paste(feather: float) -> None:
    frame, drawn, square = noise(400, 500, 3), noise(328, 328, 3), Square(30, 40, 200)
    mask = patch.feather_mask(200, feather)
    layer = patch.overlay((500, 400), drawn, square, mask)
    assert layer.shape == (400, 500, 4)
    alpha = layer[:, :, 3:] / 255
    composed = layer[:, :, :3] * alpha + frame * (1 - alpha)
    pasted = patch.paste(frame, drawn, square, mask)
    assert np.abs(composed - pasted).max() <= 1  # half a level of rounding, half a level of alpha
    layer[40:240, 30:230] = 0
    assert not layer.any()
