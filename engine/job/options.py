# SPDX-License-Identifier: GPL-3.0-or-later
"""How the frames of a job are to be made."""

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from ..avatar.avatar_types import SILENCES, Silence
from ..errors import InputError
from ..media.image_files import FORMATS, Format
from ..mouth.direction import MOST_LEAD, Direction
from .frame_names import QUALITY

Precision = Literal["exact", "fast"]
"""exact: 32-bit floating point throughout; fast: integers of 8 bits, for avatars prepared for it."""

PRECISIONS: tuple[Precision, ...] = ("exact", "fast")

DIRECTION = ("lead", "intensity", "smoothing", "hold")
"""The options that direct a mouth."""

PIXEL_OPTIONS = (
    "fps",
    "format",
    "quality",
    "precision",
    "feather",
    "colour_match",
    "silence",
    "template_start",
    "overlay",
    *DIRECTION,
)
"""The options that the frames' bytes depend on."""


@dataclass(frozen=True)
class JobOptions:
    """How to make the frames. InputError if an option is out of range."""

    fps: Fraction = Fraction(25)
    """Frames a second."""
    start: Fraction = Fraction(0)
    """Where the section of the sound begins, in seconds; as given to `open_sound`."""
    duration: Fraction | None = None
    """How long the section is, in seconds; None goes on to the end. As given to `open_sound`."""
    format: Format = "png"
    quality: int = QUALITY
    """Of a jpg, 1 ... 100."""
    precision: Precision = "exact"
    feather: float | None = None
    """Soft edge of the patch in pixels; 0 is a hard edge, None the avatar's own."""
    colour_match: bool | None = None
    """Shift the colours of what is drawn to those of the frame around it; None is the avatar's own choice."""
    silence: Silence | None = None
    """What the mouth does in silence; None is the avatar's own choice."""
    template_start: int | None = None
    """Which of the template's images is shown first, from 0; None is the avatar's own choice."""
    overlay: bool = False
    """Only the patch, as BGRA of the full size."""
    lead: int = 0
    """Frames by which the mouth comes early, -10 ... 10; less than 0: late."""
    intensity: float = 1.0
    """How much the mouth moves, 0 ... 2; this and what follows is for avatars that take a mouth track."""
    smoothing: float = 0.0
    """Seconds over which the mouth's movement is smoothed, 0 ... 0.5."""
    hold: int = 1
    """Frames for which a mouth is held: 1, 2 or 3."""
    mouth: Path | None = None
    """A mouth track to draw in place of what is heard: Lipreel's own, or Rhubarb's shapes."""
    other_sound: bool = False
    """Take a mouth track although it was made of another sound."""
    workers: int | None = None
    """Frames drawn at a time; None is one for each core that there is, up to cores.MOST_WORKERS."""
    provider: str = "auto"
    """What computes: "auto" or one of providers.PROVIDERS."""

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        if self.fps <= 0:
            raise InputError(f"{self.fps} is not more than 0", "fps", "Give a rate such as 25")
        if self.format not in FORMATS:
            raise InputError(f'"{self.format}" is not known', "format", f"It can be: {', '.join(FORMATS)}")
        if self.overlay and self.format != "png":
            raise InputError(f"a {self.format} has no transparency", "overlay", "Use the format png")
        if not 1 <= self.quality <= 100:
            raise InputError(f"{self.quality} is not from 1 to 100", "quality")
        if self.precision not in PRECISIONS:
            how = f"It can be: {', '.join(PRECISIONS)}"
            raise InputError(f'"{self.precision}" is not known', "precision", how)
        if self.feather is not None and not (math.isfinite(self.feather) and self.feather >= 0):
            raise InputError(f"{self.feather} is not a number of pixels from 0", "feather")
        if self.silence is not None and self.silence not in SILENCES:
            raise InputError(f'"{self.silence}" is not known', "silence", f"It can be: {', '.join(SILENCES)}")
        if not -MOST_LEAD <= self.lead <= MOST_LEAD:
            raise InputError(f"{self.lead} is not from -{MOST_LEAD} to {MOST_LEAD} frames", "lead")
        if self.template_start is not None and self.template_start < 0:
            raise InputError(f"{self.template_start} is less than 0", "template_start")
        self.direction()
        if self.workers is not None and self.workers < 1:
            raise InputError(f"{self.workers} is less than 1", "workers")

    def direction(self) -> Direction:
        """What becomes of the mouth track; InputError if a value is out of range."""
        return Direction(intensity=self.intensity, lead=self.lead, smoothing=self.smoothing, hold=self.hold)

    def refuse_direction(self, name: str) -> None:
        """InputError if something is asked for that only avatars with a mouth track know."""
        plain = JobOptions()
        names = ("intensity", "smoothing", "hold", "mouth")
        asked = [key for key in names if getattr(self, key) != getattr(plain, key)]
        if asked:
            how = "Leave it out, or use an avatar that takes a mouth track"
            raise InputError(f"{name} hears for itself: its mouth cannot be directed", asked[0], how)
