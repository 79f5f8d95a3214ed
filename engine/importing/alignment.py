# SPDX-License-Identifier: GPL-3.0-or-later
"""Which image a face square belongs to: what the numbers promise is checked against what can be seen.

Images and squares are counted from 0 here, in the order of their numbers. By the contract square p belongs
to image p; with a shift of d, square p - d does. Only squares that move can tell one from the other.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from ..arrays import Pixels
from ..avatar.avatar_types import Square
from ..avatar.face_crop import crop_square
from ..errors import InputError
from ..runtime.monitor import Monitor

SHIFTS = (0, 1, -1)
"""Those that packages of other numbering have; the contract's first."""

_SAMPLES = 16  # images looked at
_CLEARLY = 0.7  # another shift must fit so much better: compression alone differs by a few per cent
_STRANGERS = 24  # mean levels; crops that fit worse, at every shift, are of other images
_SLACK = 2  # pixels between a square and its landmarks, which some packages smooth; and
_SLACK_OF_SIZE = 0.02  # of the face


def moving_places(squares: Sequence[Square]) -> list[int]:
    """The places of the squares that differ most from their neighbours, at most 16, sorted; [] if none do."""
    at = np.array([(square.x, square.y, square.size) for square in squares])
    steps = np.abs(np.diff(at, axis=0)).sum(axis=1)
    moves = np.zeros(len(at), np.int64)
    moves[1:] += steps
    moves[:-1] += steps
    best = np.argsort(-moves, kind="stable")[:_SAMPLES]
    return sorted(int(place) for place in best if moves[place] > 0)


def shift_by_crops(
    squares: Sequence[Square],
    image: Callable[[int], Pixels],
    crops: Mapping[int, Pixels],
    where: Path,
    monitor: Monitor,
) -> int:
    """The shift at which the package's own crops are what the squares cut out of the images.

    Args:
        squares: All of them.
        image: Reads image p, BGR [h, w, 3].
        crops: Crops [side, side, 3] by place p.
        where: The folder or video of the crops, for the message.
        monitor: Told of each image.

    Raises:
        InputError: The crops are of other images.
    """
    errors: dict[int, list[float]] = {shift: [] for shift in SHIFTS}
    for place, crop in monitor.steps("pairing", crops.items(), len(crops)):
        frame = image(place)
        # Only places that every shift can serve, so that all are judged by the same images.
        if all(_fits(squares, place - shift, frame) for shift in SHIFTS):
            for shift in SHIFTS:
                cut = crop_square(frame, squares[place - shift], crop.shape[0])
                errors[shift].append(float(cv2.absdiff(cut, crop).mean()))
    return _best({shift: float(np.mean(all_)) for shift, all_ in errors.items() if all_}, where)


def _best(errors: Mapping[int, float], where: Path) -> int:
    if not errors:
        return 0
    best = min(errors, key=lambda shift: errors[shift])
    if errors[best] > _STRANGERS:
        what = f"these crops are not of these images: they differ by {errors[best]:.0f} levels on average"
        raise InputError(what, str(where), "The package is mixed from two: copy it anew")
    return best if errors[best] < _CLEARLY * errors[0] else 0


def shift_by_landmarks(squares: Sequence[Square], landmarks: Sequence[Square], where: Path) -> int:
    """The shift at which the squares are those of the landmarks, whose numbers are the images'.

    Args:
        squares: All of them.
        landmarks: The squares that follow from the landmarks; as many.
        where: The file of the squares, for the message.

    Raises:
        InputError: They belong together at no shift.
    """
    places = moving_places(landmarks) or [0]
    inside = [place for place in places if 0 < place < len(squares) - 1] or [0]
    distances = {
        shift: [_distance(squares[place - shift], landmarks[place]) for place in inside]
        for shift in SHIFTS
        if inside[0] - shift >= 0 and inside[-1] - shift < len(squares)
    }
    best = min(distances, key=lambda shift: sum(distances[shift]))
    if max(distances[best]) > _SLACK + _SLACK_OF_SIZE * landmarks[0].size:
        place = max(inside, key=lambda place: _distance(squares[place], landmarks[place]))
        rectangle, expected = _text(squares[place]), _text(landmarks[place])
        what = f"rectangle {place} is {rectangle}, but its landmarks say {expected} (x,y,size)"
        raise InputError(what, str(where), "The package is mixed from two: copy it anew")
    # Smoothed squares are near at several shifts; only those that are the landmarks' own prove another one.
    return best if max(distances[best]) == 0 else 0


def _fits(squares: Sequence[Square], place: int, frame: Pixels) -> bool:
    if not 0 <= place < len(squares):
        return False
    square = squares[place]
    height, width = frame.shape[:2]
    inside = square.x + square.size <= width and square.y + square.size <= height
    return inside and min(square.x, square.y) >= 0


def _distance(a: Square, b: Square) -> int:
    return max(abs(a.x - b.x), abs(a.y - b.y), abs(a.size - b.size))


def _text(square: Square) -> str:
    return f"{square.x},{square.y},{square.size}"
