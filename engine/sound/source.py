# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a sound comes from: a file that libsndfile reads, or an array in memory."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..errors import InputError
from ..runtime.storage import sha256_file
from .containers import shortfall
from .mp3 import frames_of

if TYPE_CHECKING:
    import soundfile

_BLOCK_VALUES = 1 << 16  # samples times channels in a block: 256 KiB
_CONVERT = "Convert it to wav, flac, ogg or mp3"
_EXPORT = "Export or copy it again; if this is all there is, convert it to wav first"
_DECODER_DELAY_FRAMES = 4  # what a decoder may drop for gapless playing, generously
_RATES = range(1_000, 1_000_001)
_MOST_CHANNELS = 256
_INEXACT = {
    "MP3",
    "OGG",
}  # asked for a sample, they may give others: ogg in its last page


class SoundSource(Protocol):
    """A sound at its own rate, read as often as one likes."""

    @property
    def name(self) -> str:
        """What to call it in messages: the path, or "array"."""

    @property
    def rate(self) -> int:
        """Samples a second."""

    @property
    def samples(self) -> int:
        """Samples a channel, at least 1."""

    def read(self, first: int) -> Iterator[Floats]:
        """Blocks [k, channels] from sample `first` to the end.

        Raises:
            InputError: The file is gone, or breaks off before its end.
        """

    def sha256(self) -> str:
        """Hash of the file's bytes, or of the array with its type, shape and rate."""


@dataclass(frozen=True)
class FileSource:
    """A sound file. The decoder is opened anew for every reading, and closed with it."""

    path: Path
    rate: int
    samples: int
    seekable: bool
    """Whether the decoder finds a sample exactly; those of mp3 and ogg do not."""

    @property
    def name(self) -> str:
        """The path as it was given."""
        return str(self.path)

    def read(self, first: int) -> Iterator[Floats]:
        """See SoundSource."""
        with _decoder(self.path) as file:
            at = file.seek(first) if self.seekable else 0
            for block in _blocks(file):
                if at + len(block) > first:
                    yield block[max(0, first - at) :]
                at += len(block)
        if at < self.samples:
            raise _broken_off(self.path)

    def sha256(self) -> str:
        """See SoundSource."""
        _check_readable(self.path)
        return sha256_file(self.path)


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Samples in memory: [n, channels] of int16, int32 or floats in -1 ... 1."""

    array: NDArray[Any]
    rate: int
    name: str = "array"

    @property
    def samples(self) -> int:
        """See SoundSource."""
        return len(self.array)

    def read(self, first: int) -> Iterator[Floats]:
        """See SoundSource."""
        scale = 1.0 / -np.iinfo(self.array.dtype).min if self.array.dtype.kind == "i" else 1.0
        step = max(1, _BLOCK_VALUES // self.array.shape[1])
        for at in range(first, self.samples, step):
            with np.errstate(over="ignore"):  # what is too large becomes infinite, which is refused later
                block = (self.array[at : at + step] * scale).astype(np.float32)
            yield block

    def sha256(self) -> str:
        """See SoundSource."""
        head = f"{self.array.dtype.str} {self.array.shape} {self.rate} "
        return hashlib.sha256(head.encode() + self.array.tobytes()).hexdigest()


def file_source(path: Path) -> FileSource:
    """Open a sound file.

    Raises:
        InputError: It is missing, no sound, empty, or cut short.
    """
    where = str(path)
    _check_readable(path)
    lacking = shortfall(path)
    if lacking:
        raise InputError(f"the sound is cut short: {lacking}", where, _EXPORT)
    with _decoder(path) as file:
        is_mp3 = file.format == "MP3"
        samples = _mp3_length(path, file) if is_mp3 else file.frames
        rate = file.samplerate
        seekable = file.format not in _INEXACT
    _check_rate(rate, where)
    if samples == 0:
        raise InputError("the file holds no samples", where, "Export it again")
    return FileSource(path, rate, samples, seekable)


def array_source(array: NDArray[Any], rate: int) -> ArraySource:
    """Take samples [n] or [n, channels].

    Raises:
        InputError: Their type, shape or rate cannot be a sound's.
    """
    where = "array"
    kind, width = array.dtype.kind, array.dtype.itemsize
    if kind != "f" and not (kind == "i" and width in (2, 4)):
        raise InputError(f"samples of type {array.dtype}", where, "Pass int16, int32 or floats in -1 ... 1")
    if array.ndim not in (1, 2) or (array.ndim == 2 and not 1 <= array.shape[1] <= _MOST_CHANNELS):
        raise InputError(f"samples of shape {list(array.shape)}", where, "Pass [n] or [n, channels]")
    if len(array) == 0:
        raise InputError("there are no samples", where, "Pass at least one")
    _check_rate(rate, where)
    return ArraySource(array.reshape(len(array), -1), int(rate))


def _check_rate(rate: int, where: str) -> None:
    if rate not in _RATES:
        how = f"Convert it to {_RATES.start} ... {_RATES.stop - 1} samples a second, 16000 or more for speech"
        raise InputError(f"a rate of {rate} samples a second", where, how)


def _check_readable(path: Path) -> None:
    """Say in plain words what the decoder would call a system error."""
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
def _decoder(path: Path) -> Iterator["soundfile.SoundFile"]:
    """Decode an open file, so that it is Python that deals with names that are not ASCII, on every system."""
    import soundfile

    _check_readable(path)
    with path.open("rb") as raw:
        try:
            file = soundfile.SoundFile(raw)
        except soundfile.LibsndfileError as error:
            raise InputError("not a sound that can be read", str(path), _CONVERT) from error
        except TypeError as error:  # what soundfile makes of a name in .raw
            raise InputError("raw samples without a header", str(path), _CONVERT) from error
        with file:
            try:
                yield file
            except soundfile.LibsndfileError as error:
                raise _broken_off(path) from error


def _broken_off(path: Path) -> InputError:
    return InputError("the sound breaks off before its end", str(path), _EXPORT)


def _blocks(file: "soundfile.SoundFile") -> Iterator[Floats]:
    """What is left of a file, in small blocks [k, channels]."""
    step = max(1, _BLOCK_VALUES // file.channels)
    while len(block := file.read(step, dtype="float32", always_2d=True)):
        yield block


def _mp3_length(path: Path, file: "soundfile.SoundFile") -> int:
    """Samples that an mp3 decodes to, whatever its header says.

    Raises:
        InputError: The decoder gives up before the file ends.
    """
    samples = sum(len(block) for block in _blocks(file))
    frames = frames_of(path)
    if samples < (frames.count - _DECODER_DELAY_FRAMES) * frames.samples:
        how = "Convert it to wav, flac or ogg"
        raise InputError("the decoder does not find the end of this mp3", str(path), how)
    return samples
