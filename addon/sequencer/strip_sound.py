# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sound strip sounds like, by itself: not the mix of the scene, and whether or not it is muted.

Blender's own decoder (aud) reads what Blender plays: movies, mp3, m4a. soundfile stands in where a build of
Blender has no aud. Nothing here imports bpy, so a thread may read.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
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

_TRIED_S = (2, 5, 10, 20, 40)  # seconds into a sound, up to the first at which something is heard
_HEARD, _ALIKE = 1e-4, 0.05
_COPIED_AT_ONCE = 1 << 16

_mixes: "Remembered[Mix]" = Remembered()
_exact: "Remembered[bool]" = Remembered()


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
        with self._file() as file, _recording(file, self._identity()) as recording:
            yield recording

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


@contextmanager
def _recording(file: Path, identity: str) -> "Iterator[Recording]":
    try:
        import aud
    except ImportError:
        yield _with_soundfile(file)
        return
    sound = aud.Sound.file(str(file))
    try:
        # Asked first on purpose: data() of what cannot be read ends the whole process.
        rate = round(sound.specs[0])
    except aud.error as error:
        how = "Choose another sound, or convert it to wav"
        raise InputError("Blender finds no sound in it", str(file), how) from error
    samples = _length(sound, file)
    mix = _mixes.get(identity, lambda: _mix(sound, rate, samples))
    recording = _AudRecording(sound, str(file), rate, samples, identity, mix)
    if _exact.get(identity, lambda: recording.finds_its_samples()):
        yield recording
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="lipreel-") as folder:
        copy = str(Path(folder) / "sound.wav")
        to_wav = (aud.FORMAT_FLOAT32, aud.CONTAINER_WAV, aud.CODEC_PCM, 0, _COPIED_AT_ONCE)
        sound.write(copy, rate, sound.specs[1], *to_wav)
        yield replace(recording, sound=aud.Sound.file(copy))


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
    from ...engine.sound.file_source import NeedsPyavError, file_source
    from ...engine.sound.recording import SourceRecording

    try:
        return SourceRecording(file_source(file))
    except NeedsPyavError as error:
        what = "this build of Blender reads wav, flac, ogg and mp3 for add-ons, and not this"
        raise InputError(what, str(file), "Convert it to wav") from error


@dataclass(frozen=True)
class _AudRecording:
    """A recording as Blender decodes it; see engine.recording.Recording."""

    sound: Any
    name: str
    rate: int
    samples: int
    identity: str
    mix: "Mix"

    def finds_its_samples(self) -> bool:
        """Whether a part that is read alone is what is there when all is read from the beginning.

        Not so, by milliseconds or by seconds, in some videos whose sound begins later than their images.
        """
        import numpy as np

        for second in _TRIED_S:
            if (second + 1) * self.rate > self.samples:
                break
            forward = self.mix(self.sound.limit(0.0, second + 1.0).data())[second * self.rate :][: self.rate]
            loudness = float(np.abs(forward).mean()) if len(forward) else 0.0
            if loudness > _HEARD:
                alone = self.read(second * self.rate, len(forward))
                return float(np.abs(alone - forward).mean()) < _ALIKE * loudness
        return True

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
