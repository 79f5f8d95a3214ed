# SPDX-License-Identifier: GPL-3.0-or-later
"""How an image lies in the rendered frame, as Blender's strips do it. Pure arithmetic."""

import math
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """An image strip's transform; pixels are those of the render at 100 %."""

    scale: Point = (1.0, 1.0)
    rotation: float = 0.0
    """Radians, counter-clockwise."""
    offset: Point = (0.0, 0.0)
    origin: Point = (0.5, 0.5)
    """What it is scaled and turned about, in parts of the image."""
    flipped: tuple[bool, bool] = (False, False)
    """In x and y: the render is, once the image lies in it."""


def fitted_scale(render: tuple[int, int], size: tuple[int, int], fit: str) -> Point:
    """The scale that fits an image into a render of another size, by Blender's names of such choices."""
    across, down = render[0] / size[0], render[1] / size[1]
    scales = {
        "FIT": (min(across, down),) * 2,
        "FILL": (max(across, down),) * 2,
        "STRETCH": (across, down),
        "ORIGINAL": (1.0, 1.0),
    }
    return scales[fit]


def corners(layout: Layout, size: tuple[int, int], part: float) -> tuple[Point, Point, Point, Point]:
    """Where an image's corners lie, in pixels right of and above the middle of the render.

    In the order of the image's own corners: bottom left, bottom right, top right, top left. `part` is the
    render's percentage, 1 for 100 %; as Blender does it, an image is made smaller about its origin, too.
    """
    width, height = size
    pivot = layout.origin[0] * width, layout.origin[1] * height
    sine, cosine = math.sin(layout.rotation), math.cos(layout.rotation)

    def place(x: float, y: float) -> Point:
        across = (x - pivot[0]) * layout.scale[0] * part
        up = (y - pivot[1]) * layout.scale[1] * part
        right = pivot[0] + cosine * across - sine * up + layout.offset[0] * part - width / 2
        above = pivot[1] + sine * across + cosine * up + layout.offset[1] * part - height / 2
        return -right if layout.flipped[0] else right, -above if layout.flipped[1] else above

    return place(0, 0), place(width, 0), place(width, height), place(0, height)
