# SPDX-License-Identifier: GPL-3.0-or-later
"""Log-mel, the front end of every supported family, with numpy alone.

80 mel frames a second of 80 bands; the numbers are those that the published models were trained on. All of
it is computed in float64, so that float32 rounding is the only error against the definition.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain

import numpy as np

from ..arrays import Doubles, Floats

RATE = 16000
BANDS = 80
HOP = 200
"""Samples from one mel frame to the next: 1/80 s."""

LEAST_FRAMES = 16
"""Shorter sounds are padded with silence to the one window that the models need."""

_WINDOW = 800
_LOWEST_HZ = 55.0
_HIGHEST_HZ = 7600.0
_PRE_EMPHASIS = 0.97
_FLOOR = 1e-5
_REFERENCE_DB = 20.0
_RANGE_DB = 100.0
_LIMIT = 4.0

# Frames are transformed so many at a time, so that memory stays flat, and one sound gives the same bits
# however it was cut into blocks.
CHUNK_FRAMES = 256
"""Mel frames that are computed together, counted from the start of the sound."""

_CHUNK_STEP = CHUNK_FRAMES * HOP
_CHUNK_SAMPLES = _CHUNK_STEP - HOP + _WINDOW

_FRAMES_AT_A_TIME = 64  # larger arrays come as new pages of memory each time, which takes longer


def log_mel(samples: Floats) -> Floats:
    """The log-mel [T, 80] in -4 ... 4 of 16 kHz mono samples [n] in -1 ... 1; T = 1 + n // 200 or 16."""
    return log_mel_blocks(samples[at : at + _CHUNK_STEP] for at in range(0, len(samples), _CHUNK_STEP))


def log_mel_blocks(blocks: Iterable[Floats]) -> Floats:
    """log_mel of the blocks joined, bit for bit, without joining them."""
    return np.concatenate(list(log_mel_chunks(blocks)))


def log_mel_chunks(blocks: Iterable[Floats]) -> Iterator[Floats]:
    """The same, a stretch [t, 80] after the other, for sounds of any length."""
    edge = np.zeros(_WINDOW // 2)  # frame t is centred on sample 200 t
    padded = chain([edge], _pre_emphasised(_at_least(LEAST_FRAMES, blocks)), [edge])
    for chunk in _chunks(padded):
        yield _normalised(_mel(chunk))


def log_mel_chunk(number: int, read: Callable[[int, int], Floats], heard: range, mel_frames: int) -> Floats:
    """Chunk `number` of the log-mel of a sound of which only a part is heard: mel frames [CHUNK_FRAMES, 80].

    It is always whole, and no other chunk is needed for it. Where all of it is heard, it is the one of
    `log_mel_chunks` bit for bit.

    Args:
        number: Its first mel frame is number * CHUNK_FRAMES.
        read: From a first sample and a count to the 16 kHz samples [count] of the sound, zeros outside of it.
        heard: The samples that are heard.
        mel_frames: Mel frames to where the part ends: more than `heard` has if there is silence behind it.
    """
    first = number * _CHUNK_STEP - _WINDOW // 2
    places = np.arange(first - 1, first + _CHUNK_SAMPLES)
    inside = (places >= heard.start) & (places < heard.stop)
    samples = np.where(inside, read(first - 1, len(places)), np.float32(0))
    end = max(heard.stop, (mel_frames - 1) * HOP)  # nothing is left behind it of what came before
    emphasised = np.concatenate(list(_pre_emphasised([samples])))[1:]
    emphasised[places[1:] >= end] = 0
    return _normalised(_mel(emphasised))


def _at_least(frames: int, blocks: Iterable[Floats]) -> Iterator[Floats]:
    """The blocks, and silence behind them if they are too short for so many mel frames."""
    missing = (frames - 1) * HOP
    for block in blocks:
        yield block
        missing -= len(block)
    yield np.zeros(max(0, missing), np.float32)


def _pre_emphasised(blocks: Iterable[Floats]) -> Iterator[Doubles]:
    """y[n] = x[n] - 0.97 x[n-1], with silence before the first sample."""
    before = np.zeros(1)
    for block in blocks:
        samples = np.concatenate([before, block])
        before = samples[-1:]
        yield samples[1:] - _PRE_EMPHASIS * samples[:-1]


def _chunks(pieces: Iterable[Doubles]) -> Iterator[Doubles]:
    """Join and cut into overlapping stretches of CHUNK_FRAMES whole frames each, and what is left."""
    held: list[Doubles] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size < _CHUNK_SAMPLES:
            continue
        joined = np.concatenate(held)
        while len(joined) >= _CHUNK_SAMPLES:
            yield joined[:_CHUNK_SAMPLES]
            joined = joined[_CHUNK_STEP:]
        held, size = [joined], len(joined)
    if size >= _WINDOW:
        yield np.concatenate(held)


def _mel(samples: Doubles) -> Doubles:
    """Mel magnitudes [t, 80] of the whole frames in samples [n]."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::HOP]
    magnitudes = np.empty((len(frames), _WINDOW // 2 + 1))
    for first in range(0, len(frames), _FRAMES_AT_A_TIME):
        some = slice(first, first + _FRAMES_AT_A_TIME)
        np.abs(np.fft.rfft(frames[some] * _hann()), out=magnitudes[some])
    return magnitudes @ _filters()


def _normalised(mel: Doubles) -> Floats:
    """Magnitudes in decibels less the reference; -100 ... 0 of them become -4 ... 4, the rest is cut."""
    decibels = 20 * np.log10(np.maximum(mel, _FLOOR)) - _REFERENCE_DB
    scaled: Doubles = 2 * _LIMIT * (decibels + _RANGE_DB) / _RANGE_DB - _LIMIT
    return scaled.clip(-_LIMIT, _LIMIT).astype(np.float32)


@cache
def _hann() -> Doubles:
    """The periodic Hann window [800]."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)


@cache
def _filters() -> Doubles:
    """Triangles [401, 80] evenly spaced on the Slaney mel scale, each of area 1 (Slaney 1998)."""
    corners = _hertz(np.linspace(_slaney(_LOWEST_HZ), _slaney(_HIGHEST_HZ), BANDS + 2))
    low, centre, high = corners[:-2], corners[1:-1], corners[2:]
    bins = np.arange(_WINDOW // 2 + 1)[:, None] * (RATE / _WINDOW)
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    return np.maximum(0, triangles) * 2 / (high - low)


# The Slaney scale is linear up to 1 kHz, 66.67 Hz a mel, and from there on 27 mels are a factor of 6.4.
_LINEAR_HZ = 200 / 3
_KNEE_HZ = 1000.0
_KNEE_MEL = _KNEE_HZ / _LINEAR_HZ
_LOG_STEP = np.log(6.4) / 27


def _slaney(hertz: float) -> float:
    """Hertz to mel."""
    if hertz < _KNEE_HZ:
        return hertz / _LINEAR_HZ
    return float(_KNEE_MEL + np.log(hertz / _KNEE_HZ) / _LOG_STEP)


def _hertz(mel: Doubles) -> Doubles:
    """Mel to hertz."""
    return np.where(mel < _KNEE_MEL, mel * _LINEAR_HZ, _KNEE_HZ * np.exp((mel - _KNEE_MEL) * _LOG_STEP))
