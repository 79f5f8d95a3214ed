# SPDX-License-Identifier: GPL-3.0-or-later
"""Where strips lie in time and in channels: pure arithmetic, without Blender."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from ...engine.errors import InputError

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
    def first(self) -> int:
        """What the frame `left` shows, in frames from the beginning of the sound's content.

        Blender plays from whole frames: it drops what `trim` has behind the point.
        """
        return int(self.trim)

    @property
    def moments(self) -> range:
        """All that it shows, in frames from the beginning of the content: they stay as a strip is moved."""
        return range(self.first, self.first + self.frames)

    @property
    def zero(self) -> int:
        """The frame of the scene at which moment 0 lies: equal for the parts of a strip that was cut."""
        return self.left - self.first

    @property
    def shift(self) -> Fraction:
        """Seconds into the sound at moment 0."""
        return -decimal(self.sound_offset)

    def seconds(self, moment: int) -> Fraction:
        """Seconds into the sound; less than 0 where it is yet to begin."""
        return moment / self.fps + self.shift

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


def heard(strip: SoundStrip, others: Iterable[SoundStrip]) -> range:
    """The moments that are heard in one piece with the strip's own: a cut does not end the sound.

    Args:
        strip: A sound strip.
        others: Strips that play the same file.
    """
    parts = [other for other in others if (other.zero, other.shift) == (strip.zero, strip.shift)]
    pieces: list[range] = []
    for moments in sorted((part.moments for part in [strip, *parts]), key=lambda moments: moments.start):
        if pieces and moments.start <= pieces[-1].stop:
            pieces[-1] = range(pieces[-1].start, max(pieces[-1].stop, moments.stop))
        else:
            pieces.append(moments)
    return next(piece for piece in pieces if strip.first in piece)


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


def is_free(channel: int, left: int, right: int, occupied: Iterable[Span]) -> bool:
    """Whether nothing lies in a channel in the frames `left` ... `right` - 1."""
    return not any(span.channel == channel and span.left < right and left < span.right for span in occupied)


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
    spans = list(occupied)
    for channel in range(above + 1, CHANNELS + 1):
        if channel not in barred and is_free(channel, left, right, spans):
            return channel
    raise InputError("no channel above the sound is free", f"channel {above}", "Move the sound strip down")
