# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C while Blender runs without a window."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import bpy


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt: Blender's own answer to it is a flag that scripts cannot see.

    Blender's answer cannot be put back afterwards, only one of Python's can; where there is a window, Blender
    leaves Ctrl-C alone, and so does this.
    """
    if not bpy.app.background:
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
