# SPDX-License-Identifier: GPL-3.0-or-later
"""The character's head as a surface: pure numpy, no Blender.

The head is one grid wrapped around a slit, the closed mouth. Its rings are confocal ellipses: the first is
the slit itself, the next ones run through the lips, and further out they become circles that close at the
back of the head; a few rings go inwards instead and make the mouth's pocket. The mouth parameters only move
that grid, so every picture of the character has the same vertices.

Axes are Blender's: x to the viewer's right, y away from the viewer, z up. A unit is half a head's width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

HEAD_RADII = np.array([1.0, 0.95, 1.08])
MOUTH_DIRECTION = np.radians(29.0)  # the mouth looks this far below the horizon, seen from the head's centre
SLIT = 0.27  # half width of the closed mouth
JAW_AXIS = np.array([0.0, 0.12, 0.05])  # beside the ears
JAW_DEGREES = 15.0
COLUMNS = 288
RINGS_FACE, RINGS_POCKET = 190, 26


class Mouth(NamedTuple):
    """Mouth parameters, each 0..1: what the sound decides."""

    jaw: float = 0.0
    spread: float = 0.0
    round: float = 0.0
    press: float = 0.0
    bite: float = 0.0
    tongue: float = 0.0


@dataclass(frozen=True)
class Grid:
    """A grid that closes on itself along its columns."""

    points: FloatArray
    """[rings, columns, 3]"""
    lip: FloatArray
    """[rings, columns], 0 skin .. 1 lip."""
    pocket: FloatArray
    """[rings, columns], 0 outside .. 1 inside the mouth."""


def smoothstep(low: float, high: float, x: FloatArray | float) -> FloatArray:
    t = np.clip((np.asarray(x, dtype=np.float64) - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def bump(x: FloatArray, z: FloatArray, at: tuple[float, float], radii: tuple[float, float]) -> FloatArray:
    """A Gaussian hill on the front of the face."""
    return np.exp(-(((x - at[0]) / radii[0]) ** 2) - ((z - at[1]) / radii[1]) ** 2)


def head_point(direction: FloatArray) -> FloatArray:
    """The neutral head's surface in a direction ([..., 3], unit length) from its centre, without lips."""
    radius = 1.0 / np.sqrt(np.sum((direction / HEAD_RADII) ** 2, axis=-1))
    p = direction * radius[..., None]
    x, y, z = p[..., 0], p[..., 1], p[..., 2]
    front = smoothstep(0.15, -0.45, y)
    # the face narrows towards the chin, the cheeks are full, the chin is a small ball
    narrow = 1.0 + 0.03 * smoothstep(0.2, -0.5, z) - 0.05 * smoothstep(-0.5, -1.05, z)
    shaped = np.stack([x * narrow, y * (1.0 - 0.06 * smoothstep(-0.3, -1.1, z)), z], axis=-1)
    out = 0.055 * (bump(x, z, (0.52, -0.28), (0.28, 0.24)) + bump(x, z, (-0.52, -0.28), (0.28, 0.24)))
    out = out + 0.07 * bump(x, z, (0.0, -0.96), (0.30, 0.17))
    out = out + 0.05 * bump(x, z, (0.0, -0.54), (0.34, 0.22))  # the muzzle that carries the lips
    out = out - 0.075 * (bump(x, z, (0.37, 0.17), (0.23, 0.20)) + bump(x, z, (-0.37, 0.17), (0.23, 0.20)))
    out = out + 0.03 * bump(x, z, (0.0, 0.42), (0.6, 0.12))
    nose = 0.19 * bump(x, z, (0.0, -0.12), (0.125, 0.105)) + 0.03 * bump(x, z, (0.0, 0.05), (0.09, 0.2))
    nose = nose + 0.06 * (
        bump(x, z, (0.10, -0.15), (0.065, 0.055)) + bump(x, z, (-0.10, -0.15), (0.065, 0.055))
    )
    return (
        shaped
        + direction * (front * out)[..., None]
        + np.array([0.0, -1.0, 0.10]) * (front * nose)[..., None]
    )


def direction_of(u: FloatArray, v: FloatArray) -> FloatArray:
    """Unit direction at (u right, v up) around the mouth: azimuthal equidistant, in radians of arc."""
    rho = np.hypot(u, v)
    sinc = np.sinc(rho / np.pi)
    tangent_x, tangent_y = u * sinc, v * sinc
    c, s = np.cos(MOUTH_DIRECTION), np.sin(MOUTH_DIRECTION)
    forward = np.cos(rho)
    return np.stack([tangent_x, -forward * c - tangent_y * s, tangent_y * c - forward * s], axis=-1)


def _rings() -> tuple[FloatArray, FloatArray]:
    """Confocal coordinate mu of the face's rings and depth 0..1 of the pocket's rings."""
    mu_end = np.arccosh(np.pi / SLIT)
    near = np.linspace(0.0, 0.75, 96) ** 1.15
    far = np.linspace(near[-1], mu_end, RINGS_FACE - 96 + 1)[1:]
    return np.concatenate([near, far]), np.linspace(1.0, 0.0, RINGS_POCKET + 1)[:-1]


def jaw_rotation(points: FloatArray, weight: FloatArray | float, jaw: float) -> FloatArray:
    """Points ([..., 3]) turned about the jaw's axis by jaw × JAW_DEGREES × weight."""
    angle = np.radians(JAW_DEGREES) * jaw * np.asarray(weight)
    d = points - JAW_AXIS
    c, s = np.cos(angle), np.sin(angle)
    y, z = d[..., 1] * c - d[..., 2] * s, d[..., 1] * s + d[..., 2] * c
    return np.asarray(np.stack([d[..., 0], y, z], axis=-1) + JAW_AXIS, np.float64)


def head(mouth: Mouth) -> Grid:
    """The head with its mouth in the given shape."""
    mu, depth = _rings()
    theta = (np.arange(COLUMNS) + 0.5) * (2.0 * np.pi / COLUMNS)
    ct, st = np.cos(theta)[None, :], np.sin(theta)[None, :]
    m = np.concatenate([np.zeros_like(depth), mu])[:, None]
    inner = np.concatenate([depth, np.zeros_like(mu)])[:, None]  # 0 at the lips' edge, 1 at the pocket's end
    upper, lower = np.clip(st, 0.0, 1.0), np.clip(-st, 0.0, 1.0)

    # how much of the lips' own movement a ring follows: all at the edge, none beyond the muzzle
    follow = 1.0 - smoothstep(0.05, 1.15, m)
    width = (
        1.0 + 0.26 * mouth.spread * (1.0 - 0.6 * mouth.round) - 0.53 * mouth.round * (1.0 - 0.3 * mouth.bite)
    )
    width = width - 0.10 * mouth.jaw * (1.0 - mouth.spread)
    u = SLIT * np.cosh(m) * ct * (1.0 + (width - 1.0) * follow)
    v = SLIT * np.sinh(m) * st
    # a soft smile line: the corners a little higher than the middle, more when the lips are spread
    corner = ct**2
    v = v + follow * (0.035 + 0.045 * mouth.spread - 0.03 * mouth.round) * (corner - 0.35)
    # a cupid's bow
    v = v + 0.022 * smoothstep(0.0, 0.22, m) * (1.0 - smoothstep(0.25, 0.7, m)) * upper * (
        np.exp(-(((np.abs(ct) - 0.28) / 0.16) ** 2)) - 0.6 * np.exp(-((ct / 0.12) ** 2))
    )

    base = head_point(direction_of(u, v))
    eps = 1e-3
    du = head_point(direction_of(u + eps, v)) - base
    dv = head_point(direction_of(u, v + eps)) - base
    normal = np.cross(du, dv)
    normal = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
    up = dv / np.linalg.norm(dv, axis=-1, keepdims=True)

    # the lips: a roll with a crisp outer border, thinner when spread or pressed
    fullness = 1.0 - 0.25 * mouth.spread + 0.22 * mouth.round - 0.35 * mouth.press - 0.10 * mouth.jaw
    thickness = np.where(st > 0.0, 0.30, 0.36) * np.sqrt(np.clip(fullness, 0.3, 1.5))
    across = np.clip(m / thickness, 0.0, 1.0)  # 0 at the edge .. 1 at the lip's border
    taper = np.clip(np.abs(st), 0.0, 1.0) ** 0.55
    roll = np.sin(np.pi * np.clip(0.25 + 0.75 * across, 0.0, 1.0)) ** 1.0
    bulge = np.where(st > 0.0, 0.062, 0.078) * fullness * roll * taper
    bulge = bulge * (inner <= 0.0)
    protrusion = 0.13 * mouth.round * follow + 0.02 * mouth.press * follow

    lip = (1.0 - smoothstep(0.82, 1.02, m / thickness)) * (inner < 0.5)

    # opening: the jaw turns, the lips part
    reach = (1.0 - smoothstep(1.6, 2.35, m)) * (1.0 - smoothstep(0.35, 0.78, np.abs(base[..., 0])))
    weight = lower**0.75 * reach
    weight = weight * (1.0 - 0.25 * mouth.round * follow)
    lift = (
        upper**0.8
        * follow
        * (0.055 * mouth.jaw + 0.03 * mouth.spread * min(1.0, 4.0 * mouth.jaw) + 0.075 * mouth.bite)
    )
    out = bulge + protrusion
    points = base + normal * out[..., None] + up * lift[..., None]
    # bite: the lower lip goes in and up, under the upper teeth
    tuck = lower**0.7 * (1.0 - smoothstep(0.0, 0.75, m)) * mouth.bite
    points = jaw_rotation(points, weight, mouth.jaw)
    points = points + np.array([0.0, 0.075, 0.075]) * tuck[..., None]

    # press: both lips meet where the closed mouth would have been, a little lower when the jaw is down
    seam = 0.5 * (points[RINGS_POCKET] + points[RINGS_POCKET, ::-1])
    rest = base[RINGS_POCKET] + normal[RINGS_POCKET] * out[RINGS_POCKET][..., None]
    meet = 0.25 * seam + 0.75 * rest
    pull = (meet - points[RINGS_POCKET])[None] * (1.0 - smoothstep(0.0, 0.85, m))[..., None]
    points = points + pull * mouth.press

    # the pocket: from the lips' edge straight back, widening behind the teeth, then closing
    edge = points[RINGS_POCKET]
    centre = edge.mean(axis=0)
    back = np.array([0.0, 0.62, 0.02])
    d = inner[:RINGS_POCKET, :, None]
    widen = 1.0 + 0.10 * np.sin(np.pi * d**0.7) - d**4
    room = np.stack([0.03 * ct, np.zeros_like(ct), 0.09 * st], axis=-1)
    pocket = centre + (edge - centre) * widen + back * d**0.9 + room * np.sin(np.pi * d**0.75)
    points[:RINGS_POCKET] = pocket
    inside = np.broadcast_to(smoothstep(0.03, 0.2, inner), points.shape[:2])
    return Grid(
        points, np.ascontiguousarray(np.broadcast_to(lip, points.shape[:2])), np.ascontiguousarray(inside)
    )


def opening(mouth: Mouth) -> float:
    """Height of the gap between the lips at its middle, in head units."""
    edge = head(mouth).points[RINGS_POCKET]
    quarter = COLUMNS // 4
    return float(max(0.0, edge[quarter, 2] - edge[3 * quarter, 2]))
