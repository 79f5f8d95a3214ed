# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sound strip sounds like, by itself: not the mix of the scene, and whether or not it is muted.

Blender's own decoder (aud) reads what Blender plays: movies, mp3, m4a. soundfile stands in where a build of
Blender has no aud. Nothing here imports bpy, so a thread may read.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...engine.errors import InputError
from ...engine.runtime.remembered import Remembered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ...engine.sound.mix import Mix
    from ...engine.sound.recording import Recording

    Floats = NDArray[np.float32]

_EARLY = (
    0.5  # seconds: behind a seek, decoders of packed formats give up to 60 ms of silence, which is dropped
)
_LATE = 0.01  # seconds: decoders stop at a sample or so beside the point

_mixes: "Remembered[Mix]" = Remembered()


@dataclass(frozen=True)
class StripSound:
    """The sound that a strip plays a part of."""

    name: str
    """For messages: the strip's name."""
    path: Path
    """The file; of a packed sound only the suffix matters."""
    packed: bytes | None
    """The file's bytes if they are packed into the .blend."""

    @contextmanager
    def open(self) -> "Iterator[Recording]":
        """All of the sound, as mono.

        Raises:
            InputError: The file is missing or cannot be read.
        """
        with self._file() as file:
            yield _recording(file, self._identity())

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

    def _identity(self) -> str:
        """Another one when the sound has changed."""
        if self.packed is not None:
            return sha256(self.packed).hexdigest()
        found = self.path.stat()
        return f"{self.path} {found.st_size} {found.st_mtime_ns}"


def _recording(file: Path, identity: str) -> "Recording":
    try:
        import aud
    except ImportError:
        return _with_soundfile(file)
    sound = aud.Sound.file(str(file))
    try:
        # Asked first on purpose: data() of what cannot be read ends the whole process.
        rate = round(sound.specs[0])
    except aud.error as error:
        how = "Choose another sound, or convert it to wav"
        raise InputError("Blender finds no sound in it", str(file), how) from error
    samples = _length(sound, file)
    mix = _mixes.get(identity, lambda: _mix(sound, rate, samples))
    return _AudRecording(sound, str(file), rate, samples, identity, mix)


def _mix(sound: Any, rate: int, samples: int) -> "Mix":
    """How the channels are heard, by parts of all of the sound."""
    from ...engine.sound.mix import measure_mix, sections

    ends = ((first / rate, (first + count) / rate) for first, count in sections(samples, rate))
    return measure_mix((sound.limit(*part).data() for part in ends), rate)


def _with_soundfile(file: Path) -> "Recording":
    """For builds of Blender that have no decoder of their own."""
    try:
        import soundfile  # noqa: F401 (asked for here, where its failure can be told as what it is)
    except OSError as error:  # what it says when the library that it wraps does not load
        raise ImportError(str(error)) from error
    from ...engine.sound.file_source import file_source
    from ...engine.sound.recording import SourceRecording

    return SourceRecording(file_source(file))


@dataclass(frozen=True)
class _AudRecording:
    """A recording as Blender decodes it; see engine.recording.Recording."""

    sound: Any
    name: str
    rate: int
    samples: int
    identity: str
    mix: "Mix"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of how it is heard."""
        from ...engine.sound.mix import told

        return told(self.name, self.mix)

    def read(self, first: int, count: int) -> "Floats":
        """Samples `first` ... `first + count`, mono, with silence wherever there is no sound."""
        import numpy as np

        result = np.zeros(count, np.float32)
        begin, end = max(0, first), min(first + count, self.samples)
        if begin >= end:
            return result
        early = max(0, math.floor(begin / self.rate - _EARLY))  # a whole second: decoders find it exactly
        data = self.sound.limit(float(early), end / self.rate + _LATE).data()
        # Not rechannel(1), which adds them up.
        part = self.mix(data[begin - early * self.rate : end - early * self.rate])
        result[begin - first : begin - first + len(part)] = part
        return result


def _length(sound: Any, file: Path) -> int:
    """Samples of a sound; where the decoder does not know, it is read to its end."""
    length = int(sound.length)
    if length < 0:
        length = len(sound.data())
    if length == 0:
        raise InputError("there are no samples in it", str(file), "Choose another sound")
    return length
