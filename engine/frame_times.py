# SPDX-License-Identifier: GPL-3.0-or-later
"""Output frames and moments of the sound: pure, exact arithmetic.

Output frame i (from 0) at f frames a second shows the moment t = i/f + shift of the sound; the shift is 0 but
for clips, whose frames may also come before the sound and be numbered below 0. Rates are Fractions and every
floor is an integer division, so 30000/1001 drifts by nothing, however long the sound is.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import Longs

NO_TIME = Fraction(0)
"""No shift, or the beginning of the sound."""


def frame_count(duration: Fraction, fps: Fraction) -> int:
    """Frames that show all of `duration` seconds, and no more: the last may show less than its full time."""
    return math.ceil(duration * fps)


def steps(frames: NDArray[np.integer[Any]], fps: Fraction, rate: int, shift: Fraction) -> Longs:
    """How many whole steps, `rate` a second, have passed at each frame [n]; less than 0 before the sound."""
    return np.fromiter(floors(frames.tolist(), fps, Fraction(rate), shift), np.int64, len(frames))


def floors(frames: Sequence[int], fps: Fraction, rate: Fraction, shift: Fraction) -> Iterator[int]:
    """floor((frame / fps + shift) * rate) of each frame."""
    # In whole numbers, because Fractions take ten times as long.
    each = rate.numerator * fps.denominator * shift.denominator
    more = rate.numerator * shift.numerator * fps.numerator
    parts = rate.denominator * fps.numerator * shift.denominator
    return ((frame * each + more) // parts for frame in frames)
