# SPDX-License-Identifier: GPL-3.0-or-later
"""The face square from 110 landmarks, as SyncTalk_2D and Ultralight cut it (their contract)."""

import math
from itertools import chain
from pathlib import Path

from ..avatar.avatar_types import Square
from ..errors import InputError

POINTS = 110
"""Lines of a .lms file, each "x y" in pixels of the frame."""

_LEFT, _RIGHT, _TOP = 1, 31, 52  # the points that say where the square begins and ends


def landmark_square(file: Path) -> Square:
    """The face square of a .lms file: x from point 1 to point 31, top at point 52, as high as it is wide.

    Raises:
        InputError: It is no file of 110 points, or the points make no square.
    """
    try:
        lines = file.read_text("ascii").splitlines()
        points = [tuple(float(field) for field in line.split()) for line in lines if line.strip()]
        if not all(map(math.isfinite, chain(*points))):
            raise ValueError("there are values that are no numbers")
        wrong = next((line for line in points if len(line) != 2), None)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read as landmarks ({error})", str(file)) from error
    if wrong is not None or len(points) != POINTS:
        found = f"{len(points)} points" if wrong is None else f"a line of {len(wrong)} numbers"
        raise InputError(f"has {found} instead of {POINTS} lines of x and y", str(file))
    # Whole pixels by cutting off the decimals, as the systems do that trained with them.
    left, right, top = int(points[_LEFT][0]), int(points[_RIGHT][0]), int(points[_TOP][1])
    if right <= left:
        raise InputError(f"the face ends at x = {right} and begins at {left}", str(file))
    return Square(left, top, right - left)
