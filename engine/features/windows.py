# SPDX-License-Identifier: GPL-3.0-or-later
"""Which windows of the mel, and rows of a network, an output frame takes: pure, exact arithmetic.

How frames and moments belong together is told in frame_times.py.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..arrays import Ints, Longs
from ..frame_times import NO_TIME, steps

Edge = Literal["zeros", "repeat"]
"""What stands for rows outside the sound: zeros (what training saw) or the nearest row."""

WINDOW_FRAMES = 16
"""Mel frames in one window, of the encoder and of wav2lip alike."""

ENCODER_ROWS = range(-9, 7)
"""The 16 rows of frame i: padded[i-8 : i+8] of a list padded by one row in front is rows i-9 ... i+6."""

MEL_WINDOW = range(1)
"""A family without an encoder takes the one window that begins at the frame itself."""

FEATURE_PAIRS = range(-4, 4)
"""The pairs of HuBERT rows of frame i at 25 frames a second: i-4 ... i+3; so are WeNet's chunks at 20."""

ZEROS = -1
"""Stands in the starts for a row of zeros."""

_FEATURE_RATE = 50  # HuBERT rows a second
_CHUNK_RATE = 20  # WeNet chunks a second

# Mel frames come 80 a second and rows 25 a second: both are whole numbers of 1/400 s.
_TICKS_PER_SECOND = 400
_TICKS_PER_MEL_FRAME = 5
_TICKS_PER_ROW = 16


def window_starts(
    frames: NDArray[np.integer[Any]],
    fps: Fraction,
    mel_frames: int,
    rows: Sequence[int],
    edge: Edge,
    *,
    shift: Fraction = NO_TIME,
    begin: Fraction = NO_TIME,
) -> Ints:
    """First mel frames of the windows that the output frames take.

    Args:
        frames: Output frames, from 0, [n].
        fps: Output frames a second.
        mel_frames: Mel frames from the sound's start to where it ends, at least WINDOW_FRAMES from `begin`.
        rows: The rows of a frame, counted in 1/25 s from its moment: ENCODER_ROWS or MEL_WINDOW.
        edge: What stands outside the rows that the sound has.
        shift: Seconds of the sound at output frame 0.
        begin: Seconds at which the sound begins to be heard.

    Returns:
        Starts [n, len(rows)] in ceil(80 * begin) ... mel_frames - WINDOW_FRAMES, or ZEROS.
    """
    ticks = _TICKS_PER_ROW * np.array(rows, np.int64)
    at = steps(frames, fps, _TICKS_PER_SECOND, shift)[:, None] + ticks
    first, last = first_mel_frame(begin), mel_frames - WINDOW_FRAMES
    starts: Longs = np.clip(at // _TICKS_PER_MEL_FRAME, first, last)
    if edge == "zeros":
        # One copy of the first row stands before the list (row -1) and one of the last behind it (row N). The
        # former are counted from where the sound begins, the latter, as the length of the list, from 0.
        since = steps(frames, fps, _TICKS_PER_SECOND, shift - begin)[:, None] + ticks
        early, late = since // _TICKS_PER_ROW < -1, at // _TICKS_PER_ROW > row_count(mel_frames)
        starts[early | late] = ZEROS
    return starts.astype(np.int32)


def first_mel_frame(begin: Fraction) -> int:
    """The first mel frame whose middle lies at `begin` seconds or behind."""
    return math.ceil(begin * _TICKS_PER_SECOND / _TICKS_PER_MEL_FRAME)


def pair_starts(
    frames: NDArray[np.integer[Any]],
    fps: Fraction,
    rows: int,
    *,
    shift: Fraction = NO_TIME,
    begin: Fraction = NO_TIME,
) -> Ints:
    """First rows, of HuBERT's 50 a second, of the pairs of rows that the output frames take.

    Args:
        frames: Output frames, from 0, [n].
        fps: Output frames a second.
        rows: Rows from the sound's start to where it ends.
        shift: Seconds of the sound at output frame 0.
        begin: Seconds at which the sound begins to be heard.

    Returns:
        Starts [n, 8], or ZEROS for a pair that the sound does not have whole.
    """
    at = steps(frames, fps, _FEATURE_RATE, shift)
    starts: Longs = at.reshape(-1, 1) + 2 * np.array(FEATURE_PAIRS, np.int64)
    starts[(starts < math.ceil(begin * _FEATURE_RATE)) | (starts + 1 >= rows)] = ZEROS
    return starts.astype(np.int32)


def chunk_numbers(
    frames: NDArray[np.integer[Any]],
    fps: Fraction,
    chunks: int,
    *,
    shift: Fraction = NO_TIME,
    begin: Fraction = NO_TIME,
) -> Ints:
    """The numbers [n, 8] of the WeNet chunks that the output frames take, or ZEROS.

    There are `chunks` from the sound's start to where it ends; the rest is as by `pair_starts`.
    """
    at = steps(frames, fps, _CHUNK_RATE, shift)
    numbers: Longs = at.reshape(-1, 1) + np.array(FEATURE_PAIRS, np.int64)
    numbers[(numbers < math.ceil(begin * _CHUNK_RATE)) | (numbers >= chunks)] = ZEROS
    return numbers.astype(np.int32)


def row_count(mel_frames: int) -> int:
    """Rows N that a sound of `mel_frames` mel frames has at 25 a second.

    In floating point on purpose: for some lengths (384 is the first) the contract's own expression comes to
    one row less than exact arithmetic does, and its tail of zeros is what training saw.
    """
    return int((mel_frames - WINDOW_FRAMES) / 80 * 25) + 2
