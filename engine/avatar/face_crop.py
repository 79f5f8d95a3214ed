# SPDX-License-Identifier: GPL-3.0-or-later
"""The face out of a template frame, and its size. Pure functions; all colours are BGR."""

import cv2
import numpy as np

from ..arrays import Pixels
from ..inference.families import Resize
from .avatar_types import Square

Part = tuple[slice, slice]

_METHODS: dict[Resize, int] = {"cubic": cv2.INTER_CUBIC, "linear": cv2.INTER_LINEAR}


def crop_square(frame: Pixels, square: Square, side: int, method: Resize = "cubic") -> Pixels:
    """The face `square` of a frame [h, w, 3], resized to [side, side, 3]."""
    return resize(square_of(frame, square), side, method)


def resize(pixels: Pixels, side: int, method: Resize) -> Pixels:
    """Square pixels [n, n, 3], resized to [side, side, 3]."""
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=_METHODS[method]), np.uint8)


def square_of(frame: Pixels, square: Square) -> Pixels:
    """The pixels of the square, [square.size, square.size, ...]: a part of the frame, not a copy.

    Where the square leaves the frame, a copy that is continued by the frame's border.
    """
    inside, part = visible(square, frame)
    pixels = frame[inside]
    if pixels.shape[:2] == (square.size, square.size):
        return pixels
    (above, below), (before, behind) = ((cut.start, square.size - cut.stop) for cut in part)
    return np.asarray(
        cv2.copyMakeBorder(pixels, above, below, before, behind, cv2.BORDER_REPLICATE), np.uint8
    )


def visible(square: Square, frame: Pixels) -> tuple[Part, Part]:
    """What of the square is inside the frame: rows and columns of the frame, and of the square."""
    sides = tuple(zip((square.y, square.x), frame.shape[:2], strict=True))
    rows, columns = (slice(max(0, at), min(length, at + square.size)) for at, length in sides)
    in_square = tuple(
        slice(cut.start - at, cut.stop - at) for cut, (at, _) in zip((rows, columns), sides, strict=True)
    )
    return (rows, columns), (in_square[0], in_square[1])
