# SPDX-License-Identifier: GPL-3.0-or-later
"""What others call mouths, read from names.toml, and our six parameters in their words."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Floats
from .track import CHANNELS


@cache
def tables() -> dict[str, Any]:
    """All of names.toml."""
    return tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))


def preston_blair() -> dict[str, str]:
    """The name on Preston Blair's chart of each of our shapes."""
    return dict(tables()["preston_blair"])


def arkit_names() -> tuple[str, ...]:
    """ARKit's 52 shapes and nine angles, in the order of Live Link Face's columns."""
    return tuple(tables()["arkit"]["names"])


def arkit(values: Floats) -> dict[str, Floats]:
    """Mouths [n, 6] as curves [n] in 0 ... 1 of those of ARKit's shapes that they move."""
    weights = tables()["arkit"]["weights"]
    jaw, press = values[:, CHANNELS.index("jaw")], values[:, CHANNELS.index("press")]
    parts = [(name, values[:, place]) for place, name in enumerate(CHANNELS) if name != "round"]
    rounded = values[:, CHANNELS.index("round")]
    parts += [("round", rounded * (1 - jaw)), ("round_open", rounded * jaw)]
    curves: dict[str, Floats] = {}
    for part, amount in parts:
        for shape, weight in weights[part].items():
            curves[shape] = curves.get(shape, np.zeros(len(values), np.float32)) + np.float32(weight) * amount
    curves["mouthClose"] = curves["jawOpen"] * press
    return {shape: np.clip(curve, 0, 1).astype(np.float32) for shape, curve in curves.items()}
