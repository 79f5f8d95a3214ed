# SPDX-License-Identifier: GPL-3.0-or-later
"""What a comparison is about: the sources, who is seen in them and what is heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..errors import InputError
from ..runtime.storage import sha256_file
from ..sound.file_source import file_source
from ..sound.sound import Sound, open_sound
from ..sound.source import SoundSource
from .face import Face, find_avatar
from .frame_source import FrameSource, common_numbers, open_source, rate_of

LETTERS = "ABCDEFGH"
"""What the sources are called in images and plots, in their order."""


@dataclass(frozen=True)
class Speech:
    """A sound, and the section of it that the frames show."""

    source: SoundSource
    start: Fraction = Fraction(0)
    """Seconds; the moment of frame 1."""
    duration: Fraction | None = None

    def sound(self) -> Sound:
        """All of the section."""
        return open_sound(self.source, start=self.start, duration=self.duration)

    def sound_from(self, number: int, fps: Fraction) -> Sound:
        """From frame `number` on."""
        return open_sound(self.source, start=self.start + (number - 1) / fps)


@dataclass(frozen=True, eq=False)
class Inputs:
    """Everything that is known before an image is read."""

    sources: tuple[FrameSource, ...]
    fps: Fraction
    numbers: list[int]
    """Of the frames that all sources have, rising."""
    face: Face | None
    """Where the avatar's face is, if it is known who is seen."""
    speech: Speech | None
    """What is heard, if that is known."""


def open_inputs(paths: Sequence[Path], avatar: str | None = None, sound: Path | None = None) -> Inputs:
    """Open the sources, and find their avatar and their sound.

    Args:
        paths: Folders of frames and videos, one to eight.
        avatar: Who is seen, a built-in name or a folder; without it the job record beside the frames says so.
        sound: What is heard; without it the job record says so, if the file is still there and the same, or
            else it is the sound of the first video that has one.

    Raises:
        InputError: One of them is wrong, or the sources have no frame in common or another frame rate.
    """
    if not 1 <= len(paths) <= len(LETTERS):
        raise InputError(f"{len(paths)} folders or videos", "compare", f"Give 1 to {len(LETTERS)}")
    sources = tuple(open_source(path) for path in paths)
    fps, numbers = rate_of(sources), common_numbers(sources)
    seen = find_avatar(avatar, sources)
    face = None if seen is None else Face(seen, fps, _template_start(sources))
    return Inputs(sources, fps, numbers, face, _find_speech(sound, sources))


def _template_start(sources: Sequence[FrameSource]) -> int | None:
    """That of the first record that has one; folders that are compared show the same images."""
    starts = [source.record.options.template_start for source in sources if source.record is not None]
    return next((start for start in starts if start is not None), None)


def _find_speech(sound: Path | None, sources: Sequence[FrameSource]) -> Speech | None:
    """The sound that is named; or that of the first record that leads to its file, and its section of it; or
    that of the first video that has one.
    """
    records = [source.record for source in sources if source.record is not None]
    if sound is not None:
        options = records[0].options if records else None
        named = file_source(sound)
        return Speech(named) if options is None else Speech(named, options.start, options.duration)
    for record in records:
        file = Path(record.sound.name)
        try:
            if sha256_file(file) == record.sound.sha256:
                return Speech(file_source(file), record.options.start, record.options.duration)
        except OSError:  # it was moved, or was an array
            continue
    brought = (source.sound() for source in sources)
    return next((Speech(found) for found in brought if found is not None), None)
