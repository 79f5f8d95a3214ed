# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which a template's frames are shown."""

from fractions import Fraction

from ..avatar.avatar_types import Loop
from ..frame_times import NO_TIME, floors


def template_index(frame: int, fps: Fraction, loop: Loop, shift: Fraction = NO_TIME) -> int:
    """The template frame (from 0) showing at output frame `frame`; it plays there and back."""
    if loop.count == 1:
        return 0
    period = 2 * (loop.count - 1)
    step = (next(floors((frame,), fps, loop.fps, shift)) + loop.start) % period
    return min(step, period - step)
