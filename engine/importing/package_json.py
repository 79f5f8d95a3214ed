# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the JSON files of a digital-clone package: every problem is named with its file and key."""

import json
from pathlib import Path
from typing import Any

from ..avatar.avatar_types import Square
from ..errors import InputError

_HOW = "Copy the whole package"


def read_object(file: Path) -> dict[str, Any]:
    """The JSON object that a file holds.

    Raises:
        InputError: It cannot be read, or is something else.
    """
    try:
        data = json.loads(file.read_bytes())
    except OSError as error:
        raise InputError(f"half a package: cannot be read ({error.strerror})", str(file), _HOW) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON ({error})", str(file), _HOW) from error
    if not isinstance(data, dict):
        raise InputError("is no JSON object", str(file), _HOW)
    return data


def read_rectangles(file: Path) -> tuple[Square, ...]:
    """The face squares of crop_rectangles.json: "0", "1" ... → {"rect": [x1, y1, x2, y2], ...}.

    Raises:
        InputError: One is missing, or is no square.
    """
    rectangles = read_object(file)
    if not rectangles:
        raise InputError("holds no rectangles", str(file), _HOW)
    return tuple(_square(rectangles.get(str(key)), f"{file}: {key}") for key in range(len(rectangles)))


def _square(entry: Any, where: str) -> Square:
    if not isinstance(entry, dict) or "rect" not in entry:
        raise InputError('there is no "rect"', where, _HOW)
    rect = entry["rect"]
    if not isinstance(rect, list) or len(rect) != 4 or any(type(value) is not int for value in rect):
        raise InputError(f'"rect" is {rect!r:.60}, not four whole numbers', where, _HOW)
    x1, y1, x2, y2 = rect
    if x2 - x1 != y2 - y1:
        raise InputError(f"the rectangle {rect} is {x2 - x1}x{y2 - y1}, which is no square", where)
    return Square(x1, y1, x2 - x1)
