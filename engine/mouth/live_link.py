# SPDX-License-Identifier: GPL-3.0-or-later
"""The CSV of Live Link Face: ARKit's shapes for every frame."""

from fractions import Fraction

import numpy as np

from .mouth_file import Sheet
from .names import arkit, arkit_names
from .track import sampled


def write_live_link(sheet: Sheet) -> str:
    """A row a frame: timecode HH:MM:SS:FF.000, the number of columns that follow, and these."""
    moments = np.arange(sheet.frames) / float(sheet.fps)
    curves = arkit(sampled(sheet.track.values, moments, float(1 / sheet.fps)))
    names = arkit_names()
    titles = [f"{name[:1].upper()}{name[1:]}" for name in names]
    rows = [",".join(["Timecode", "BlendShapeCount", *titles])]
    nothing = np.zeros(sheet.frames, np.float32)
    table = np.stack([curves.get(name, nothing) for name in names], axis=1)
    for frame, values in enumerate(table):
        numbers = ",".join(f"{value:.4f}" for value in values)
        rows.append(f"{_timecode(frame, sheet.fps)},{len(names)},{numbers}")
    return "\n".join([*rows, ""])


def _timecode(frame: int, fps: Fraction) -> str:
    """Counted in frames of the nearest whole rate, as timecode is."""
    seconds, frames = divmod(frame, round(fps))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}:{frames:02d}.000"
