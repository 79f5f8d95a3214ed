# SPDX-License-Identifier: GPL-3.0-or-later
"""The movement of a mouth as plain data."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..arrays import Doubles, Floats
from ..errors import InputError

RATE = 80
"""Values a second: those of the log-mel."""

CHANNELS = ("jaw", "spread", "round", "press", "bite", "tongue")
"""Jaw dropped; corners pulled wide; lips rounded forward; lips pressed; lip under teeth; tongue's tip up."""

DECIMALS = 4
"""Of a heard value, and of one in a file."""

GESTURES = slice(3, 6)
"""Those of the channels that are reached and left again: missing one is seen at once."""

_SEEN = 0.05

_LONGEST_FRAME_S = 0.04
"""A gesture is held longer than this by the network: a frame that lasts longer looks for its peak."""


@dataclass(frozen=True, eq=False)
class MouthTrack:
    """A mouth from the beginning of a sound on."""

    values: Floats
    """[n, 6] in 0 ... 1, in the order of CHANNELS; value k is the mouth at k / RATE seconds."""
    sound: str = ""
    """SHA-256 of the sound that it was heard in, or ""."""
    network: str = ""
    """What heard it, or ""."""
    begin: Fraction = Fraction(0)
    """Seconds into the sound's file at value 0."""

    def __post_init__(self) -> None:
        """InputError if the values are no mouth."""
        values = self.values
        if values.ndim != 2 or values.shape[1] != len(CHANNELS) or not len(values):
            raise InputError(f"values of shape {list(values.shape)}", "mouth track", "They are [n, 6]")
        if not np.isfinite(values).all():
            raise InputError("there are values that are not numbers", "mouth track")

    @property
    def speaks(self) -> bool:
        """Whether the mouth ever opens so far that one sees it."""
        return bool(self.values[:, 0].max() > _SEEN)

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return Fraction(len(self.values), RATE)


def sampled(values: Floats, moments: Doubles, frame_s: float = 0.0) -> Floats:
    """The mouths of frames [k, 6] at these moments [k] in seconds, out of a track's values [n, 6].

    Between two values it is a straight line; before the first and behind the last, theirs. Of a frame that
    lasts longer than 40 ms, `frame_s`, gestures count by their peak within its time.
    """
    mouths = _at(values, moments)
    reach = (frame_s - _LONGEST_FRAME_S) / 2
    if reach <= 0:
        return mouths
    steps = np.linspace(-reach, reach, 2 + int(2 * reach * RATE))
    for step in steps:
        mouths[:, GESTURES] = np.maximum(mouths[:, GESTURES], _at(values, moments + step)[:, GESTURES])
    return mouths


def _at(values: Floats, moments: Doubles) -> Floats:
    places = np.clip(moments * RATE, 0, len(values) - 1)
    below = np.floor(places).astype(np.int64)
    above = np.minimum(below + 1, len(values) - 1)
    share = (places - below)[:, None].astype(np.float32)
    return np.asarray(values[below] * (1 - share) + values[above] * share, np.float32)
