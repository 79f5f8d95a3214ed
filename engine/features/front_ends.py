# SPDX-License-Identifier: GPL-3.0-or-later
"""What generators hear of a sound: one table, a row a kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Ints
from ..inference.families import ENCODER_INPUT, ENCODER_OUTPUT, AudioKind
from ..inference.session import Network, open_network
from ..sound.clip import Clip
from .encoder import EncoderRows, Mel
from .hubert import HubertRows, hubert, open_hubert, row_count
from .row_file import RowFile
from .wenet import WenetChunks, chunk_count, open_wenet, wenet
from .windows import (
    ENCODER_ROWS,
    MEL_WINDOW,
    WINDOW_FRAMES,
    ZEROS,
    Edge,
    chunk_numbers,
    pair_starts,
    window_starts,
)

T = TypeVar("T")

_DIGEST_BYTES = 16

Hear = Callable[[Ints], Floats]
"""The sound that a frame takes: from the windows [w] of its plan row to the generator's sound input."""

Listen = Callable[[Ints], bytes]
"""What a frame hears: from the windows [w] of its plan row to bytes that stand for it."""


@dataclass(frozen=True, eq=False)
class Audible:
    """What there is to hear of a sound."""

    mel: Mel
    samples: RowFile | None
    """The sound at 16 kHz, [n, 1], for front ends that hear samples."""
    windows: Ints
    """[n, w] of all frames of the job, also of those that are done."""
    level: tuple[float, float] | None = None
    """See hubert.measure; None if the samples are all of the sound."""


@dataclass(frozen=True)
class FrontEnd:
    """How one kind of generator hears."""

    name: str
    """In `[audio] front_end`: what is made of the sound first."""
    edges: tuple[Edge, ...]
    """What may stand for rows outside the sound; `[audio] edge` chooses where there is a choice."""
    windows: Callable[[Clip, int, int, Edge], Ints]
    """See `clip_windows`."""
    ears: Callable[[Audible, Network | None], tuple[Hear, Listen]]
    """What a frame hears, and what of it is in the frame's key."""
    open_encoder: Callable[[Path, str], Network] | None = None
    """Opens the audio encoder of this file with this provider; None if there is none."""
    hears_samples: bool = False
    """Whether it hears the samples themselves, and not the log-mel."""
    hears_level: bool = False
    """Whether it hears how loud the whole sound is; see hubert.measure."""


def clip_windows(clip: Clip, samples: int, mel_frames: int, kind: AudioKind, edge: Edge) -> Ints:
    """What the frames of a clip hear, [count, w]: see Plan.windows.

    Args:
        clip: Which frames.
        samples: 16 kHz samples from the sound's start to the clip's end.
        mel_frames: Mel frames to there, at least WINDOW_FRAMES from the clip's beginning.
        kind: What hears.
        edge: What stands outside of what is heard; windows of the mel itself never leave it.
    """
    front_end = FRONT_ENDS[kind]
    chosen = edge if edge in front_end.edges else front_end.edges[0]
    return front_end.windows(clip, samples, mel_frames, chosen)


def open_encoder(file: Path, kind: AudioKind, provider: str) -> Network:
    """The audio encoder of a kind of generator.

    Raises:
        AvatarError: The file is not a network, or has another interface.
        InputError: The provider cannot be used.
    """
    return _needed(FRONT_ENDS[kind].open_encoder)(file, provider)


def _mel_windows(rows: range) -> Callable[[Clip, int, int, Edge], Ints]:
    def windows(clip: Clip, _samples: int, mel_frames: int, edge: Edge) -> Ints:
        mouths, begin = clip.mouths(), _begin(clip)
        return window_starts(mouths, clip.fps, mel_frames, rows, edge, shift=clip.shift, begin=begin)

    return windows


def _hubert_windows(clip: Clip, samples: int, _mel_frames: int, _edge: Edge) -> Ints:
    rows = row_count(samples)
    return pair_starts(clip.mouths(), clip.fps, rows, shift=clip.shift, begin=_begin(clip))


def _wenet_windows(clip: Clip, samples: int, _mel_frames: int, _edge: Edge) -> Ints:
    chunks = chunk_count(samples)
    return chunk_numbers(clip.mouths(), clip.fps, chunks, shift=clip.shift, begin=_begin(clip))


def _begin(clip: Clip) -> Fraction:
    return max(clip.begin, Fraction(0))


def _open_encoder(file: Path, provider: str) -> Network:
    return open_network(file, dict([ENCODER_INPUT]), ENCODER_OUTPUT, provider)


def _encoder_ears(sound: Audible, encoder: Network | None) -> tuple[Hear, Listen]:
    network = _needed(encoder)
    rows = EncoderRows(sound.mel, sound.windows, lambda windows: network.run({"mel": windows}))
    return rows.window, listen_to_mel(sound.mel)


def _mel_ears(sound: Audible, _encoder: Network | None) -> tuple[Hear, Listen]:
    """The one mel window itself, as [80, 16]."""
    mel = sound.mel
    return (lambda window: mel[window[0] : window[0] + WINDOW_FRAMES].T), listen_to_mel(mel)


def _hubert_ears(sound: Audible, encoder: Network | None) -> tuple[Hear, Listen]:
    rows = HubertRows(_needed(sound.samples), hubert(_needed(encoder)), sound.level)
    return rows.window, listen_to_parts(rows)


def _wenet_ears(sound: Audible, encoder: Network | None) -> tuple[Hear, Listen]:
    chunks = WenetChunks(_needed(sound.samples), wenet(_needed(encoder)))
    return chunks.window, listen_to_parts(chunks)


def _needed(part: T | None) -> T:
    if part is None:
        raise ValueError("a front end lacks what it hears")
    return part


FRONT_ENDS: dict[AudioKind, FrontEnd] = {
    "encoder": FrontEnd(
        "logmel80", ("zeros", "repeat"), _mel_windows(ENCODER_ROWS), _encoder_ears, _open_encoder
    ),
    "mel": FrontEnd("logmel80", ("repeat",), _mel_windows(MEL_WINDOW), _mel_ears),
    "hubert": FrontEnd(
        "hubert", ("zeros",), _hubert_windows, _hubert_ears, open_hubert, hears_samples=True, hears_level=True
    ),
    "wenet": FrontEnd("wenet", ("zeros",), _wenet_windows, _wenet_ears, open_wenet, hears_samples=True),
}
"""How each kind of generator hears."""


class Parts(Protocol):
    """A sound that is heard in numbered parts, such as HubertRows."""

    def parts(self, starts: Ints, /) -> Sequence[int]:
        """The numbers of the parts that the windows [w] of a plan row take, rising."""

    def heard(self, number: int, /) -> NDArray[np.generic]:
        """All that a part is made from."""

    def within(self, starts: Ints, /) -> Ints:
        """The windows counted from the first of the parts, or ZEROS."""


def listen_to_mel(mel: Mel) -> Listen:
    """The mel frames of all windows of a row, and where the windows lie in them."""

    def listen(starts: Ints) -> bytes:
        there = starts[starts != ZEROS]
        if not there.size:
            return b""
        first, last = int(there.min()), int(there.max())
        relative = np.where(starts == ZEROS, np.int32(ZEROS), starts - np.int32(first))
        return relative.tobytes() + mel[first : last + WINDOW_FRAMES].tobytes()

    return listen


def listen_to_parts(sound: Parts) -> Listen:
    """All that the parts of a row are made from, and where its windows lie in them."""

    @cache
    def digest(number: int) -> bytes:
        part = np.ascontiguousarray(sound.heard(number))
        return blake2b(part.tobytes(), digest_size=_DIGEST_BYTES).digest()

    def listen(starts: Ints) -> bytes:
        return sound.within(starts).tobytes() + b"".join(digest(number) for number in sound.parts(starts))

    return listen
