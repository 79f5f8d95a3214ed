# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sound strip sounds like, by itself: not the mix of the scene, and whether or not it is muted.

Blender's own decoder (aud) reads what Blender plays: movies, mp3, m4a. soundfile stands in where a build of
Blender has no aud. Nothing here imports bpy, so a thread may read.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

# Behind a seek, decoders of packed formats give up to 60 ms of silence: seek early, and drop that.
_EARLY = Fraction(1, 2)  # seconds


@dataclass(frozen=True)
class StripSound:
    """Where a strip's sound is, and which part of it the strip plays."""

    name: str
    """For messages: the strip's name."""
    path: Path
    """The file; of a packed sound only the suffix matters."""
    packed: bytes | None
    """The file's bytes if they are packed into the .blend."""
    start: Fraction
    """Seconds into the sound; less than 0 for silence before it."""
    duration: Fraction
    """Seconds, more than 0."""

    def read(self) -> tuple["Floats", int]:
        """The samples [n] and their rate, with silence wherever the strip has no sound.

        n is `duration` in whole samples, rounded down: one more could mean one frame more.

        Raises:
            InputError: The file is missing or cannot be read, or the strip shows nothing but silence.
        """
        import numpy as np

        with self._file() as file:
            samples, rate = _decode(file, self.name, max(Fraction(0), self.start), self.start + self.duration)
        sound = np.zeros(max(1, int(self.duration * rate)), np.float32)
        lead = max(0, round(-self.start * rate))
        part = samples[: max(0, len(sound) - lead)]
        if not len(part):
            how = "Move the handles of the strip to where it sounds"
            raise InputError("the strip lies outside its sound", self.name, how)
        sound[lead : lead + len(part)] = part
        return sound, rate

    @contextmanager
    def _file(self) -> Iterator[Path]:
        if self.packed is None:
            if not self.path.is_file():
                raise InputError("there is no such file", str(self.path), "Find it with File > External Data")
            yield self.path
            return
        import tempfile  # not at the top: milliseconds, whenever Blender starts

        with tempfile.TemporaryDirectory(prefix="lipreel-") as folder:
            file = Path(folder) / f"sound{self.path.suffix}"
            file.write_bytes(self.packed)
            yield file


def _decode(file: Path, name: str, start: Fraction, end: Fraction) -> tuple["Floats", int]:
    """The mono samples from `start` to `end` (seconds, `start` at least 0), fewer if the sound is shorter."""
    try:
        import aud
    except ImportError:
        return _with_soundfile(file, start, end)
    return _with_aud(aud, file, name, start, end)


def _with_aud(aud: Any, file: Path, name: str, start: Fraction, end: Fraction) -> tuple["Floats", int]:
    sound = aud.Sound.file(str(file))
    try:
        # Asked first on purpose: data() of what cannot be read ends the whole process.
        rate = round(sound.specs[0])
    except aud.error as error:
        how = "Choose another sound, or convert it to wav"
        raise InputError("Blender finds no sound in it", str(file), how) from error
    early = max(Fraction(0), start - _EARLY)
    if end <= 0 or early * rate >= _length(sound, file):
        raise InputError("the strip lies outside its sound", name, "Move its handles to where it sounds")
    # limit() cuts at a sample or so beside the point: ask for a little more, and cut here.
    data = sound.limit(float(early), float(end) + 0.01).data()
    first, last = round((start - early) * rate), math.ceil((end - early) * rate)
    mono: Floats = data[first:last].mean(axis=1)  # rechannel(1) would add the channels up
    return mono, rate


def _length(sound: Any, file: Path) -> float:
    """Samples of a sound, or without end where the decoder does not know."""
    length = sound.length
    if length == 0:
        raise InputError("there are no samples in it", str(file), "Choose another sound")
    return length if length > 0 else math.inf


def _with_soundfile(file: Path, start: Fraction, end: Fraction) -> tuple["Floats", int]:
    try:
        import soundfile
    except OSError as error:  # what it says when the library that it wraps does not load
        raise ImportError(str(error)) from error

    try:
        with file.open("rb") as raw, soundfile.SoundFile(raw) as opened:
            rate = opened.samplerate
            # From the beginning: libsndfile does not find a sample of an mp3 exactly.
            data = opened.read(max(0, math.ceil(end * rate)), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, TypeError) as error:
        how = "This build of Blender reads wav, flac, ogg and mp3 only: convert it to one of them"
        raise InputError("not a sound that can be read", str(file), how) from error
    mono: Floats = data[round(start * rate) :].mean(axis=1)
    return mono, rate
