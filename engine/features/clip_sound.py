# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a recording a clip hears: its samples, and the mel frames that are needed for them."""

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from types import TracebackType

from ..arrays import Floats, Ints
from ..runtime.monitor import Monitor
from ..sound.clip import Clip
from ..sound.sound import RATE
from .hearing import Heard
from .logmel import BANDS, CHUNK_FRAMES, HOP
from .loudness import MEL_RATE
from .row_file import RowFile
from .windows import WINDOW_FRAMES, first_mel_frame

_AROUND = int(2 * MEL_RATE)  # mel frames; silences that hold a frame's mouth are decided within 1 s of it


class ClipSound:
    """What of a recording a clip hears."""

    def __init__(self, sound: Heard, clip: Clip) -> None:
        self.sound = sound
        self.clip = clip
        self.samples = clip.samples(RATE, sound.samples)
        first = first_mel_frame(max(clip.begin, Fraction(0)))
        self.mel = range(first, max(1 + self.samples.stop // HOP, first + WINDOW_FRAMES))

    def around(self) -> range:
        """The mel frames in which the clip's silences are looked for, inside of what is heard."""
        mouths, fps, shift = self.clip.mouths(), self.clip.fps, self.clip.shift
        first, last = (math.floor((int(mouths[at]) / fps + shift) * MEL_RATE) for at in (0, -1))
        begin = max(self.mel.start, first - _AROUND)
        return range(begin, max(begin, min(self.mel.stop, last + _AROUND)))


class MelPart:
    """Some of a recording's mel frames, counted from its start; see encoder.Mel."""

    def __init__(self, part: ClipSound, frames: range, monitor: Monitor) -> None:
        """Hear them, and what else is in the chunks that they lie in; they are kept in a temporary file."""
        chunks = range(frames.start // CHUNK_FRAMES, -(-frames.stop // CHUNK_FRAMES)) if frames else range(0)
        heard = part.sound.mel(chunks, part.samples, part.mel.stop)
        self._first = chunks.start * CHUNK_FRAMES
        self._rows = RowFile(in_seconds(heard, len(chunks) * CHUNK_FRAMES, monitor), BANDS)

    def __getitem__(self, part: slice) -> Floats:
        """Mel frames part.start to part.stop, [n, 80]."""
        return self._rows[slice(part.start - self._first, part.stop - self._first)]

    def __enter__(self) -> "MelPart":
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the file."""
        self._rows.close()


def in_seconds(chunks: Iterable[Floats], mel_frames: int, monitor: Monitor) -> Iterator[Floats]:
    """Log-mel on its way, as chunks [t, 80] of so many frames in all, with progress in seconds."""
    total = math.ceil(mel_frames / MEL_RATE)
    heard = 0
    monitor.progress("sound", 0, total)
    for chunk in chunks:
        yield chunk
        heard += len(chunk)
        monitor.progress("sound", math.ceil(heard / MEL_RATE), total)


def hull(around: range, starts: Ints) -> range:
    """The mel frames from the first to the last that is needed."""
    spans = [around] if around else []
    if starts.size:
        spans.append(range(int(starts.min()), int(starts.max()) + WINDOW_FRAMES))
    if not spans:
        return range(0)
    return range(min(span.start for span in spans), max(span.stop for span in spans))
