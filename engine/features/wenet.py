# SPDX-License-Identifier: GPL-3.0-or-later
"""What WeNet hears in a sound, as Ultralight-Digital-Human has it: 20 chunks of 16 x 512 features a second.

A chunk is made of 67 frames of Kaldi's log-mel filter banks, each time with empty caches: it knows nothing
of those before it. The sound is 16-bit, with silence around it that puts each chunk's middle at its moment.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..arrays import Doubles, Floats, Ints
from ..errors import AvatarError
from ..inference.session import Network, open_network
from ..runtime.cores import usable_cores
from ..runtime.memory import KEPT_WENET_CHUNKS
from .batches import Batches
from .row_file import RowFile
from .windows import ZEROS

CHUNK = (16, 512)
"""Shape of what one chunk becomes."""

_FRAMES, _EVERY = 67, 5  # fbank frames in a chunk, and from one chunk to the next
_HOP, _WIDE, _FFT, _BANDS = 160, 400, 512, 80  # samples; Kaldi's 10 ms, 25 ms and next power of two
_BEFORE, _BEHIND = 32 * _HOP, 35 * _HOP  # samples of silence
_RATE = 16000
_LOWEST_HZ = 20.0
_PRE_EMPHASIS = 0.97
_FLOOR = float(np.finfo(np.float32).eps)

# The inputs beside the chunk, as a stream begins.
_CACHES: dict[str, NDArray[np.generic]] = {
    "offset": np.full(1, 100, np.int64),
    "att_cache": np.zeros((3, 8, 16, 128), np.float32),
    "cnn_cache": np.zeros((3, 1, 512, 14), np.float32),
}


def chunk_count(samples: int) -> int:
    """Chunks that so many samples at 16 kHz have."""
    return 1 + max(0, -(-(_frame_count(samples) - _FRAMES) // _EVERY))


def open_wenet(file: Path, provider: str) -> Network:
    """Open WeNet's streaming encoder: `chunk` [1, 1, 67, 80] and its caches to `output` [1, 16, 512].

    Raises:
        AvatarError: It is not a network that onnxruntime reads, or has another interface.
        InputError: The provider is not known, not in this onnxruntime, or does not start.
    """
    shape = {"chunk": (1, _FRAMES, _BANDS)}
    network = open_network(file, shape, ("output", CHUNK), provider, usable_cores(), tuple(_CACHES))
    network = replace(network, single=False)  # always one chunk, and the caches have no batch
    wenet(network)(np.zeros((_FRAMES, _BANDS), np.float32))
    return network


def wenet(network: Network) -> Callable[[Floats], Floats]:
    """The network as a function from the fbank of a chunk [67, 80] to its features [16, 512]."""
    names = {node.name for node in network.session.get_inputs()}
    caches = {name: value for name, value in _CACHES.items() if name in names}

    def run(fbank: Floats) -> Floats:
        output = network.run({"chunk": fbank[None, None], **caches})
        if output.shape != (1, *CHUNK):
            what = f"gives {list(output.shape)} for a chunk instead of {[1, *CHUNK]}"
            raise AvatarError(what, str(network.file))
        return np.asarray(output[0], np.float32)

    return run


class WenetChunks:
    """The chunks of a sound, shared by all workers; each is heard when it is first asked for."""

    def __init__(self, samples: RowFile, run: Callable[[Floats], Floats]) -> None:
        """Prepare; nothing is heard yet.

        Args:
            samples: The whole sound, 16 kHz mono, [n, 1].
            run: See `wenet`; called by one thread at a time.
        """
        self._samples = samples
        self._chunks = Batches(lambda number: run(self._fbank(number)), KEPT_WENET_CHUNKS)

    def window(self, numbers: Ints) -> Floats:
        """The chunks [w, 16, 512] of the `numbers` [w]: zeros for ZEROS."""
        nothing = np.zeros(CHUNK, np.float32)
        return np.stack([nothing if k == ZEROS else self._chunks[k] for k in numbers.tolist()])

    def parts(self, numbers: Ints) -> list[int]:
        """The numbers of the chunks that a frame takes."""
        return [number for number in numbers.tolist() if number != ZEROS]

    def within(self, numbers: Ints) -> Ints:
        """0, or ZEROS, for each of the frame's chunks: they are all there is to say."""
        return np.where(numbers == ZEROS, np.int32(ZEROS), np.int32(0))

    def heard(self, number: int) -> Doubles:
        """The samples [n] that a chunk is made of, of 16-bit loudness; fewer at the end of the sound."""
        count = len(self._samples)
        first = number * _EVERY
        frames = min(_FRAMES, _frame_count(count) - first)
        begin = first * _HOP - _BEFORE
        end = begin + (frames - 1) * _HOP + _WIDE
        inside = self._samples[max(0, begin) : max(0, min(end, count))][:, 0]
        before = min(max(0, -begin), end - begin)
        samples = np.zeros(end - begin)
        samples[before : before + len(inside)] = _whole(inside)
        return samples

    def _fbank(self, number: int) -> Floats:
        """The fbank of a chunk [67, 80]; zeros behind the last frame of the sound."""
        frames = fbank(self.heard(number))
        result = np.zeros((_FRAMES, _BANDS), np.float32)
        result[: len(frames)] = frames
        return result


def fbank(samples: Doubles) -> Floats:
    """Kaldi's log-mel filter banks [t, 80] of the whole frames in samples [n] of 16-bit loudness."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WIDE)[::_HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WIDE) / (_WIDE - 1))) ** 0.85  # Povey's
    spectrum = np.fft.rfft((frames - _PRE_EMPHASIS * before) * window, _FFT)
    power = np.square(np.abs(spectrum)) @ _filters()
    return np.asarray(np.log(np.maximum(power, _FLOOR)), np.float32)


def _frame_count(samples: int) -> int:
    return (samples + _BEFORE + _BEHIND - _WIDE) // _HOP + 1


def _whole(samples: Floats) -> Doubles:
    """Samples in -1 ... 1 as numbers of 16 bits, cut towards zero."""
    return np.asarray(np.trunc(np.clip(samples, -1, 1) * np.float32(32767)), np.float64)


@cache
def _filters() -> Doubles:
    """Triangles [257, 80], even on Kaldi's mel scale and straight on it, too; the last bin counts nothing."""
    ends = _mel(np.array([_LOWEST_HZ, _RATE / 2]))
    corners = np.linspace(ends[0], ends[1], _BANDS + 2)
    low, centre, high = corners[:-2], corners[1:-1], corners[2:]
    bins = _mel(np.arange(_FFT // 2 + 1) * np.float64(_RATE / _FFT))[:, None]
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    triangles: Doubles = np.maximum(0, np.minimum(rising, falling))
    triangles[-1] = 0
    return triangles


def _mel(hertz: Doubles) -> Doubles:
    return np.asarray(1127 * np.log(1 + hertz / 700), np.float64)
