# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a mouth that never moves."""

from fractions import Fraction

import numpy as np
from lipreel.engine.compare.sync import Heard, measure_sync, sync_texts


def test_a_mouth_that_never_moves_has_no_figures() -> None:
    level = np.sin(np.arange(100.0))
    still = measure_sync(np.zeros(100), Heard(level, np.zeros(100, np.bool_)), Fraction(25))
    assert sync_texts(still) == ("none", "no lag", "none", "no silence")


def test_a_mouth_that_follows_has_them() -> None:
    level = np.sin(np.arange(100.0) / 3)
    late = measure_sync(np.roll(level, 2) + 1, Heard(level, np.zeros(100, np.bool_)), Fraction(25))
    assert sync_texts(late)[1] == "+2 frames"
    assert "nan" not in "".join(sync_texts(late))
