# SPDX-License-Identifier: GPL-3.0-or-later
"""Directing a mouth: how much it moves, when, how often, and what an animator corrects. Pure functions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..arrays import Doubles, Floats, Longs
from ..errors import InputError
from .shapes import Cue, eased
from .track import CHANNELS, GESTURES, RATE, MouthTrack, sampled

HOLDS = (1, 2, 3)
MOST_INTENSITY = 2.0
MOST_LEAD = 10
MOST_SMOOTHING_S = 0.5


@dataclass(frozen=True, eq=False)
class Direction:
    """What becomes of a mouth track. InputError if a value is out of range."""

    intensity: float | Doubles = 1.0
    """0: the mouth stays shut, 1: as heard, ... 2: twice as wide. One for all frames, or one for each [n]."""
    lead: int = 0
    """Frames by which the mouth comes early; less than 0: late."""
    smoothing: float = 0.0
    """Seconds over which the track is smoothed, 0 ... 0.5: the deviation of a Gaussian."""
    hold: int = 1
    """Frames for which a mouth is held: on ones, twos or threes."""
    gain: Floats | None = None
    """Of each channel [6], or of each frame's [n, 6]; None is 1."""
    offset: Floats | None = None
    """Added behind the gain; None is 0."""
    pinned: Sequence[Cue] = ()
    """Shapes that stand, whatever was heard, from one cue's moment to the next's; one of no shape ends it."""

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        intensity = np.asarray(self.intensity, np.float64)
        if not (np.isfinite(intensity).all() and ((intensity >= 0) & (intensity <= MOST_INTENSITY)).all()):
            raise InputError(f"{self.intensity} is not from 0 to {MOST_INTENSITY:g}", "intensity")
        if not (math.isfinite(self.smoothing) and 0 <= self.smoothing <= MOST_SMOOTHING_S):
            what = f"{self.smoothing} is not from 0 to {MOST_SMOOTHING_S:g} seconds"
            raise InputError(what, "smoothing")
        if self.hold not in HOLDS:
            raise InputError(f"{self.hold} is not 1, 2 or 3", "hold")


PLAIN = Direction()


def directed(
    track: MouthTrack, direction: Direction, numbers: Longs, fps: Fraction, shift: Fraction = Fraction(0)
) -> Floats:
    """The mouths [n, 6] of frames, in 0 ... 1.

    Args:
        track: What was heard.
        direction: What becomes of it; arrays that it has for each frame are for these.
        numbers: Frames [n] on the sound's clock: frame k shows the moment k / fps + shift.
        fps: Frames a second.
        shift: Seconds into the sound at frame 0.
    """
    # Held frames keep together wherever a clip begins: they are counted on the sound's clock.
    firsts = numbers - numbers % direction.hold
    frames: Doubles = np.asarray(firsts + direction.lead + (direction.hold - 1) / 2, np.float64)
    middles = frames / float(fps) + float(shift)
    values = _smoothed(track.values, direction.smoothing)
    mouths = sampled(values, middles, direction.hold / float(fps))
    # What is keyed is held with the mouth: by the row of the frame that is held, or the first that there is.
    rows = (
        np.maximum(firsts - numbers[0], 0) if len(numbers) and direction.hold > 1 else np.arange(len(numbers))
    )
    intensity = np.broadcast_to(np.asarray(direction.intensity, np.float32), len(numbers))[rows, None]
    mouths[:, :3] *= intensity
    mouths[:, GESTURES] *= np.minimum(intensity, 1)  # lips that are shut cannot be shut more
    if direction.pinned:
        shapes, strength = eased(direction.pinned, middles)
        mouths += strength[:, None] * (shapes - mouths)
    if direction.gain is not None:
        mouths *= _for_frames(direction.gain, len(numbers), "gain")[rows]
    if direction.offset is not None:
        mouths += _for_frames(direction.offset, len(numbers), "offset")[rows]
    return np.clip(mouths, 0, 1, out=mouths)


def _for_frames(values: Floats, count: int, name: str) -> Floats:
    """[6] or [count, 6] as [count, 6]."""
    array = np.asarray(values, np.float32)
    if array.shape not in ((len(CHANNELS),), (count, len(CHANNELS))) or not np.isfinite(array).all():
        raise InputError(f"an array of shape {list(array.shape)} for {count} frames", name)
    return np.broadcast_to(array, (count, len(CHANNELS)))


def _smoothed(values: Floats, seconds: float) -> Floats:
    """Convolved with a Gaussian of this deviation; ends are repeated."""
    if seconds == 0:
        return values
    reach = math.ceil(3 * seconds * RATE)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (seconds * RATE)) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(values.astype(np.float64), ((reach, reach), (0, 0)), "edge")
    columns = [np.convolve(padded[:, k], kernel, "valid") for k in range(values.shape[1])]
    return np.stack(columns, axis=1).astype(np.float32)
