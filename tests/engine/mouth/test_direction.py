# SPDX-License-Identifier: GPL-3.0-or-later
"""Directing, worked out by hand on tracks that are straight lines."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from lipreel.engine.arrays import Floats
from lipreel.engine.errors import InputError
from lipreel.engine.mouth.direction import PLAIN, Direction, directed
from lipreel.engine.mouth.shapes import PROTOTYPES, Cue
from lipreel.engine.mouth.track import MouthTrack, sampled

FPS = Fraction(25)


def line(slope: float, seconds: float = 4.0) -> MouthTrack:
    """All six rise by `slope` a second from 0.1 on."""
    values = 0.1 + slope * np.arange(int(seconds * 80)) / 80
    return MouthTrack(np.repeat(values[:, None], 6, axis=1).astype(np.float32))


def mouths(track: MouthTrack, direction: Direction, first: int = 0, count: int = 10, **more: Any) -> Floats:
    return directed(track, direction, np.arange(first, first + count), FPS, **more)


def test_a_frame_takes_its_own_moment() -> None:
    found = mouths(line(0.1), PLAIN)
    assert found[:, 0] == pytest.approx(0.1 + 0.1 * np.arange(10) / 25, abs=1e-6)
    shifted = mouths(line(0.1), PLAIN, shift=Fraction(1, 2))
    assert shifted[:, 0] == pytest.approx(0.15 + 0.1 * np.arange(10) / 25, abs=1e-6)


@pytest.mark.parametrize("lead", [-10, -1, 3, 10])
def test_lead(lead: int) -> None:
    found = mouths(line(0.1), Direction(lead=lead), first=20)
    assert found[:, 0] == pytest.approx(0.1 + 0.1 * (np.arange(20, 30) + lead) / 25, abs=1e-6)


@pytest.mark.parametrize("hold", [2, 3])
@pytest.mark.parametrize("first", [0, 1, 2, -5])
def test_hold_keeps_its_groups_wherever_a_clip_begins(hold: int, first: int) -> None:
    track = MouthTrack(np.random.default_rng(1).uniform(0, 1, (320, 6)).astype(np.float32))
    whole = mouths(track, Direction(hold=hold), first=-6, count=60)
    part = mouths(track, Direction(hold=hold), first=first, count=20)
    assert np.array_equal(part, whole[first + 6 : first + 26])
    groups = whole.reshape(-1, hold, 6)
    assert (groups == groups[:, :1]).all()
    middle = sampled(track.values, np.array([(6 + (hold - 1) / 2) / 25]))
    assert whole[12, 0] == pytest.approx(middle[0, 0])


def test_intensity_widens_and_shuts() -> None:
    track = line(0.0)
    assert mouths(track, Direction(intensity=0)).max() == 0
    wide = mouths(track, Direction(intensity=2))
    assert wide[0] == pytest.approx([0.2, 0.2, 0.2, 0.1, 0.1, 0.1])  # lips cannot be shut more
    curve = np.linspace(0, 2, 10)
    assert mouths(track, Direction(intensity=curve))[:, 0] == pytest.approx(0.1 * curve, abs=1e-6)


def test_gain_then_offset_then_the_range() -> None:
    gain, offset = np.full(6, 2, np.float32), np.array([0.1, -1, 5, 0, 0, 0], np.float32)
    found = mouths(line(0.0), Direction(gain=gain, offset=offset))
    assert found[3] == pytest.approx([0.3, 0, 1, 0.2, 0.2, 0.2])
    each = np.zeros((10, 6), np.float32)
    each[4, 3] = 0.9
    one = mouths(line(0.0), Direction(offset=each))
    assert one[:, 3] == pytest.approx([0.1] * 4 + [1.0] + [0.1] * 5)
    with pytest.raises(InputError, match="offset"):
        mouths(line(0.0), Direction(offset=each[:3]))


def test_smoothing_spreads_and_keeps_the_sum() -> None:
    values = np.zeros((320, 6), np.float32)
    values[160] = 1
    smooth = directed(MouthTrack(values), Direction(smoothing=0.05), np.arange(320), Fraction(80))
    expected = np.exp(-0.5 * (np.arange(-20, 21) / 4) ** 2)
    assert smooth[140:181, 0] == pytest.approx(expected / expected.sum(), abs=2e-3)
    assert smooth[:, 0].sum() == pytest.approx(1, abs=1e-4)


def test_pinned_shapes_stand() -> None:
    pins = [Cue(Fraction(1, 5), "D"), Cue(Fraction(1, 2), "")]
    found = mouths(line(0.0), Direction(pinned=pins), count=25)
    assert found[8] == pytest.approx(PROTOTYPES["D"])
    assert found[[0, 20]] == pytest.approx(np.full((2, 6), 0.1))


@pytest.mark.parametrize(
    "wrong",
    [{"intensity": -0.1}, {"intensity": 2.1}, {"intensity": float("nan")}, {"hold": 4}, {"hold": 0},
     {"smoothing": 0.6}, {"smoothing": float("inf")}],
)  # fmt: skip
def test_what_is_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Direction(**wrong)


@pytest.mark.parametrize("values", [np.zeros((0, 6)), np.zeros((5, 5)), np.full((5, 6), np.nan)])
def test_what_is_no_track(values: Any) -> None:
    with pytest.raises(InputError):
        MouthTrack(values.astype(np.float32))


@pytest.mark.parametrize("hold", [2, 3])
def test_corrections_are_held_with_the_mouth(hold: int) -> None:
    track = MouthTrack(np.full((800, 6), 0.2, np.float32))
    rising = np.zeros((12, 6), np.float32)
    rising[:, 0] = np.linspace(0, 0.5, 12)
    direction = Direction(offset=rising, gain=1 + rising, intensity=np.linspace(1, 1.5, 12), hold=hold)
    jaw = directed(track, direction, np.arange(12, 24), Fraction(25))[:, 0]
    assert len(np.unique(jaw)) == 12 // hold
    for first in range(0, 12, hold):
        assert (jaw[first : first + hold] == jaw[first]).all()
