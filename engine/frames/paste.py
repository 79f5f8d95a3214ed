# SPDX-License-Identifier: GPL-3.0-or-later
"""The face: out of the template frame, through the network, and back. Pure functions; all colours are BGR."""

import cv2
import numpy as np

from ..arrays import Floats, Pixels
from ..avatar.avatar_types import Square
from ..errors import AvatarError
from ..inference.families import Family, Resize

_METHODS: dict[Resize, int] = {"cubic": cv2.INTER_CUBIC, "linear": cv2.INTER_LINEAR}
_WHITE = np.float32(255)
_BORDER = 32  # the border of what is drawn is a 32nd of its side wide


def crop_square(frame: Pixels, square: Square, side: int, method: Resize = "cubic") -> Pixels:
    """The face `square` of a frame [h, w, 3], resized to [side, side, 3]."""
    return resize(_view(frame, square), side, method)


def resize(pixels: Pixels, side: int, method: Resize) -> Pixels:
    """Square pixels [n, n, 3], resized to [side, side, 3]."""
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=_METHODS[method]), np.uint8)


def network_input(crop: Pixels, family: Family, out: Floats) -> None:
    """Write the generator's picture input for a face crop into `out`.

    Args:
        crop: [family.crop, family.crop, 3].
        family: Says what part of the crop the network sees, what is masked and which picture comes first.
        out: [6, family.size, family.size], filled with the inner region and the masked one in 0 ... 1.
    """
    inner = _inner(crop, family)
    reference, masked = (out[:3], out[3:]) if family.input_order == "reference_first" else (out[3:], out[:3])
    for plane, colour in zip(reference, cv2.split(inner), strict=True):
        np.divide(colour, _WHITE, out=plane)
    masked[:] = reference
    x, y, width, height = family.mask
    masked[:, y : y + height, x : x + width] = 0


def patch_from_output(output: Floats, crop: Pixels, family: Family) -> Pixels:
    """What the generator drew, put back into a copy of the crop that it was drawn for.

    Args:
        output: [3, family.size, family.size] in 0 ... 1; times 255 and truncated, as the contract has it.
        crop: [family.crop, family.crop, 3]; its edge of family.inset pixels stays.
        family: The geometry.

    Returns:
        The new crop, uint8 [family.crop, family.crop, 3].

    Raises:
        AvatarError: The output has another shape or holds numbers that are not finite.

    """
    if output.shape != family.output_shape:
        raise AvatarError(f"the output is {output.shape}, not {family.output_shape}", "generator")
    if not np.isfinite(output).all():
        raise AvatarError("the output is not finite", "generator", "Its file is broken: get it anew")
    levels = output * _WHITE
    drawn = np.clip(levels, 0, _WHITE, out=levels).astype(np.uint8)
    patch = crop.copy()
    _inner(patch, family)[:] = cv2.merge(list(drawn))
    return patch


def match_colours(patch: Pixels, crop: Pixels, family: Family) -> Pixels:
    """A copy of the patch, with what was drawn shifted so that its border has the colours of the crop's.

    One shift a colour, the mean of the middle half of the differences along the border: a chin that moved, or
    anything else that covers less than a quarter of the border, does not count.

    Args:
        patch: [family.crop, family.crop, 3], as `patch_from_output` gives it.
        crop: The face crop that it was drawn for.
        family: The geometry.
    """
    drawn = _inner(patch, family).astype(np.float32)
    width = max(1, family.size // _BORDER)
    border = np.ones(drawn.shape[:2], np.bool_)
    border[width:-width, width:-width] = False
    differences = np.sort(_inner(crop, family)[border] - drawn[border], axis=0)
    quarter = len(differences) // 4
    shift = differences[quarter : len(differences) - quarter].mean(axis=0, dtype=np.float64)
    matched = patch.copy()
    _inner(matched, family)[:] = np.rint(np.clip(drawn + shift, 0, _WHITE)).astype(np.uint8)
    return matched


def mixed(first: Pixels, second: Pixels, share: float) -> Pixels:
    """Two pictures of one shape mixed, with `share` of the second, 0 ... 1."""
    return np.rint(first + np.float32(share) * (second.astype(np.float32) - first)).astype(np.uint8)


def feather_mask(size: int, feather_px: float) -> Floats:
    """How much of the patch shows at each pixel of a square, float32 [size, size] in 0 ... 1.

    It is 0 on the outermost pixels, rises smoothly (3t^2 - 2t^3 along each axis) and is 1 from `feather_px`
    inwards, or from the middle of a square that is too small for that. No feather is 1 everywhere.
    """
    if feather_px == 0:
        return np.ones((size, size), np.float32)
    depth = np.minimum(np.arange(size), np.arange(size)[::-1])
    t = np.clip(depth / min(feather_px, (size - 1) // 2), 0, 1)
    ramp = (t * t * (3 - 2 * t)).astype(np.float32)
    return np.outer(ramp, ramp)


def paste(frame: Pixels, patch: Pixels, square: Square, mask: Floats, method: Resize = "cubic") -> Pixels:
    """A copy of the frame [h, w, 3] with the patch in its square.

    `patch` is a new crop of any side, resized to the square; `mask` is [square.size, square.size].
    """
    result = frame.copy()
    target = _view(result, square)
    blend = resize(patch, square.size, method).astype(np.float32)
    blend -= target
    blend *= cv2.merge((mask, mask, mask))  # a mask of one channel takes numpy ten times as long
    blend += target
    target[:] = np.rint(blend, out=blend)  # in place all along: new memory costs more than the arithmetic
    return result


def overlay(
    size: tuple[int, int], patch: Pixels, square: Square, mask: Floats, method: Resize = "cubic"
) -> Pixels:
    """The patch alone: BGRA [h, w, 4] for a frame of `size` (w, h), with `mask` as its straight alpha."""
    width, height = size
    result = np.zeros((height, width, 4), np.uint8)
    target = _view(result, square)
    target[:, :, :3] = resize(patch, square.size, method)
    target[:, :, 3] = np.rint(mask * _WHITE).astype(np.uint8)
    return result


def _view(frame: Pixels, square: Square) -> Pixels:
    return frame[square.y : square.y + square.size, square.x : square.x + square.size]


def _inner(crop: Pixels, family: Family) -> Pixels:
    inside = slice(family.inset, family.inset + family.size)
    return crop[inside, inside]
