# SPDX-License-Identifier: GPL-3.0-or-later
"""What files of mouths are written from, and what is read from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .shapes import Cue
from .track import MouthTrack


@dataclass(frozen=True, eq=False)
class Sheet:
    """A mouth, ready to be written: its curves, and its shapes at a rate of frames."""

    track: MouthTrack
    """Directed."""
    cues: Sequence[Cue]
    """At whole frames, the first at 0."""
    fps: Fraction
    frames: int
    duration: Fraction
    """Seconds of the sound."""
    sound: str
    """The sound's name, for formats that keep one."""
    rest: str = "X"
    """The shape that closes the sheet."""

    def ends(self) -> list[Fraction]:
        """Where each cue ends, in seconds."""
        return [*(cue.start for cue in self.cues[1:]), max(self.duration, self.cues[-1].start)]

    def frame_of(self, cue: Cue) -> int:
        """The frame at which a cue begins, from 0."""
        return int(cue.start * self.fps)


@dataclass(frozen=True, eq=False)
class MouthFile:
    """A mouth that was read from a file."""

    track: MouthTrack
    ours: bool
    """Whether it is a track of Lipreel's; else shapes of another program."""
    duration: Fraction
    """Seconds."""
    cues: Sequence[Cue] = ()
