# SPDX-License-Identifier: GPL-3.0-or-later
"""Mouth shapes, Rhubarb's A to H and X: what mouths they are, and how well a mouth fits them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..arrays import Doubles, Floats, smoothstep
from ..errors import InputError
from .track import CHANNELS, RATE

SHAPES = "ABCDEFGHX"
"""Lips pressed; teeth together; open; wide open; rounded; puckered; lip under teeth; tongue up; idle."""

# The mouth of each shape: jaw, spread, round, press, bite, tongue.
PROTOTYPES: dict[str, tuple[float, ...]] = {
    "A": (0.00, 0.10, 0.10, 1.0, 0.0, 0.0),
    "B": (0.14, 0.45, 0.05, 0.0, 0.0, 0.0),
    "C": (0.45, 0.45, 0.05, 0.0, 0.0, 0.0),
    "D": (0.85, 0.25, 0.00, 0.0, 0.0, 0.0),
    "E": (0.45, 0.05, 0.55, 0.0, 0.0, 0.0),
    "F": (0.15, 0.00, 0.90, 0.0, 0.0, 0.0),
    "G": (0.10, 0.20, 0.05, 0.0, 1.0, 0.0),
    "H": (0.35, 0.25, 0.05, 0.0, 0.0, 0.9),
    "X": (0.00, 0.00, 0.00, 0.0, 0.0, 0.0),
}

INSTEAD = {"G": "A", "H": "C", "X": "A"}
"""What is shown where a set of drawings lacks one; all others it must have."""

BASIC = "ABCDEF"

# How much a channel counts, and how near to its prototype a mouth must be: a gesture says more than a jaw.
_WEIGHTS = np.array([1.0, 0.5, 1.0, 1.2, 1.5, 0.7], np.float32)
_EASE_S = 0.07  # from one shape of others to the next, for what is drawn without steps


@dataclass(frozen=True)
class Cue:
    """A shape from a moment on."""

    start: Fraction
    """Seconds."""
    shape: str
    """One of SHAPES; "" where nothing is said."""


def checked_set(letters: str) -> str:
    """A set of shapes in the order of SHAPES, from letters in any order, such as "ABCDEFX".

    Raises:
        InputError: A letter is no shape, or one that must be there is missing.
    """
    wanted = set(letters.upper())
    if unknown := wanted - set(SHAPES):
        raise InputError(f'"{min(unknown)}" is no shape', "shapes", f"There are {SHAPES}")
    if missing := set(BASIC) - wanted:
        raise InputError(f'"{min(missing)}" is missing', "shapes", f"{BASIC} must be there; G, H, X may be")
    return "".join(letter for letter in SHAPES if letter in wanted)


def scores(values: Floats) -> Floats:
    """How well each of SHAPES fits the mouths [n, 6]: [n, 9], 0 is perfect and less is worse."""
    prototypes = np.array([PROTOTYPES[shape] for shape in SHAPES], np.float32)
    differences = values[:, None, :] - prototypes[None]
    return np.asarray(-np.square(differences) @ _WEIGHTS, np.float32)


def eased(cues: Sequence[Cue], moments: Doubles) -> tuple[Floats, Floats]:
    """Shapes as mouths [n, 6] at these moments [n], which rise, and how much they count [n], 0 ... 1.

    From one to the next it takes 70 ms; a cue without a shape counts nothing.
    """
    mouths = np.zeros((len(moments), len(CHANNELS)), np.float32)
    strength = np.zeros(len(moments), np.float32)
    cues = sorted(cues, key=lambda cue: cue.start)
    starts = np.array([float(cue.start) for cue in cues])
    firsts = np.searchsorted(moments, starts - _EASE_S / 2)
    # A shape counts until the next one has taken over.
    lasts = [*np.searchsorted(moments, starts[1:] + _EASE_S / 2), len(moments)]
    before = Cue(Fraction(-1), "")
    for cue, first, last in zip(cues, firsts, lasts, strict=True):
        part = slice(first, last)
        share = smoothstep((moments[part] - float(cue.start)) / _EASE_S + 0.5).astype(np.float32)
        target = np.array(PROTOTYPES[cue.shape or before.shape or "X"], np.float32)
        eased_in = share if before.shape else (share > 0).astype(np.float32)
        mouths[part] += eased_in[:, None] * (target - mouths[part])
        strength[part] += share * ((1.0 if cue.shape else 0.0) - strength[part])
        before = cue
    return mouths, strength


def as_values(cues: Sequence[Cue], duration: Fraction) -> Floats:
    """A track [n, 6] of shapes that came from elsewhere, eased from one to the next."""
    moments = np.arange(max(1, math.ceil(duration * RATE))) / RATE
    mouths, strength = eased(cues, moments)
    return np.asarray(mouths * strength[:, None], np.float32)
