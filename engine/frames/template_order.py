# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which a template's frames are shown."""

from fractions import Fraction

from ..frame_times import NO_TIME, floors


def template_index(
    frame: int, fps: Fraction, template_fps: Fraction, count: int, shift: Fraction = NO_TIME
) -> int:
    """The template frame (from 0) showing at output frame `frame`, out of `count`.

    The template plays ping-pong from index 1: 1, 2, ... n-1, n-2, ... 0, 1, ...; neither end is doubled.
    """
    if count == 1:
        return 0
    period = 2 * (count - 1)
    step = (next(floors((frame,), fps, template_fps, shift)) + 1) % period
    return min(step, period - step)
