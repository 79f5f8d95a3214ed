# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiny avatars with a mouth: a drawn face that speaks in its template, and networks with faults."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import onnx
import tiny
from numpy.typing import NDArray
from onnx import helper

SIZE = (400, 300)
SKIN, LIPS, INSIDE = (150, 175, 225), (90, 90, 190), (25, 15, 45)


def make_avatar(folder: Path, openings: Sequence[float], family: str = "synctalk2d") -> Path:
    """An avatar whose template shows these openings of the mouth (0 ... 1), in png files.

    The head moves by the squares of `tiny`, so in the face square it stands still.
    """
    tiny.make_avatar(folder, family, count=len(openings), size=SIZE, images="png")
    for index, opening in enumerate(openings):
        cv2.imwrite(str(folder / "frames" / f"{index:04d}.png"), picture(index, opening))
    tiny.rehash(folder)
    return folder


def picture(index: int, opening: float) -> NDArray[np.uint8]:
    """Template frame `index`: a face over a grey wall, its mouth open that far."""
    frame = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
    left, top, side = 100 + 3 * index, 60 + 2 * index, tiny.SQUARE_SIZE
    cv2.ellipse(frame, (left + side // 2, top + side // 2), (side // 2, side * 3 // 4), 0, 0, 360, SKIN, -1)
    draw_mouth(frame, (left + side // 2, top + side * 5 // 8), side, opening)
    return frame


def draw_mouth(picture: NDArray[np.uint8], at: tuple[int, int], side: int, opening: float) -> None:
    """Lips in a face square of `side`, and between them the dark inside."""
    height = round(opening * side / 8)
    cv2.ellipse(picture, at, (side // 5, height + side // 40), 0, 0, 360, LIPS, -1)
    if height:
        cv2.ellipse(picture, at, (side // 6, height), 0, 0, 360, INSIDE, -1)
