# SPDX-License-Identifier: GPL-3.0-or-later
"""Mouth shapes decided on a whole track, at the rate of the output."""

import math
from fractions import Fraction

import numpy as np

from ..arrays import Bools, Doubles, Floats, Longs
from .shapes import INSTEAD, SHAPES, Cue, checked_set, scores
from .track import RATE

_CHANGE = 0.06  # what a change of shape must gain: shapes do not flicker between two that fit equally


def decide(values: Floats, fps: Fraction, count: int, letters: str = SHAPES, least: int = 2) -> list[Cue]:
    """The shapes of `count` frames, as cues at whole frames; two neighbours are never the same.

    Decided on the whole track at once, so that no rate of frames is favoured: the path that fits best, of
    those whose shapes all last `least` frames or longer.

    Args:
        values: The track's, [n, 6].
        fps: Frames a second.
        count: Frames.
        letters: The shapes that there are; see `checked_set`.
        least: Frames that a shape lasts; fewer only if there are no more.
    """
    letters = checked_set(letters)
    path = _best_path(_frame_scores(scores(values), fps, count, letters), max(1, least))
    changes = np.flatnonzero(np.diff(path, prepend=-1))
    return [Cue(Fraction(int(frame)) / fps, letters[path[frame]]) for frame in changes]


def _frame_scores(track: Floats, fps: Fraction, count: int, letters: str) -> Floats:
    """How well each of the letters fits each frame [count, k]: means, of gestures the best in its time."""
    edges = np.array([math.floor(frame * RATE / fps) for frame in range(count + 1)])
    edges = edges.clip(0, len(track) - 1)
    columns = []
    for letter in letters:
        stand_ins = [shape for shape, other in INSTEAD.items() if other == letter and shape not in letters]
        places = [SHAPES.index(shape) for shape in (letter, *stand_ins)]
        fit = track[:, places].max(axis=1)
        if letter in "AGH":
            columns.append(_best_within(fit, edges))
        else:
            columns.append(_mean_within(fit, edges))
    return np.stack(columns, axis=1)


def _mean_within(fit: Floats, edges: Longs) -> Floats:
    sums = np.concatenate([[0.0], np.cumsum(fit, dtype=np.float64)])
    ends = np.maximum(edges[1:], edges[:-1] + 1)
    return np.asarray((sums[ends] - sums[edges[:-1]]) / (ends - edges[:-1]), np.float32)


def _best_within(fit: Floats, edges: Longs) -> Floats:
    ends = np.maximum(edges[1:], edges[:-1] + 1)
    best = [float(fit[begin:end].max()) for begin, end in zip(edges[:-1], ends, strict=True)]
    return np.array(best, np.float32)


def _best_path(fits: Floats, least: int) -> Longs:
    """Viterbi: the shape of each frame, [n] places of the columns of `fits` [n, k].

    A state is a shape and how long it has been shown, up to `least`: only from there it may be left.
    """
    count, shapes = fits.shape
    least = min(least, count)
    best = np.full((shapes, least), -np.inf)
    best[:, 0] = fits[0]
    came = np.zeros((count, shapes), np.int64)  # from which shape each was entered
    stayed = np.zeros((count, shapes), np.bool_)
    others = np.arange(shapes)
    for frame in range(1, count):
        leave = best[:, -1] - _CHANGE
        first = int(np.argmax(leave))
        second = int(np.argmax(np.where(others == first, -np.inf, leave)))
        entered = np.where(others == first, second, first)
        after = np.full_like(best, -np.inf)
        after[:, 0] = leave[entered]
        after[:, 1:] = best[:, :-1]
        if least == 1:
            stayed[frame] = best[:, 0] >= after[:, 0]
            after[:, 0] = np.maximum(after[:, 0], best[:, 0])
        else:
            stayed[frame] = best[:, -1] >= after[:, -1]
            after[:, -1] = np.maximum(after[:, -1], best[:, -1])
        came[frame] = entered
        best = after + fits[frame][:, None]
    return _traced(best, came, stayed)


def _traced(best: Doubles, came: Longs, stayed: Bools) -> Longs:
    """Back from the best end to the beginning."""
    count, least = len(came), best.shape[1]
    last = best[:, -1] if np.isfinite(best[:, -1]).any() else best.max(axis=1)
    shape, age = int(np.argmax(last)), least - 1
    path = np.empty(count, np.int64)
    for frame in range(count - 1, -1, -1):
        path[frame] = shape
        if frame == 0:
            break
        if age == least - 1 and stayed[frame, shape]:
            continue
        if age == 0:
            shape, age = int(came[frame, shape]), least - 1
        else:
            age -= 1
    return path
