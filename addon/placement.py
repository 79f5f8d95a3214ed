# SPDX-License-Identifier: GPL-3.0-or-later
"""Where strips lie in time and in channels: pure arithmetic, without Blender."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from ..engine.errors import InputError

CHANNELS = 128
"""The Sequencer has so many."""


@dataclass(frozen=True)
class SoundStrip:
    """A sound strip, as plain data."""

    left: int
    """The first frame of the scene in which it sounds."""
    right: int
    """The frame behind the last."""
    trim: float
    """Frames of the sound that lie before `left`; less than 0 where the strip begins before its sound."""
    sound_offset: float
    """Seconds by which the sound begins later than the strip's content."""
    channel: int
    fps: Fraction
    """Frames a second of the scene."""

    @property
    def frames(self) -> int:
        """How many frames it lasts."""
        return self.right - self.left

    @property
    def start(self) -> Fraction:
        """Seconds into the sound at frame `left`; less than 0 where the sound is yet to begin.

        Blender plays from whole frames: it drops what `trim` has behind the point.
        """
        return int(self.trim) / self.fps - decimal(self.sound_offset)

    @property
    def duration(self) -> Fraction:
        """Seconds that it lasts."""
        return self.frames / self.fps

    def clipped(self, first: int, last: int) -> "SoundStrip":
        """The part of the strip in the frames `first` ... `last` of the scene.

        Raises:
            InputError: There is none.
        """
        left, right = max(self.left, first), min(self.right, last + 1)
        if left >= right:
            what = f"the strip's frames {self.left} to {self.right - 1} are outside {first} to {last}"
            raise InputError(what, "preview range", "Move the range, or choose Strip as the range")
        # Whole frames are added to a trim that counts in whole frames: the fraction is dropped first.
        return replace(self, left=left, right=right, trim=int(self.trim) + left - self.left)


def aligned_left(made: SoundStrip, now: SoundStrip) -> int:
    """The frame at which pictures made for `made` belong, if the strip is `now` somewhere else or trimmed."""
    return now.left + round((made.start - now.start) * now.fps)


@dataclass(frozen=True)
class Span:
    """A strip's place."""

    channel: int
    left: int
    right: int
    """The frame behind its last."""


def scene_fps(fps: float, fps_base: float) -> Fraction:
    """Frames a second, exactly: 30 and 1.001 make 30000/1001, though Blender stores 1.001 in 32 bits."""
    return decimal(fps) / decimal(fps_base)


def decimal(value: float) -> Fraction:
    """The number that was typed for a value which Blender keeps in 32 bits: 7 digits are all it holds."""
    return Fraction(f"{value:.7g}")


def free_channel(
    above: int, left: int, right: int, occupied: Iterable[Span], barred: Collection[int] = ()
) -> int:
    """The lowest channel above `above` that is free in the frames `left` ... `right` - 1.

    Args:
        above: Channel of the sound.
        left: First frame.
        right: The frame behind the last.
        occupied: All other strips.
        barred: Channels that are locked or muted.

    Raises:
        InputError: None of the channels is free.
    """
    taken = {span.channel for span in occupied if span.left < right and left < span.right} | set(barred)
    for channel in range(above + 1, CHANNELS + 1):
        if channel not in taken:
            return channel
    raise InputError("no channel above the sound is free", f"channel {above}", "Move the sound strip down")
