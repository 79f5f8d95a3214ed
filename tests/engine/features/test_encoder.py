# SPDX-License-Identifier: GPL-3.0-or-later
"""Encoder rows: the right stretch of mel, each batch once, the same bits in any order."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from threading import Lock
from time import sleep

import numpy as np
import pytest
from lipreel.engine.features.encoder import EncoderRows
from lipreel.engine.features.windows import ENCODER_ROWS, window_starts
from numpy.typing import NDArray

MEL_FRAMES = 400
# Mel frame t has the value 100 t + b in band b, so a row says which frames it was made of.
MEL = (100 * np.arange(MEL_FRAMES)[:, None] + np.arange(80)).astype(np.float32)


class Encoder:
    """Rows whose first numbers are corners of the window; the last is tainted by the whole batch."""

    def __init__(self) -> None:
        self.inputs: list[NDArray[np.float32]] = []

    def __call__(self, mel: NDArray[np.float32]) -> NDArray[np.float32]:
        self.inputs.append(mel)
        rows = np.zeros((len(mel), 512), np.float32)
        rows[:, 0], rows[:, 1] = mel[:, 0, 0, 0], mel[:, 0, 79, 15]
        rows[:, 511] = mel.mean(dtype=np.float64)
        return rows


@pytest.fixture
def encoder() -> Encoder:
    return Encoder()


def all_starts(frames: int = 120) -> NDArray[np.int32]:
    return window_starts(np.arange(frames), Fraction(25), MEL_FRAMES, ENCODER_ROWS, "zeros")


def test_a_row_is_made_of_its_sixteen_mel_frames(encoder: Encoder) -> None:
    starts = all_starts()
    rows = EncoderRows(MEL, starts, encoder).window(starts[0])
    assert rows.shape == (16, 512)
    assert rows.dtype == np.float32
    assert not rows[:8].any()  # starts of frame 0 are 8 zeros, 0, 0, 3, 6, 9, 12, 16, 19
    assert rows[8:, 0].tolist() == [0, 0, 300, 600, 900, 1200, 1600, 1900]
    assert rows[8:, 1].tolist() == [start * 100 + 1500 + 79 for start in (0, 0, 3, 6, 9, 12, 16, 19)]


def test_input_is_what_an_encoder_takes(encoder: Encoder) -> None:
    starts = all_starts()
    EncoderRows(MEL, starts, encoder, batch=5).window(starts[20])
    assert {mel.shape for mel in encoder.inputs} == {(5, 1, 80, 16)}
    assert all(mel.dtype == np.float32 and mel.flags.c_contiguous for mel in encoder.inputs)


def test_every_window_is_encoded_once(encoder: Encoder) -> None:
    starts = all_starts()
    rows = EncoderRows(MEL, starts, encoder)
    for frame in starts:
        rows.window(frame)
    distinct = len(np.unique(starts[starts >= 0]))
    assert len(encoder.inputs) == -(-distinct // 16)


def test_only_what_is_asked_for_is_encoded(encoder: Encoder) -> None:
    starts = all_starts()
    rows = EncoderRows(MEL, starts, encoder)
    assert not encoder.inputs
    rows.window(starts[60])
    assert len(encoder.inputs) <= 2


def test_order_resume_and_a_full_cache_change_no_bit(encoder: Encoder) -> None:
    starts = all_starts()
    straight = EncoderRows(MEL, starts, encoder, batch=1)  # more batches than are kept
    forwards = [straight.window(frame) for frame in starts]
    resumed = EncoderRows(MEL, starts, encoder, batch=1)
    for k in np.random.default_rng(0).permutation(len(starts))[:80]:
        assert np.array_equal(resumed.window(starts[k]), forwards[k])


def test_a_batch_has_the_same_neighbours_whoever_asks_first(encoder: Encoder) -> None:
    starts = all_starts()
    whole, tail = (EncoderRows(MEL, starts, encoder) for _ in range(2))
    forwards = [whole.window(frame) for frame in starts]
    for k in range(len(starts) - 1, 90, -1):
        assert np.array_equal(tail.window(starts[k]), forwards[k])


def test_workers_share_it(encoder: Encoder) -> None:
    starts = all_starts()
    alone = EncoderRows(MEL, starts, Encoder())
    shared = EncoderRows(MEL, starts, encoder)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(shared.window, starts))
    assert all(np.array_equal(a, alone.window(s)) for a, s in zip(together, starts, strict=True))
    assert len(encoder.inputs) == -(-len(np.unique(starts[starts >= 0])) // 16)


def test_one_call_of_the_encoder_at_a_time() -> None:
    starts = all_starts()
    inside, overlaps = Lock(), []

    def run(mel: NDArray[np.float32]) -> NDArray[np.float32]:
        overlaps.append(not inside.acquire(blocking=False))
        sleep(0.002)
        inside.release()
        return np.zeros((len(mel), 512), np.float32)

    rows = EncoderRows(MEL, starts, run, batch=1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(rows.window, starts[:40]))
    assert len(overlaps) > 20
    assert not any(overlaps)


def test_rows_long_gone_are_let_go(encoder: Encoder) -> None:
    starts = all_starts()
    rows = EncoderRows(MEL, starts, encoder, batch=1)
    for frame in starts:
        rows.window(frame)
    straight = len(encoder.inputs)
    rows.window(starts[-1])
    assert len(encoder.inputs) == straight
    rows.window(starts[0])
    assert len(encoder.inputs) > straight


def test_a_failed_batch_is_tried_again() -> None:
    starts = all_starts()
    failures = iter([True])
    encoder = Encoder()

    def once_broken(mel: NDArray[np.float32]) -> NDArray[np.float32]:
        if next(failures, False):
            raise RuntimeError("no memory")
        return encoder(mel)

    rows = EncoderRows(MEL, starts, once_broken)
    with pytest.raises(RuntimeError):
        rows.window(starts[0])
    assert rows.window(starts[0])[10, 0] == 300


@pytest.mark.parametrize("stranger", [1, MEL_FRAMES - 16 + 1])
def test_a_start_that_is_not_of_the_plan_is_refused(encoder: Encoder, stranger: int) -> None:
    rows = EncoderRows(MEL, all_starts(), encoder)
    with pytest.raises(ValueError, match="not all of the plan"):
        rows.window(np.full(16, stranger, np.int32))


def test_nothing_but_zeros(encoder: Encoder) -> None:
    assert not EncoderRows(MEL, all_starts(), encoder).window(np.full(16, -1, np.int32)).any()
    assert not encoder.inputs


def test_the_next_batch_is_made_before_a_frame_needs_it(encoder: Encoder) -> None:
    starts = all_starts()
    rows = EncoderRows(MEL, starts, encoder)
    distinct = np.unique(starts[starts >= 0])
    rows.window(starts[0])
    for frame in starts[1:]:
        last = np.searchsorted(distinct, frame.max()) // 16
        assert len(encoder.inputs) > last
        rows.window(frame)
