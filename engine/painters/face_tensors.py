# SPDX-License-Identifier: GPL-3.0-or-later
"""A face crop as a network takes it, and what the network drew put back. Pure functions; BGR."""

import cv2
import numpy as np

from ..arrays import Floats, Pixels
from ..errors import AvatarError
from ..inference.families import Family

_WHITE = np.float32(255)


def network_input(crop: Pixels, family: Family, out: Floats) -> None:
    """Write the generator's image input for a face crop into `out`.

    Args:
        crop: [family.crop, family.crop, 3].
        family: Says what part of the crop the network sees, what is masked and which image comes first.
        out: [6, family.size, family.size], filled with the inner region and the masked one in 0 ... 1.
    """
    inner = inner_part(crop, family)
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
    inner_part(patch, family)[:] = cv2.merge(list(drawn))
    return patch


def inner_part(crop: Pixels, family: Family) -> Pixels:
    """What the network sees of a crop, [family.size, family.size, 3]: a part of it, not a copy."""
    inside = slice(family.inset, family.inset + family.size)
    return crop[inside, inside]
