# SPDX-License-Identifier: GPL-3.0-or-later
"""Face squares that jitter from image to image, as landmarks do: told, and smoothed on request.

Off by default: a trained network knows the crops of its own squares, and with others the frames are no longer
those that its own system makes.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..arrays import Doubles
from ..avatar.avatar_types import Square
from .import_plan import ImportPlan
from .template_images import common_size
from .tracking import smooth, whole_pixels
from .write import check_squares

MOST_PX = 2
"""No side of a square moves further than that from where it was."""

_MOST = 1.25  # pixels, of position and size before both are rounded, which adds up to 0.75
_NOTICEABLE = 1.2  # pixels an image squared; rounding a slow movement makes up to 1, a pixel of chance 2


def settled(plan: ImportPlan, smooth_squares: bool) -> ImportPlan:
    """The plan with its squares smoothed, or else with a note if they jitter.

    Raises:
        InputError: A square leaves its image, or an image cannot be read.
    """
    before = jitter(plan.squares)
    if smooth_squares:
        check_squares(plan)  # what is wrong is not to be mended here
        squares = smoothed(plan.squares, common_size(plan.pictures))
        note = f"the face squares were smoothed: their jitter was {before:.1f}, is now {jitter(squares):.1f}"
        return replace(plan, squares=squares, notes=(*plan.notes, f"{note} (px an image squared)"))
    if before < _NOTICEABLE:
        return plan
    note = f"the face squares jitter ({before:.1f} px an image squared): --smooth-squares steadies them"
    return replace(plan, notes=(*plan.notes, f"{note}, in Blender Smooth Squares"))


def jitter(squares: Sequence[Square]) -> float:
    """How much the squares jitter: the root mean square of what their middles accelerate.

    In pixels an image squared; movements at an even pace count nothing.
    """
    if len(squares) < 3:
        return 0.0
    boxes = _boxes(squares)
    middles = boxes[:, :2] + boxes[:, 2:] / 2
    return float(np.sqrt(np.square(np.diff(middles, 2, axis=0)).sum(axis=1).mean()))


def smoothed(squares: Sequence[Square], size: tuple[int, int]) -> tuple[Square, ...]:
    """The squares smoothed without lag, within MOST_PX of themselves, inside images of `size` (w, h)."""
    boxes = _boxes(squares)
    return whole_pixels(np.clip(smooth(boxes), boxes - _MOST, boxes + _MOST), size)


def _boxes(squares: Sequence[Square]) -> Doubles:
    return np.array([(square.x, square.y, square.size) for square in squares], np.float64)
