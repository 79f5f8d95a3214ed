# SPDX-License-Identifier: GPL-3.0-or-later
"""A clip: frames of a part of a sound that keep the clock of the whole: trims and cuts change none."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ..arrays import Longs
from ..errors import InputError

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Clip:
    """Which frames, and how much of the sound is heard in them. InputError if it cannot be."""

    first: int
    """Number, on the sound's own clock, of the first frame; less than 0 before the sound begins."""
    count: int
    """Frames, at least 1."""
    fps: Fraction
    """Frames a second."""
    begin: Fraction
    """Seconds into the sound: before this nothing is heard."""
    end: Fraction
    """Seconds into the sound: nothing is heard from here on."""
    shift: Fraction = Fraction(0)
    """Seconds: frame k shows the moment k / fps + shift of the sound."""
    lead: int = 0
    """Frames by which the mouth comes early: frame k has that of frame k + lead. The template stays."""

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        if self.count < 1:
            raise InputError(f"{self.count} frames", "clip", "Ask for at least one")
        if self.fps <= 0:
            raise InputError(f"{self.fps} is not more than 0", "fps", "Give a rate such as 25")
        if self.end <= self.begin:
            what = f"nothing is heard from {float(self.begin):g} s to {float(self.end):g} s"
            raise InputError(what, "clip", "Let it end behind its beginning")

    @property
    def numbers(self) -> range:
        """The frames on the sound's clock."""
        return range(self.first, self.first + self.count)

    def mouths(self) -> "Longs":
        """The frames on the sound's clock whose mouths are shown, [count]."""
        import numpy as np

        return np.arange(self.count, dtype=np.int64) + (self.first + self.lead)

    def samples(self, rate: int, samples: int) -> range:
        """Which samples are heard, out of so many at `rate` a second; empty if the sound has none there."""
        begin = max(0, math.ceil(self.begin * rate))
        return range(begin, max(begin, min(samples, math.ceil(self.end * rate))))
