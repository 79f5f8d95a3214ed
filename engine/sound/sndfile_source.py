# SPDX-License-Identifier: GPL-3.0-or-later
"""A sound file that libsndfile decodes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..arrays import Floats
from ..errors import InputError
from ..runtime.storage import sha256_file
from .byte_view import ByteView, Part
from .mix import Mix, mix_of
from .mp3 import frames_of
from .source import BLOCK_VALUES

if TYPE_CHECKING:
    import soundfile

EXPORT = "Export or copy it again; if this is all there is, convert it to wav first"

_DECODER_DELAY_FRAMES = 4  # what a decoder may drop for gapless playing, generously
_MOST_FRAMES = 1 << 62  # more than any sound has: what is said of a flac that was written to a pipe
_INEXACT = {"MP3", "OGG"}  # asked for a sample, they may give others: ogg in its last page


class NotDecodedError(Exception):
    """libsndfile cannot read the file, or not to its end; another decoder may."""


@dataclass(frozen=True)
class SndfileSource:
    """See source.SoundSource. The decoder is opened anew for every reading, and closed with it."""

    path: Path
    rate: int
    samples: int
    parts: tuple[Part, ...]
    """What is decoded, one after the other."""
    seekable: bool
    """Whether the decoder finds a sample exactly; those of mp3 and ogg do not."""

    @property
    def name(self) -> str:
        """The path as it was given."""
        return str(self.path)

    @cached_property
    def mix(self) -> Mix:
        """See SoundSource."""
        return mix_of(self)

    def read(self, first: int) -> Iterator[Floats]:
        """See SoundSource."""
        at = 0
        try:
            for part in self.parts:
                with _decoder(self.path, part) as file:
                    at = file.seek(first) if self.seekable else at
                    for block in _blocks(file):
                        if at + len(block) > first:
                            yield block[max(0, first - at) :]
                        at += len(block)
        except NotDecodedError as error:
            raise broken_off(self.path) from error
        if at < self.samples:
            raise broken_off(self.path)

    def sha256(self) -> str:
        """See SoundSource."""
        check_readable(self.path)
        return sha256_file(self.path)


def sndfile_source(path: Path, parts: tuple[Part, ...]) -> SndfileSource:
    """Open the parts of a file that can be read.

    Raises:
        NotDecodedError: libsndfile cannot read it, or does not find its end.
        InputError: Its parts have nothing in common.
    """
    rates, channels, samples, seekable = set(), set(), 0, len(parts) == 1
    for part in parts:
        with _decoder(path, part) as file:
            if file.frames > _MOST_FRAMES:
                raise NotDecodedError
            is_mp3 = file.format == "MP3"
            samples += _mp3_length(path, part, file) if is_mp3 else file.frames
            seekable = seekable and file.format not in _INEXACT
            rates.add(file.samplerate)
            channels.add(file.channels)
    if len(rates) > 1 or len(channels) > 1:
        what = f"it is {len(parts)} sounds in a row, of different rates or channels"
        raise InputError(what, str(path), "Export it again as one")
    return SndfileSource(path, rates.pop(), samples, parts, seekable)


def broken_off(path: Path) -> InputError:
    """A file that its decoder gives up in the midst of."""
    return InputError("the sound breaks off before its end", str(path), EXPORT)


def check_readable(path: Path) -> None:
    """InputError if a file cannot be read, or is empty: what a decoder would call a system error."""
    where = str(path)
    try:
        if path.is_dir():
            raise InputError("this is a folder, not a sound", where, "Name a file in it")
        if path.exists() and not path.is_file():
            raise InputError("this is not a regular file", where, "Copy the sound into a file first")
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError:
        raise InputError("no such file", where, "Check the path and its spelling") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be read ({reason})", where, "Check the path and its permissions") from error
    if empty:
        raise InputError("the file is empty", where, "Export or copy it again")


@contextmanager
def _decoder(path: Path, part: Part) -> Iterator["soundfile.SoundFile"]:
    """Decode an open file, so that it is Python that deals with names that are not ASCII, on every system."""
    import soundfile

    check_readable(path)
    with path.open("rb") as raw:
        try:
            file = soundfile.SoundFile(ByteView(raw, part))
        except soundfile.LibsndfileError as error:
            raise NotDecodedError from error
        with file:
            try:
                yield file
            except soundfile.LibsndfileError as error:
                raise NotDecodedError from error


def _blocks(file: "soundfile.SoundFile") -> Iterator[Floats]:
    """What is left of a file, in small blocks [k, channels]."""
    step = max(1, BLOCK_VALUES // file.channels)
    while len(block := file.read(step, dtype="float32", always_2d=True)):
        yield block


def _mp3_length(path: Path, part: Part, file: "soundfile.SoundFile") -> int:
    """Samples that an mp3 decodes to, whatever its header says.

    Raises:
        NotDecodedError: The decoder gives up before the file ends.
    """
    samples = sum(len(block) for block in _blocks(file))
    frames = frames_of(path, part)
    if samples < (frames.count - _DECODER_DELAY_FRAMES) * frames.samples:
        raise NotDecodedError
    return samples
