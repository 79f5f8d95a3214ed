# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the face of a clip is: set by hand, for one square or a few of them, or found."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..avatar.avatar_toml import SMALLEST_SQUARE
from ..avatar.avatar_types import Square
from ..errors import InputError
from ..runtime.monitor import Monitor
from .detector import face_finder
from .template_images import read_picture
from .tracking import follow, gaps, keyed, rounded, steady, whole_pixels

_BY_HAND = "Set the face by hand: --square x,y,size, or --track FILE.json"


def read_track(file: Path, count: int) -> dict[int, Square]:
    """Squares set by hand, by their place from 0: {"1": [x, y, size], "40": [x, y, size]}, counted from 1.

    Raises:
        InputError: The file says something else, or names an image that there is not.
    """
    how = 'Write {"1": [x, y, size]}, with the numbers of the images from 1'
    try:
        data = json.loads(file.read_bytes())
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", str(file)) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON ({error})", str(file), how) from error
    if not isinstance(data, dict) or not data:
        raise InputError("is no JSON object with squares", str(file), how)
    keys = {}
    for key, value in data.items():
        if not key.isascii() or not key.isdigit() or not 1 <= int(key[:9]) <= count:
            raise InputError(f'"{key}" is not the number of an image, 1 to {count}', str(file), how)
        keys[int(key) - 1] = _square(value, f"{file}: {key}", how)
    return keys


def squares_by_hand(keys: dict[int, Square], size: tuple[int, int], where: str) -> dict[int, Square]:
    """The squares, whose middles must lie inside images of `size` (width, height); InputError otherwise."""
    for square in keys.values():
        if square.is_lost(*size):
            text = f"{square.x},{square.y},{square.size}"
            raise InputError(f"the square {text} leaves the image of {size[0]}x{size[1]}", where)
        if square.size < SMALLEST_SQUARE:
            raise InputError(f"a square of {square.size} pixels is under {SMALLEST_SQUARE}", where)
    return keys


def squares_between(keys: dict[int, Square], count: int) -> tuple[Square, ...]:
    """A square for each of `count` images: straight lines between those set by hand."""
    return rounded(keyed(keys, count))


def found_squares(
    pictures: Sequence[Path], size: tuple[int, int], where: str, monitor: Monitor
) -> tuple[tuple[Square, ...], tuple[str, ...]]:
    """A square for each image by the detector, and notes on where it found no face.

    Raises:
        InputError: There is no face in any image, or an image cannot be read.
        JobCancelled: In the middle.
    """
    find = face_finder()
    faces = [find(read_picture(file)) for file in monitor.steps("faces", pictures, len(pictures))]
    track = follow(faces)
    missing = gaps(track)
    lost = sum(map(len, missing))
    if lost == len(pictures):
        raise InputError(f"no face is found in any of {lost} images", where, _BY_HAND)
    squares = whole_pixels(steady(track), size)
    if min(square.size for square in squares) < SMALLEST_SQUARE:
        raise InputError(f"the face is smaller than {SMALLEST_SQUARE} pixels", where, "Use a larger image")
    if not missing:
        return squares, ()
    runs = ", ".join(_run(run) for run in missing[:5]) + (" ..." if len(missing) > 5 else "")
    note = f"no face was found in {lost} of {len(pictures)} images ({runs}): bridged from those beside them"
    return squares, (note,)


def _square(value: Any, where: str, how: str) -> Square:
    if not isinstance(value, list) or len(value) != 3 or any(type(number) is not int for number in value):
        raise InputError(f"{value!r:.60} is not [x, y, size] in whole pixels", where, how)
    return Square(*value)


def _run(run: range) -> str:
    return f"{run.start + 1}" if len(run) == 1 else f"{run.start + 1}-{run.stop}"
