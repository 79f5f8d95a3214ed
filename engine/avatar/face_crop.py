# SPDX-License-Identifier: GPL-3.0-or-later
"""The face out of a template frame, and its size. Pure functions; all colours are BGR."""

import cv2
import numpy as np

from ..arrays import Pixels
from ..inference.families import Resize
from .avatar_types import Square

_METHODS: dict[Resize, int] = {"cubic": cv2.INTER_CUBIC, "linear": cv2.INTER_LINEAR}


def crop_square(frame: Pixels, square: Square, side: int, method: Resize = "cubic") -> Pixels:
    """The face `square` of a frame [h, w, 3], resized to [side, side, 3]."""
    return resize(square_of(frame, square), side, method)


def resize(pixels: Pixels, side: int, method: Resize) -> Pixels:
    """Square pixels [n, n, 3], resized to [side, side, 3]."""
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=_METHODS[method]), np.uint8)


def square_of(frame: Pixels, square: Square) -> Pixels:
    """The pixels of the square, [square.size, square.size, 3]: a part of the frame, not a copy."""
    return frame[square.y : square.y + square.size, square.x : square.x + square.size]
