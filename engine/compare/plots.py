# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves over time as SVG text. Colours are CSS classes, so that they follow the page, light or dark."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..arrays import Doubles

_WIDTH, _HEIGHT = 960, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 34  # margins for the axes' texts
_THIN, _WIDER = 1.75, 1.5  # pixels; lines behind are wider, so that those that coincide are all seen
_COLUMNS = _WIDTH - _LEFT - _RIGHT  # points of a curve: more could not be told apart


@dataclass(frozen=True)
class Mark:
    """A point to look at."""

    at: float
    """Seconds."""
    value: float
    text: str


@dataclass(frozen=True, eq=False)
class Curve:
    """One line of a plot, or the surface below it."""

    label: str
    """For the legend, and as the tooltip."""
    style: str
    """CSS class of its colour."""
    values: Doubles
    """[n], at the plot's moments; nan leaves a gap."""
    filled: bool = False
    marks: Sequence[Mark] = field(default_factory=tuple)


def plot(title: str, seconds: Doubles, curves: Sequence[Curve], unit: str, *, peaks: bool = False) -> str:
    """An SVG of curves over time, from 0 up.

    Args:
        title: What it shows, for who cannot see it.
        seconds: [n] moments, rising.
        curves: What to draw, those in front last.
        unit: Of the values, for the axis.
        peaks: Where points must be joined, show the largest of them, not their mean.
    """
    top = _nice_top(max((float(np.nanmax(curve.values)) for curve in curves), default=1.0))
    begin, end = float(seconds[0]), float(seconds[-1])
    span = end - begin or 1.0

    def place(at: float, value: float) -> tuple[float, float]:
        x = _LEFT + (at - begin) / span * _COLUMNS
        return x, _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM)

    parts = [*_value_axis(top, unit, place, begin), *_time_axis(begin, end, place)]
    for behind, curve in zip(range(len(curves) - 1, -1, -1), curves, strict=True):
        moments, values = _joined(seconds, curve.values, np.max if peaks else np.mean)
        parts.append(
            _curve(
                curve,
                [place(*pair) for pair in zip(moments, values, strict=True)],
                place(begin, 0)[1],
                _THIN + _WIDER * behind,
            )
        )
    for curve in curves:
        parts.extend(_mark(mark, curve.style, place(mark.at, mark.value)) for mark in curve.marks)
    body = "".join(parts)
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}">{body}</svg>'


def ticks(span: float, most: int) -> float:
    """A step of 1, 2 or 5 times a power of ten that cuts `span` into `most` parts or fewer."""
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9))


def _nice_top(largest: float) -> float:
    if not largest > 0:
        return 1.0
    step = ticks(largest, 4)
    return math.ceil(largest / step - 1e-9) * step


def _joined(
    seconds: Doubles, values: Doubles, join: Callable[[Doubles], float]
) -> tuple[Sequence[float], Sequence[float]]:
    """No more points than there are columns."""
    if len(values) <= _COLUMNS:
        return seconds.tolist(), values.tolist()
    parts = np.array_split(np.arange(len(values)), _COLUMNS)
    return [float(seconds[part[0]]) for part in parts], [float(join(values[part])) for part in parts]


def _curve(curve: Curve, points: Sequence[tuple[float, float]], floor: float, width: float) -> str:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points if not math.isnan(y))
    kind = "polyline"
    if curve.filled:
        kind, line = "polygon", f"{points[0][0]:.1f},{floor:.1f} {line} {points[-1][0]:.1f},{floor:.1f}"
    look = "area" if curve.filled else "line"
    look = f'class="{look} {curve.style}" stroke-width="{width:g}"'
    return f'<{kind} {look} points="{line}"><title>{curve.label}</title></{kind}>'


def _mark(mark: Mark, style: str, place: tuple[float, float]) -> str:
    x, y = place
    return f'<circle class="mark {style}" cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{mark.text}</title></circle>'


def _value_axis(
    top: float, unit: str, place: Callable[[float, float], tuple[float, float]], begin: float
) -> list[str]:
    step = ticks(top, 4)
    parts = [f'<text class="tick" x="{_LEFT + 4}" y="{_TOP + 12}">{unit}</text>']
    for index in range(round(top / step) + 1):
        x, y = place(begin, index * step)
        parts.append(f'<line class="grid" x1="{x}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick end" x="{x - 8}" y="{y + 4:.1f}">{index * step:.3g}</text>')
    return parts


def _time_axis(begin: float, end: float, place: Callable[[float, float], tuple[float, float]]) -> list[str]:
    step = ticks(max(end - begin, 1e-3), 10)
    parts = []
    for index in range(math.ceil(begin / step - 1e-9), math.floor(end / step + 1e-9) + 1):
        x, y = place(index * step, 0)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + 5}"/>')
        parts.append(f'<text class="tick middle" x="{x:.1f}" y="{y + 20}">{index * step:.3g} s</text>')
    return parts
