# SPDX-License-Identifier: GPL-3.0-or-later
"""Playback: whether Blender plays, and what it costs to draw more than it plays.

Measured without a graphics card: at its niceness, a running job takes little from playback. What does is what
the window draws because of it: the sidebar takes about the time of an image, and a strip that grows has
Blender draw images anew that it had cached.
"""

import time

import bpy


def is_playing() -> bool:
    """Whether some window plays."""
    return any(window.screen.is_animation_playing for window in bpy.context.window_manager.windows)


class Pace:
    """How often something is drawn: at every turn, but now and then only while Blender plays."""

    def __init__(self, seconds: float) -> None:
        """`seconds` lie between two turns that are due while Blender plays."""
        self._seconds = seconds
        self._last = float("-inf")

    def due(self) -> bool:
        """Whether this turn is to be drawn."""
        now = time.monotonic()
        if is_playing() and now - self._last < self._seconds:
            return False
        self._last = now
        return True
