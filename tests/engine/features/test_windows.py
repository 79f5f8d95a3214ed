# SPDX-License-Identifier: GPL-3.0-or-later
"""The timeline against figures worked by hand from the model contract."""

from fractions import Fraction

import numpy as np
import pytest
from lipreel.engine.avatar.avatar_types import Loop
from lipreel.engine.features.windows import ENCODER_ROWS, MEL_WINDOW, ZEROS, row_count, window_starts
from lipreel.engine.frame_times import frame_count
from lipreel.engine.frames.template_order import template_index

NTSC = Fraction(30000, 1001)
ALL_RATES = [Fraction(24), Fraction(25), NTSC, Fraction(30), Fraction(60)]


def contract_windows(mel_frames: int, frames: int) -> list[list[int]]:
    """The contract at 25 fps in its own words: make the list of rows, pad it, cut it at i-8 and i+8."""
    rows = [min(int(80 * n / 25), mel_frames - 16) for n in range(int((mel_frames - 16) / 80 * 25) + 2)]
    padded = [rows[0], *rows, rows[-1]]
    inside = range(len(padded))
    return [[padded[k] if k in inside else ZEROS for k in range(i - 8, i + 8)] for i in range(frames)]


@pytest.mark.parametrize(
    ("seconds", "fps", "frames"),
    [
        (Fraction(10), Fraction(25), 250),
        (Fraction(10), NTSC, 300),  # 299.7
        (Fraction(1001, 100), NTSC, 300),  # exactly 300
        (Fraction(600), Fraction(24), 14400),
        (Fraction(1, 16000), Fraction(60), 1),
        (Fraction(160001, 16000), Fraction(60), 601),
        (Fraction(441001, 44100), Fraction(30), 301),
    ],
)
def test_all_of_the_sound_and_no_more(seconds: Fraction, fps: Fraction, frames: int) -> None:
    assert frame_count(seconds, fps) == frames


def test_ping_pong_starts_at_index_one_and_doubles_no_end() -> None:
    shown = [template_index(i, Fraction(25), Loop(4, Fraction(25), 1)) for i in range(14)]
    assert shown == [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]


def test_ping_pong_of_one_and_two_frames() -> None:
    assert [template_index(i, Fraction(25), Loop(1, Fraction(25), 1)) for i in range(4)] == [0, 0, 0, 0]
    assert [template_index(i, Fraction(25), Loop(2, Fraction(25), 1)) for i in range(4)] == [1, 0, 1, 0]


@pytest.mark.parametrize(
    ("fps", "shown"),
    [
        (Fraction(50), [1, 1, 2, 2, 3, 3, 4, 4]),
        (Fraction(60), [1, 1, 1, 2, 2, 3, 3, 3]),  # 25/60 of a frame a step: 0 .41 .83 1.25 1.6 2.08 2.5 2.9
        (Fraction(24), [1, 2, 3, 4, 5, 6, 7, 8]),  # 1.0416 a step
        (Fraction(25, 2), [1, 3, 5, 7, 9, 7, 5, 3]),  # turns at 9, the last of ten
    ],
)
def test_template_plays_at_its_own_rate(fps: Fraction, shown: list[int]) -> None:
    assert [template_index(i, fps, Loop(10, Fraction(25), 1)) for i in range(8)] == shown


def test_template_does_not_drift_in_ten_hours_of_ntsc() -> None:
    hundred = Loop(100, Fraction(25), 1)
    frames = 36000 * 30  # 36036 s at 30000/1001: 900900 template frames, 900900 % 198 is 0
    assert template_index(frames, NTSC, hundred) == template_index(0, NTSC, hundred)


def test_rows_of_a_second_of_sound_by_hand() -> None:
    # 81 mel frames: N = int(65 / 80 * 25) + 2 = 22 rows, at int(3.2 n), the last no later than 81 - 16 = 65.
    starts = window_starts(np.arange(25), Fraction(25), 81, ENCODER_ROWS, "zeros")
    assert row_count(81) == 22
    assert starts.dtype == np.int32
    assert starts.shape == (25, 16)
    # Frame 0 takes rows -9 ... 6: zeros, then the copy of row 0 in front, then rows 0 to 6.
    assert starts[0].tolist() == [-1] * 8 + [0, 0, 3, 6, 9, 12, 16, 19]
    # Frame 10 takes rows 1 ... 16.
    assert starts[10].tolist() == [3, 6, 9, 12, 16, 19, 22, 25, 28, 32, 35, 38, 41, 44, 48, 51]
    # Frame 24 takes rows 15 ... 30: row 20 begins at 64, row 21 is the last, row 22 its copy, then zeros.
    assert starts[24].tolist() == [48, 51, 54, 57, 60, 64, 65, 65] + [-1] * 8


def test_repeat_holds_the_nearest_row() -> None:
    starts = window_starts(np.arange(25), Fraction(25), 81, ENCODER_ROWS, "repeat")
    assert starts[0].tolist() == [0] * 10 + [3, 6, 9, 12, 16, 19]
    assert starts[24].tolist() == [48, 51, 54, 57, 60, 64] + [65] * 10


@pytest.mark.parametrize("mel_frames", [16, 17, 19, 20, 81, 240, 384, 385, 801, 1328])
def test_25_fps_is_the_contract_row_for_row(mel_frames: int) -> None:
    frames = mel_frames * 25 // 80 + 2
    starts = window_starts(np.arange(frames), Fraction(25), mel_frames, ENCODER_ROWS, "zeros")
    assert starts.tolist() == contract_windows(mel_frames, frames)


def test_a_count_where_exact_arithmetic_and_the_contract_differ() -> None:
    assert row_count(384) == 116  # 368 / 80 * 25 is 115, and 114.99999999999999 in floating point


@pytest.mark.parametrize("fps", ALL_RATES)
def test_any_rate_agrees_with_the_contract_where_moments_meet(fps: Fraction) -> None:
    """Frames whose moment is a multiple of 1/25 s take the rows that they take at 25 fps."""
    frames = np.arange(frame_count(Fraction(2002, 25), fps))
    starts = window_starts(frames, fps, 6407, ENCODER_ROWS, "zeros")
    contract = contract_windows(6407, 2002)
    meeting = [i for i in frames if (int(i) * 25 / fps).denominator == 1]
    assert len(meeting) >= 2
    for i in meeting:
        assert starts[i].tolist() == contract[int(int(i) * 25 / fps)]


def test_rows_between_the_contracts_moments() -> None:
    # Frame 61 at 60 fps is at 1.01666 s, mel frame 81.33; its rows stand 3.2 mel frames apart around it.
    starts = window_starts(np.array([61]), Fraction(60), 801, ENCODER_ROWS, "zeros")
    # 81.33 less 9 x 3.2 = 52.53, 55.73, 58.93, 62.13, 65.33, 68.53, 71.73, 74.93, 78.13, 81.33, 84.53, ...
    assert starts[0].tolist() == [52, 55, 58, 62, 65, 68, 71, 74, 78, 81, 84, 87, 90, 94, 97, 100]


def test_the_first_frames_at_60_fps() -> None:
    # A row stays outside until its moment passes -1 row: frame 3, at 1.25 rows, is the first to lose a zero.
    starts = window_starts(np.array([0, 1, 2, 3]), Fraction(60), 801, ENCODER_ROWS, "zeros")
    assert (starts == ZEROS).sum(axis=1).tolist() == [8, 8, 8, 7]  # 0, 0.41, 0.83, 1.25 rows in


@pytest.mark.parametrize("fps", ALL_RATES)
def test_windows_stay_inside_the_sound(fps: Fraction) -> None:
    frames = np.arange(frame_count(Fraction(3), fps))
    for rows in (ENCODER_ROWS, MEL_WINDOW):
        starts = window_starts(frames, fps, 241, rows, "repeat")
        assert starts.min() == 0
        assert starts.max() == 241 - 16
        assert (np.diff(starts, axis=0) >= 0).all()


def test_wav2lip_at_its_own_rates() -> None:
    # int(80 i / f); the last window is the final 16 frames, so 81 mel frames end at 65.
    at_25 = window_starts(np.arange(25), Fraction(25), 81, MEL_WINDOW, "repeat")
    assert at_25[:, 0].tolist()[:6] == [0, 3, 6, 9, 12, 16]
    assert at_25[:, 0].tolist()[-5:] == [64, 65, 65, 65, 65]
    at_30 = window_starts(np.arange(30), Fraction(30), 81, MEL_WINDOW, "repeat")
    assert at_30[:, 0].tolist()[:7] == [0, 2, 5, 8, 10, 13, 16]
    at_ntsc = window_starts(np.array([29, 30, 31]), NTSC, 801, MEL_WINDOW, "repeat")
    assert at_ntsc[:, 0].tolist() == [77, 80, 82]  # 77.41, 80.08, 82.74


def test_a_denominator_beyond_64_bits() -> None:
    odd = Fraction(25) + Fraction(1, 10**30)
    starts = window_starts(np.array([10]), odd, 801, MEL_WINDOW, "repeat")
    assert starts.tolist() == [[31]]  # a hair before 32
