# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes by hand-made mouths: right ones, long enough, at every rate."""

from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from lipreel.engine.arrays import Floats
from lipreel.engine.errors import InputError
from lipreel.engine.mouth.decide import _best_path, decide
from lipreel.engine.mouth.shapes import PROTOTYPES, SHAPES, Cue, as_values, checked_set, eased, scores

RATES = [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(60)]
NTSC = RATES[2]


def said(word: str, each: float) -> Floats:
    """A track in which each shape is shown for so many seconds."""
    return np.repeat(np.array([PROTOTYPES[shape] for shape in word], np.float32), round(each * 80), axis=0)


def spoken(cues: list[Cue]) -> str:
    return "".join(cue.shape for cue in cues)


@pytest.mark.parametrize("fps", RATES, ids=str)
def test_what_is_said_is_found_at_every_rate(fps: Fraction) -> None:
    word, each = "XADCEFGHBX", 0.2
    cues = decide(said(word, each), fps, int(len(word) * each * fps))
    assert spoken(cues) == word
    for cue, expected in zip(cues, range(len(word)), strict=True):
        assert abs(float(cue.start) - expected * each) <= 1 / fps + 0.013
        assert (cue.start * fps).denominator == 1  # at a whole frame


@pytest.mark.parametrize("fps", RATES, ids=str)
@pytest.mark.parametrize("least", [1, 2, 3])
def test_no_shape_is_shorter_than_asked(fps: Fraction, least: int) -> None:
    values = np.random.default_rng(4).uniform(0, 1, (800, 6)).astype(np.float32)
    cues = decide(values, fps, int(10 * fps), least=least)
    lengths = np.diff([*(int(cue.start * fps) for cue in cues), int(10 * fps)])
    assert lengths.min() >= least
    assert all(one.shape != other.shape for one, other in pairwise(cues))


def test_a_vowel_between_closures_is_not_eaten() -> None:
    """Dropping short shapes one by one makes "mama" AAAA."""
    assert spoken(decide(said("XADADX", 0.1), Fraction(24), 14)) == "XADADX"


def test_smaller_sets() -> None:
    values = said("XAGHDX", 0.25)
    assert spoken(decide(values, Fraction(25), 37, "ABCDEF")) == "ACDA"
    assert spoken(decide(values, Fraction(25), 37, "ABCDEFX")) == "XACDX"
    assert spoken(decide(values, Fraction(25), 37, "ABCDEFG")) == "AGCDA"
    assert checked_set("xfedcba") == "ABCDEFX"
    for letters, wrong in (("ABCDE", '"F"'), ("ABCDEFQ", '"Q"'), ("", "A")):
        with pytest.raises(InputError, match=wrong):
            checked_set(letters)


@pytest.mark.parametrize("least", [1, 2, 3])
def test_the_path_is_the_best_there_is(least: int) -> None:
    """Against all paths of seven frames and three shapes, one by one."""
    change = 0.06
    for seed in range(5):
        fits = np.random.default_rng(seed).normal(0, 0.3, (7, 3)).astype(np.float32)

        def worth(path: tuple[int, ...], fits: Floats = fits) -> float:
            ends = [0, *(at for at in range(1, 7) if path[at] != path[at - 1]), 7]
            if min(np.diff(ends)) < least:
                return -np.inf
            return float(sum(fits[at, shape] for at, shape in enumerate(path)) - change * (len(ends) - 2))

        best = max(map(worth, product(range(3), repeat=7)))
        assert worth(tuple(_best_path(fits, least).tolist())) == pytest.approx(best, abs=1e-5)


def test_fewer_frames_than_a_shape_lasts() -> None:
    assert len(decide(said("D", 0.1), Fraction(25), 1, least=3)) == 1


def test_prototypes_are_their_own_best() -> None:
    values = np.array([PROTOTYPES[shape] for shape in SHAPES], np.float32)
    assert [SHAPES[place] for place in scores(values).argmax(axis=1)] == list(SHAPES)


def test_shapes_of_others_are_eased() -> None:
    cues = [Cue(Fraction(0), "X"), Cue(Fraction(1, 2), "D"), Cue(Fraction(1), "A")]
    values = as_values(cues, Fraction(3, 2))
    assert len(values) == 120
    assert values[30] == pytest.approx(PROTOTYPES["X"])
    assert values[60] == pytest.approx(PROTOTYPES["D"])
    assert values[110] == pytest.approx(PROTOTYPES["A"])
    jaw = values[36:45, 0]
    assert (np.diff(jaw) >= 0).all()  # 70 ms around 0.5 s
    assert 0 < jaw[3] < 0.85


def test_a_cue_without_a_shape_counts_nothing() -> None:
    moments = np.array([0.0, 0.5, 1.0, 2.0])
    mouths, strength = eased([Cue(Fraction(3, 10), "A"), Cue(Fraction(3, 2), "")], moments)
    assert strength.tolist() == [0, 1, 1, 0]
    assert mouths[1] == pytest.approx(PROTOTYPES["A"])
