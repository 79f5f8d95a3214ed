# SPDX-License-Identifier: GPL-3.0-or-later
"""What was drawn, into the template frame. Pure functions; all colours are BGR."""

import cv2
import numpy as np

from ..arrays import Floats, Pixels, smoothstep
from ..avatar.avatar_types import Square
from ..avatar.face_crop import resize, visible
from ..inference.families import Family, Resize
from ..painters.face_tensors import inner_part

_WHITE = np.float32(255)
_BORDER = 32  # the border of what is drawn is a 32nd of its side wide


def match_colours(patch: Pixels, crop: Pixels, family: Family) -> Pixels:
    """A copy of the patch, with what was drawn shifted so that its border has the colours of the crop's.

    One shift a colour, the mean of the middle half of the differences along the border: a chin that moved, or
    anything else that covers less than a quarter of the border, does not count.

    Args:
        patch: [family.crop, family.crop, 3], as `patch_from_output` gives it.
        crop: The face crop that it was drawn for.
        family: The geometry.
    """
    drawn = inner_part(patch, family).astype(np.float32)
    width = max(1, family.size // _BORDER)
    border = np.ones(drawn.shape[:2], np.bool_)
    border[width:-width, width:-width] = False
    differences = np.sort(inner_part(crop, family)[border] - drawn[border], axis=0)
    quarter = len(differences) // 4
    shift = differences[quarter : len(differences) - quarter].mean(axis=0, dtype=np.float64)
    matched = patch.copy()
    inner_part(matched, family)[:] = np.rint(np.clip(drawn + shift, 0, _WHITE)).astype(np.uint8)
    return matched


def mixed(first: Pixels, second: Pixels, share: float) -> Pixels:
    """Two images of one shape mixed, with `share` of the second, 0 ... 1."""
    return np.rint(first + np.float32(share) * (second.astype(np.float32) - first)).astype(np.uint8)


def feather_mask(size: int, feather_px: float) -> Floats:
    """How much of the patch shows at each pixel of a square, float32 [size, size] in 0 ... 1.

    It is 0 on the outermost pixels, rises smoothly (3t^2 - 2t^3 along each axis) and is 1 from `feather_px`
    inwards, or from the middle of a square that is too small for that. No feather is 1 everywhere.
    """
    if feather_px == 0:
        return np.ones((size, size), np.float32)
    depth = np.minimum(np.arange(size), np.arange(size)[::-1])
    ramp = smoothstep(depth / min(feather_px, (size - 1) // 2)).astype(np.float32)
    return np.outer(ramp, ramp)


def paste(frame: Pixels, patch: Pixels, square: Square, mask: Floats, method: Resize = "cubic") -> Pixels:
    """A copy of the frame [h, w, 3] with the patch in its square.

    `patch` is a new crop of any side, resized to the square; `mask` is [square.size, square.size].
    """
    result = frame.copy()
    inside, part = visible(square, frame)
    target, mask = result[inside], mask[part]
    blend = resize(patch, square.size, method)[part].astype(np.float32)
    blend -= target
    blend *= cv2.merge((mask, mask, mask))  # a mask of one channel takes numpy ten times as long
    blend += target
    target[:] = np.rint(blend, out=blend)  # in place all along: new memory costs more than the arithmetic
    return result


def overlay(
    size: tuple[int, int],
    patch: Pixels,
    square: Square,
    mask: Floats,
    method: Resize = "cubic",
    alpha: Pixels | None = None,
) -> Pixels:
    """The patch alone: BGRA [h, w, 4] for a frame of `size` (w, h), with `mask` as its straight alpha.

    Where the frame itself is transparent, by its own `alpha` [h, w], the patch is as well.
    """
    width, height = size
    result = np.zeros((height, width, 4), np.uint8)
    inside, part = visible(square, result)
    target = result[inside]
    target[:, :, :3] = resize(patch, square.size, method)[part]
    shown = mask[part] * (_WHITE if alpha is None else alpha[inside])
    target[:, :, 3] = np.rint(shown).astype(np.uint8)
    return result
