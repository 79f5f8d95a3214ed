# SPDX-License-Identifier: GPL-3.0-or-later
"""From trembling boxes with holes to steady squares."""

import numpy as np
import pytest
from lipreel.engine.avatar.avatar_types import Square
from lipreel.engine.importing.tracking import bridge, follow, gaps, keyed, steady, whole_pixels
from numpy.typing import NDArray

Boxes = NDArray[np.float64]


def moving(count: int) -> Boxes:
    """A face that crosses the image at an even pace and comes nearer."""
    place = np.arange(count)[:, None]
    return np.asarray(np.array([[100.0, 80.0, 150.0]]) + place * np.array([[2.5, -0.5, 0.75]]), np.float64)


@pytest.mark.parametrize("count", [1, 2, 3, 8, 60])
def test_an_even_pace_comes_out_as_it_was(count: int) -> None:
    np.testing.assert_allclose(steady(moving(count)), moving(count), atol=1e-9)


def test_no_lag() -> None:
    """Backwards in time, the same comes out backwards: neither past nor future weighs more."""
    walk = np.random.default_rng(0).normal(0, 4, (80, 3)).cumsum(axis=0) + 300
    np.testing.assert_allclose(steady(walk[::-1])[::-1], steady(walk), atol=1e-9)


def test_trembling_is_smoothed() -> None:
    noise = np.random.default_rng(1).normal(0, 2, (100, 3))
    left = steady(moving(100) + noise) - moving(100)
    assert left.std() < noise.std() / 2
    shake = np.diff(left, 2, axis=0).std() / np.diff(noise, 2, axis=0).std()
    assert shake < 0.05


def test_a_nod_is_kept() -> None:
    """One swing a second of 12 pixels loses little of its height and none of its time."""
    time = np.arange(100) / 25
    nod = np.full((100, 3), 200.0)
    nod[:, 1] += 12 * np.sin(2 * np.pi * time)
    smooth = steady(nod)[:, 1] - 200
    inner = slice(10, -10)
    assert smooth[inner].max() > 8
    assert np.corrcoef(smooth[inner], nod[inner, 1])[0, 1] > 0.995


def test_gaps_are_bridged_in_straight_lines() -> None:
    track = moving(30)
    track[[0, 1, 10, 11, 12, 13, 29]] = np.nan
    assert gaps(track) == [range(2), range(10, 14), range(29, 30)]
    bridged = bridge(track)
    np.testing.assert_allclose(bridged[2:29], moving(30)[2:29])
    assert (bridged[:2] == bridged[2]).all()
    assert (bridged[29] == bridged[28]).all()


def test_false_boxes_do_no_harm() -> None:
    track = moving(40)
    track[[7, 8, 25]] += 30
    assert np.abs(steady(track) - moving(40)).max() < 3


def test_one_face_is_followed_among_several() -> None:
    faces = []
    for place in range(20):
        x, y, size = moving(20)[place]
        found = [(600.0, 100.0, 140.0), (x, y, size), (20.0, 400.0, 90.0)]
        faces.append([found[0], found[2]] if place in (5, 6) else found)
    faces[9] = []
    faces[12][0] = (600.0, 100.0, 260.0)  # the largest of all: a neighbour that swells for a moment
    faces[12][0], faces[15][1] = (600.0, 100.0, 140.0), (*moving(20)[15][:2], 300.0)
    faces[15] = [tuple(moving(20)[15]), faces[15][0]]
    track = follow(faces)
    assert gaps(track) == [range(5, 7), range(9, 10)]
    seen = np.isfinite(track[:, 0])
    np.testing.assert_allclose(track[seen], moving(20)[seen])


def test_no_face_at_all() -> None:
    assert gaps(follow([[], [], []])) == [range(3)]


def test_squares_set_by_hand() -> None:
    track = keyed({1: Square(10, 20, 100), 5: Square(30, 20, 120)}, 8)
    assert whole_pixels(track, (400, 300)) == (
        *[Square(10, 20, 100)] * 2,
        Square(15, 20, 105),
        Square(20, 20, 110),
        Square(25, 20, 115),
        *[Square(30, 20, 120)] * 3,
    )


def test_squares_are_moved_into_the_picture() -> None:
    track = np.array([[-5.0, 250.0, 100.0], [390.0, -9.0, 64.4], [-20.0, -20.0, 500.0]])
    squares = whole_pixels(track, (400, 300))
    assert squares == (Square(0, 200, 100), Square(336, 0, 64), Square(80, 0, 300))
