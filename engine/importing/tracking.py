# SPDX-License-Identifier: GPL-3.0-or-later
"""One steady face square for each image, from boxes that jitter, jump and are missing here and there.

Doubles are rows x, y, size in pixels, as floats; a row of NaN is an image without a face.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ..arrays import Doubles
from ..avatar.avatar_types import Square

_MEDIAN = 5  # images; two false boxes in a row do no harm
_SPREAD = 3.0  # images, of the bell that smooths: about a tenth of a second


def follow(faces: Sequence[Sequence[tuple[float, float, float]]]) -> Doubles:
    """One face through all images: from the largest of all, each time the nearest to the last seen.

    Args:
        faces: For each image the boxes x, y, size that were found.

    Returns:
        [n, 3]; NaN where there is none within half a face of the last one.
    """
    track = np.full((len(faces), 3), np.nan)
    sizes = [max((box[2] for box in found), default=0.0) for found in faces]
    if not any(sizes):
        return track
    start = int(np.argmax(sizes))
    first = max(faces[start], key=lambda box: box[2])
    for places in (range(start, len(faces)), range(start - 1, -1, -1)):
        last = first
        for place in places:
            near = min(faces[place], key=lambda box: _apart(box, last), default=None)
            if near is not None and _apart(near, last) < 0.5:
                track[place] = last = near
    return track


def steady(track: Doubles) -> Doubles:
    """The track with its gaps bridged and its trembling smoothed, without lag.

    The smoothing weighs past and future alike, so no movement comes late, and a movement at an even pace
    comes out as it was, up to both ends.

    Args:
        track: [n, 3]; at least one row must be a box.
    """
    bridged = bridge(track)
    centres = bridged[:, :2] + bridged[:, 2:] / 2
    even = smooth(_median(np.concatenate([centres, bridged[:, 2:]], axis=1)))
    return np.concatenate([even[:, :2] - even[:, 2:] / 2, even[:, 2:]], axis=1)


def bridge(track: Doubles) -> Doubles:
    """Straight lines across the gaps; before the first and behind the last box nothing moves."""
    places = np.arange(len(track))
    seen = np.flatnonzero(np.isfinite(track[:, 0]))
    return np.stack([np.interp(places, seen, column[seen]) for column in track.T], axis=1)


def keyed(keys: Mapping[int, Square], count: int) -> Doubles:
    """The track [count, 3] through squares that were set by hand at some images, counted from 0."""
    track = np.full((count, 3), np.nan)
    for place, square in keys.items():
        track[place] = square.x, square.y, square.size
    return bridge(track)


def rounded(track: Doubles) -> tuple[Square, ...]:
    """Squares of whole pixels, wherever they are."""
    return tuple(Square(round(x), round(y), round(side)) for x, y, side in track.tolist())


def whole_pixels(track: Doubles, size: tuple[int, int]) -> tuple[Square, ...]:
    """Squares of whole pixels, moved and, if need be, shrunk into images of `size` (width, height)."""
    width, height = size
    squares = []
    for x, y, side in track.tolist():
        whole = min(round(side), width, height)
        left = min(max(0, round(x + (side - whole) / 2)), width - whole)
        top = min(max(0, round(y + (side - whole) / 2)), height - whole)
        squares.append(Square(left, top, whole))
    return tuple(squares)


def gaps(track: Doubles) -> list[range]:
    """The runs of images without a face, counted from 0."""
    runs: list[range] = []
    for place in np.flatnonzero(np.isnan(track[:, 0])).tolist():
        if runs and runs[-1].stop == place:
            runs[-1] = range(runs[-1].start, place + 1)
        else:
            runs.append(range(place, place + 1))
    return runs


def _apart(box: tuple[float, float, float], last: tuple[float, float, float]) -> float:
    """The distance of the middles in sizes of the last face, or the change of size if that is more."""
    (x, y, size), (last_x, last_y, last_size) = box, last
    moved = np.hypot(x + size / 2 - last_x - last_size / 2, y + size / 2 - last_y - last_size / 2)
    return float(max(moved, abs(size - last_size))) / last_size


def _median(track: Doubles) -> Doubles:
    """A running median, which drops boxes that jump away and keeps movements."""
    windows = np.lib.stride_tricks.sliding_window_view(_extended(track, _MEDIAN // 2), _MEDIAN, axis=0)
    return np.asarray(np.median(windows, axis=-1), np.float64)


def smooth(track: Doubles) -> Doubles:
    """A running mean of the rows, weighted by a bell: past and future alike, so that nothing comes late."""
    reach = int(3 * _SPREAD)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _SPREAD) ** 2)
    extended = _extended(track, reach)
    return np.stack([np.convolve(column, bell / bell.sum(), "valid") for column in extended.T], axis=1)


def _extended(track: Doubles, reach: int) -> Doubles:
    """The track with `reach` rows more at each end: itself turned about its end, so that its pace goes on."""
    if len(track) == 1:
        return np.repeat(track, 1 + 2 * reach, axis=0)
    return np.pad(track, ((reach, reach), (0, 0)), "reflect", reflect_type="odd")
