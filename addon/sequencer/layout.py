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
    crop: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Pixels of the image that are cut off at the left, the right, the bottom and the top."""


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


def outline(layout: Layout, size: tuple[int, int], render: tuple[int, int]) -> list[tuple[Point, Point]]:
    """The corners of what is seen of an image in the render, in order.

    Each is a place, in pixels right of and above the middle of the render, and the part of the image that
    lies there, from its lower left corner: what is cropped, or outside of the render, is left out.
    """
    width, height = size
    left, right, bottom, top = layout.crop
    right, top = width - right, height - top
    if right <= left or top <= bottom:
        return []
    corners = [
        (_place(layout, size, x, y), (x / width, y / height))
        for x, y in ((left, bottom), (right, bottom), (right, top), (left, top))
    ]
    for axis in (0, 1):
        for sign in (1, -1):
            corners = _inside(corners, axis, sign, render[axis] / 2)
    return corners


def _place(layout: Layout, size: tuple[int, int], x: float, y: float) -> Point:
    """Where a point of the image lies in the render."""
    width, height = size
    pivot = layout.origin[0] * width, layout.origin[1] * height
    sine, cosine = math.sin(layout.rotation), math.cos(layout.rotation)
    across, up = (x - pivot[0]) * layout.scale[0], (y - pivot[1]) * layout.scale[1]
    right = pivot[0] + cosine * across - sine * up + layout.offset[0] - width / 2
    above = pivot[1] + sine * across + cosine * up + layout.offset[1] - height / 2
    return -right if layout.flipped[0] else right, -above if layout.flipped[1] else above


def _inside(
    corners: list[tuple[Point, Point]], axis: int, sign: int, limit: float
) -> list[tuple[Point, Point]]:
    """What of a polygon lies on this side of a border of the render (Sutherland and Hodgman's way)."""
    kept: list[tuple[Point, Point]] = []
    for before, here in zip([*corners[-1:], *corners[:-1]], corners, strict=True):
        far, near = (sign * corner[0][axis] - limit for corner in (before, here))
        if (far > 0) != (near > 0):
            part = far / (far - near)
            kept.append((_between(before[0], here[0], part), _between(before[1], here[1], part)))
        if near <= 0:
            kept.append(here)
    return kept


def _between(one: Point, other: Point, part: float) -> Point:
    return one[0] + part * (other[0] - one[0]), one[1] + part * (other[1] - one[1])
