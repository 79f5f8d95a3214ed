# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine is asked to make for a strip, as plain data. Nothing here knows Blender."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from .strip_sound import StripSound


@dataclass(frozen=True)
class Request:
    """Frames for a part of a sound."""

    sound: StripSound
    avatar: str
    """Name of a built-in avatar, or a folder."""
    folder: Path
    """Of the strip, for the frames."""
    moments: range
    """What to make, in frames from the beginning of the sound's content."""
    heard: range
    """What is heard around it, likewise: cuts do not end a sound."""
    fps: Fraction
    shift: Fraction
    """Seconds into the sound at moment 0."""
    lead: int
    """Frames by which the mouth comes early."""
    blend: Path | None
    """The .blend that shows the frames."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The fields of JobOptions; a plain mapping, because that class brings heavy modules along."""
    direction: Mapping[str, Any] | None = None
    """The fields of the engine's Direction; None for avatars that hear for themselves."""
    mouth: Path | None = None
    """A mouth track to draw in place of what is heard."""
    block: int | None = None
    """Frames that are made together before later ones are begun, so that a strip can grow meanwhile."""
    redraw_retouched: bool = False
    """Whether frames that somebody has changed are made anew."""
