# SPDX-License-Identifier: GPL-3.0-or-later
"""What `avatar.toml` says, as plain data: one class a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, cast

from ..errors import InputError
from ..features.windows import Edge
from ..inference.families import Family
from .toml_table import path_inside

Silence = Literal["hold", "model"]
"""What the mouth does in silence: hold still, closed; or what the model makes of it."""

SILENCES: tuple[Silence, ...] = ("hold", "model")


@dataclass(frozen=True)
class Square:
    """A face square, in pixels of its template frame; x to the right and y down from the top left."""

    x: int
    y: int
    size: int

    def is_whole(self, width: int, height: int) -> bool:
        """Whether all of it is inside a frame of this size."""
        return min(self.x, self.y) >= 0 and self.x + self.size <= width and self.y + self.size <= height

    def is_lost(self, width: int, height: int) -> bool:
        """Whether its middle is outside a frame of this size; a part of it may be."""
        middle = self.size // 2
        return not (0 <= self.x + middle < width and 0 <= self.y + middle < height)


@dataclass(frozen=True)
class AudioPart:
    """`[audio]`: how the sound becomes what the generator hears."""

    front_end: str
    """What is made of the sound first: a name of front_ends.FRONT_ENDS; "" if it draws a mouth track."""
    encoder: str | None
    """The audio encoder's file, relative; None where the generator hears the log-mel itself, or nothing."""
    edge: Edge
    """What stands for rows outside the sound."""


@dataclass(frozen=True)
class GeneratorPart:
    """`[generator]`: the network that draws."""

    family: Family
    """The family's numbers, with this avatar's own in place of some."""
    file: str
    """The generator's file, relative."""


@dataclass(frozen=True)
class Loop:
    """Images that play there and back: start, start + 1, ... the last, ... 0, 1, ...; no end is doubled."""

    count: int
    """How many there are."""
    fps: Fraction
    """Images a second."""
    start: int
    """Which one is shown first, from 0."""


@dataclass(frozen=True)
class TemplatePart:
    """`[template]`: the images that the face is pasted into, played ping-pong."""

    fps: Fraction
    """Frames a second that the images were made for."""
    count: int
    """How many there are."""
    first: int
    """The number of the first in the file names."""
    frames: str | None
    """File names with the number as a format field, such as "frames/{:04d}.jpg"; or None and a `video`."""
    video: str | None
    """One video of all frames, relative; or None and `frames`."""
    squares_file: str
    """The file of the face squares, relative."""
    squares: tuple[Square, ...]
    """The face square of each frame."""
    start: int = 1
    """Which one is shown first, from 0; 1 is the order of the systems that packages come from."""

    def loop(self, start: int | None = None) -> Loop:
        """How the images play, from `start` on if it is given.

        Raises:
            InputError: There is no such image.
        """
        start = self.start if start is None else start
        if not 0 <= start < max(2, self.count):
            raise InputError(f"{start} is none of its {self.count} images", "template start", "Count from 0")
        return Loop(self.count, self.fps, start)

    def images(self) -> tuple[str, ...]:
        """The files that hold the images, relative: one a frame, or the video."""
        if self.video is not None:
            return (self.video,)
        pattern = cast(str, self.frames)
        return tuple(pattern.format(self.first + index) for index in range(self.count))


@dataclass(frozen=True)
class PreparedPart:
    """`[prepared]`: other forms of the generator, made from it; files, relative, or None."""

    exact: str | None = None
    """The same function, computed faster on a processor."""
    template_half: str | None = None
    """What of it does not depend on the sound; its outputs are inputs of the other half."""
    sound_half: str | None = None
    """The rest of it."""
    fast: str | None = None
    """In integers of 8 bits, as far as its images stay like those of the exact one."""

    def files(self) -> tuple[str, ...]:
        """Those that there are."""
        return tuple(file for file in (self.exact, self.template_half, self.sound_half, self.fast) if file)


@dataclass(frozen=True)
class Avatar:
    """What `avatar.toml` says, complete and consistent; the files that it names are not opened yet."""

    id: str
    """Short name in lower case, for a command line or a list."""
    name: str
    """The name that people read."""
    licence: str
    """An SPDX name or a sentence."""
    audio: AudioPart
    generator: GeneratorPart
    prepared: PreparedPart
    template: TemplatePart
    feather_px: float
    """Width in pixels of the soft edge of the pasted square; 0 is a hard edge."""
    folder: Path
    """Where it lies."""
    files: Mapping[str, str]
    """SHA-256 of every file, by its relative path."""
    fingerprint: str
    """SHA-256 of `avatar.toml`; since that holds all other hashes, it stands for all of the avatar."""
    colour_match: bool = False
    """Whether the colours of what is drawn are shifted to those of the frame around it."""
    silence: Silence = "model"
    """What the mouth does in silence."""

    def used_files(self) -> tuple[str, ...]:
        """All files that a job opens, relative."""
        encoder = () if self.audio.encoder is None else (self.audio.encoder,)
        networks = (*encoder, self.generator.file, *self.prepared.files())
        return (*networks, self.template.squares_file, *self.template.images())

    def path(self, relative: str) -> Path:
        """Where one of its files is."""
        return path_inside(self.folder, relative)
