# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: counts, numbering, and what slicing keeps."""

from fractions import Fraction

import numpy as np
import pytest
from lipreel.engine.avatar.avatar_types import Loop
from lipreel.engine.frames.plan import Plan, make_plan
from lipreel.engine.inference.families import FAMILIES

ENCODED = FAMILIES["synctalk2d"].audio
BARE_MEL = FAMILIES["wav2lip"].audio


@pytest.fixture
def plan() -> Plan:
    return make_plan(Fraction(10), Fraction(25), 801, ENCODED, "zeros", Loop(100, Fraction(25), 1))


def test_one_row_a_frame(plan: Plan) -> None:
    assert len(plan) == 250
    assert plan.numbers.tolist() == list(range(1, 251))
    assert plan.templates.tolist()[:3] == [1, 2, 3]
    assert plan.templates.tolist()[97:103] == [98, 99, 98, 97, 96, 95]
    assert plan.windows.shape == (250, 16)
    assert {plan.numbers.dtype, plan.templates.dtype, plan.windows.dtype} == {np.dtype(np.int32)}


def test_a_family_on_the_mel_takes_one_window_and_never_zeros() -> None:
    plan = make_plan(Fraction(10), Fraction(25), 801, BARE_MEL, "zeros", Loop(1, Fraction(25), 1))
    assert plan.windows.shape == (250, 1)
    assert plan.windows[:4, 0].tolist() == [0, 3, 6, 9]
    assert plan.windows[-1, 0] == 801 - 16


def test_the_edge_rule_reaches_the_rows() -> None:
    held = make_plan(Fraction(10), Fraction(25), 801, ENCODED, "repeat", Loop(100, Fraction(25), 1))
    assert held.windows[0, 0] == 0
    assert held.windows[-1, -1] == 801 - 16


def test_less_the_frames_already_there(plan: Plan) -> None:
    rest = plan.without({1, 2, 250, 999})
    assert len(rest) == 247
    assert rest.numbers[0] == 3
    assert rest.numbers[-1] == 249
    assert rest.windows[0].tolist() == plan.windows[2].tolist()
    assert rest.templates[0] == plan.templates[2]
    assert len(plan.without(set())) == 250
    assert len(plan.without(range(1, 251))) == 0


def test_a_chunk_is_a_slice(plan: Plan) -> None:
    chunk = plan.select(slice(100, 150))
    assert chunk.numbers.tolist() == list(range(101, 151))
    assert chunk.windows.tolist() == plan.windows.tolist()[100:150]


def test_frames_of_one_template_frame_as_a_mask(plan: Plan) -> None:
    same = plan.select(plan.templates == 5)
    # 1, 2, ... comes to 5 at index 4, back at 192 (period 198), and at 4 + 198.
    assert same.numbers.tolist() == [5, 193, 203]


def test_no_more_than_one_frame_for_one_sample() -> None:
    plan = make_plan(Fraction(1, 192000), Fraction(60), 16, ENCODED, "zeros", Loop(100, Fraction(25), 1))
    assert plan.numbers.tolist() == [1]
    # N = 2: zeros, the copy in front, both rows, the copy behind, zeros.
    assert plan.windows.tolist() == [[-1] * 8 + [0] * 4 + [-1] * 4]


def test_ten_minutes_at_60_fps() -> None:
    plan = make_plan(Fraction(600), Fraction(60), 48001, ENCODED, "zeros", Loop(100, Fraction(25), 1))
    assert len(plan) == 36000
    assert plan.windows.max() == 48001 - 16


def test_groups_share_a_template_and_begin_at_the_beginning() -> None:
    templates = np.array([0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1], np.int32)
    rows = np.arange(12)
    plan = Plan((rows + 1).astype(np.int32), templates, rows[:, None].astype(np.int32), rows * np.float32(0))
    groups = [group.tolist() for group in plan.groups(12, 3)]
    assert groups == [[0, 4, 8], [1, 3, 5], [2, 6, 10], [7, 9, 11]]
    assert [group.tolist() for group in plan.groups(5, 3)] == [
        [0, 4],
        [1, 3],
        [2],
        [5, 7, 9],
        [6],
        [8],
        [10],
        [11],
    ]
