# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image strip shows next: worked out by hand."""

import pytest
from lipreel.addon.sequencer.shown import Shown, Then, begun, to_make, wanted


def old(first: int, count: int, seen: range | None = None) -> Shown:
    """A strip whose file names tell the moments that they show."""
    moments = range(first, first + count)
    return Shown(first, tuple(f"old{moment}" for moment in moments), seen or moments)


def new(*moments: int) -> dict[int, str]:
    return {moment: f"new{moment}" for moment in moments}


def test_new_files_take_the_place_of_old_ones_and_lengthen_the_strip_at_both_ends() -> None:
    shown = old(10, 3).with_files(new(8, 9, 11, 13, 14))
    assert (shown.first, shown.files) == (8, ("new8", "new9", "old10", "new11", "old12", "new13", "new14"))
    assert shown.seen == range(10, 13)


def test_a_strip_has_no_gaps() -> None:
    assert old(10, 3).with_files(new(14, 15, 7)) == old(10, 3)
    assert begun(5, new(6, 7)) is None
    assert begun(5, new(5, 6, 8)) == Shown(5, ("new5", "new6"), range(5, 7))


def test_handles_grow_only_as_far_as_there_are_files() -> None:
    assert old(10, 5, range(11, 13)).grown(range(5, 30)).seen == range(10, 15)
    assert old(10, 5, range(10, 15)).grown(range(12, 13)).seen == range(10, 15)
    assert old(10, 5, range(10, 15)).cut_to(range(12, 30)).seen == range(12, 15)
    assert old(10, 5, range(10, 15)).cut_to(range(30, 40)).seen == range(10, 15)


WHOLE = old(0, 100)


@pytest.mark.parametrize(
    ("shown", "then", "sound", "moments"),
    [
        (WHOLE, Then(range(100), range(100)), range(100), range(100)),
        (WHOLE, Then(range(100), range(100)), range(10, 80), range(10, 80)),  # the sound was trimmed
        (
            old(0, 100, range(10, 80)),
            Then(range(10, 80), range(10, 80)),
            range(100),
            range(100),
        ),  # and drawn out
        # The user's own left handle stays, also when it is no longer new.
        (old(0, 100, range(20, 100)), Then(range(100), range(100)), range(90), range(20, 90)),
        (old(0, 100, range(20, 100)), Then(range(20, 100), range(100)), range(90), range(20, 90)),
        (
            old(0, 100, range(20, 30)),
            Then(range(100), range(100)),
            range(50, 90),
            range(20, 30),
        ),  # or not: gone
        (old(0, 100, range(20, 60)), Then(range(100), range(100)), range(50, 90), range(50, 60)),
        # The right half of a cut, as made before it and after.
        (old(0, 100, range(50, 100)), Then(range(100), range(100)), range(50, 100), range(50, 100)),
        (old(0, 100, range(50, 100)), Then(range(50, 100), range(50, 100)), range(40, 90), range(40, 90)),
        # A strip that was still growing.
        (old(0, 20), Then(range(20), range(100)), range(100), range(100)),
    ],
)
def test_only_ends_that_followed_the_sound_follow_it(
    shown: Shown, then: Then, sound: range, moments: range
) -> None:
    assert wanted(shown, then, sound) == moments


@pytest.mark.parametrize(
    ("asked", "shown", "made"),
    [
        (range(10, 20), None, range(10, 20)),
        (range(10, 20), range(100), range(10, 20)),  # a preview range over a finished strip
        (range(10, 20), range(20, 30), range(10, 20)),  # touches it
        (range(50, 60), range(10, 30), range(30, 60)),  # and what lies between
        (range(5), range(10, 30), range(10)),
    ],
)
def test_no_moment_between_two_jobs_is_left_out(asked: range, shown: range | None, made: range) -> None:
    assert to_make(asked, shown) == made
