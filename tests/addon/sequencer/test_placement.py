# SPDX-License-Identifier: GPL-3.0-or-later
"""Geometry of strips: trims, offsets and rates, worked out by hand."""

from fractions import Fraction

import numpy as np
import pytest
from lipreel.addon.sequencer.placement import CHANNELS, SoundStrip, Span, free_channel, heard, scene_fps
from lipreel.engine.errors import InputError

NTSC = Fraction(30000, 1001)


def strip(
    left: int = 11, right: int = 111, trim: float = 0, offset: float = 0, fps: Fraction = Fraction(25)
) -> SoundStrip:
    return SoundStrip(left, right, trim, offset, channel=1, fps=fps)


@pytest.mark.parametrize(
    ("fps", "base", "exact"),
    [
        (24, 1.0, Fraction(24)),
        (25, 1.0, Fraction(25)),
        (30, 1.001, NTSC),
        (24, 1.001, Fraction(24000, 1001)),
        (60, 1.001, Fraction(60000, 1001)),
        (100, 8.0, Fraction(25, 2)),
    ],
)
def test_rates_are_exact_though_blender_keeps_32_bits(fps: int, base: float, exact: Fraction) -> None:
    assert scene_fps(fps, float(np.float32(base))) == exact


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(25), NTSC, Fraction(60)])
@pytest.mark.parametrize(
    ("trim", "offset", "start_frames", "start_seconds"),
    [
        (0, 0, 0, 0),
        (10, 0, 10, 0),
        (10.4, 0, 10, 0),  # Blender drops the fraction
        (-5, 0, -5, 0),  # held before the sound: silence
        (-5.5, 0, -5, 0),
        (0, 0.1, 0, Fraction(-1, 10)),  # the sound comes later
        (10, float(np.float32(-0.1)), 10, Fraction(1, 10)),
    ],
)
def test_where_in_the_sound_a_strip_begins(
    fps: Fraction, trim: float, offset: float, start_frames: int, start_seconds: Fraction
) -> None:
    sound = strip(trim=trim, offset=offset, fps=fps)
    assert sound.seconds(sound.first) == start_frames / fps + start_seconds


@pytest.mark.parametrize(
    ("first", "last", "left", "right", "trim"),
    [
        (1, 200, 11, 111, 3),
        (21, 60, 21, 61, 13),
        (1, 11, 11, 12, 3),
        (110, 300, 110, 111, 102),
    ],
)
def test_the_part_in_a_range(first: int, last: int, left: int, right: int, trim: int) -> None:
    part = strip(trim=3.7).clipped(first, last)
    assert (part.left, part.right, part.trim) == (left, right, trim)
    assert part.first - strip(trim=3.7).first == left - 11
    assert part.zero == strip(trim=3.7).zero


@pytest.mark.parametrize(("first", "last"), [(1, 10), (111, 120)])
def test_a_range_beside_the_strip_is_refused(first: int, last: int) -> None:
    with pytest.raises(InputError, match="preview range: the strip's frames 11 to 110"):
        strip().clipped(first, last)


@pytest.mark.parametrize(
    ("occupied", "barred", "channel"),
    [
        ([], (), 2),
        ([Span(2, 1, 11)], (), 2),  # ends where ours begins
        ([Span(2, 111, 200)], (), 2),  # begins where ours ends
        ([Span(2, 1, 12)], (), 3),
        ([Span(2, 50, 60), Span(3, 110, 112)], (), 4),
        ([Span(1, 11, 111), Span(3, 11, 111)], (), 2),
        ([Span(3, 11, 111)], (2,), 4),
    ],
)
def test_the_lowest_free_channel_above(occupied: list[Span], barred: tuple[int, ...], channel: int) -> None:
    assert free_channel(1, 11, 111, occupied, barred) == channel


def test_no_channel_is_free() -> None:
    with pytest.raises(InputError, match="no channel above the sound is free"):
        free_channel(CHANNELS, 1, 2, [])


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (strip(11, 111), 11),
        (strip(51, 151), 51),  # moved
        (strip(21, 111, trim=10), 11),  # its left end cut off
        (strip(1, 111, trim=-10), 11),  # drawn out
        (strip(11, 61), 11),  # its right end cut off
        (strip(61, 101, trim=10), 51),  # moved and cut
    ],
)
def test_moment_0_stays_with_the_sound(now: SoundStrip, left: int) -> None:
    assert now.zero == left


@pytest.mark.parametrize(
    ("strips", "moments"),
    [
        ([], range(10, 50)),
        ([strip(61, 111, trim=50)], range(10, 100)),  # cut with K: it goes on
        ([strip(61, 91, trim=50), strip(91, 111, trim=80)], range(10, 100)),
        ([strip(91, 111, trim=80)], range(10, 50)),  # the middle was taken out
        ([strip(11, 21, trim=0)], range(50)),  # before it
        ([strip(62, 112, trim=50)], range(10, 50)),  # moved by a frame since
        ([strip(61, 111, trim=50, offset=0.5)], range(10, 50)),  # shifted
        ([strip(31, 71, trim=20)], range(10, 60)),  # a copy in another channel that overlaps
        ([strip(11, 16, trim=0), strip(71, 81, trim=60)], range(10, 50)),
    ],
)
def test_a_sound_is_heard_across_its_cuts(strips: list[SoundStrip], moments: range) -> None:
    assert heard(strip(21, 61, trim=10), strips) == moments
