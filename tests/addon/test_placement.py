# SPDX-License-Identifier: GPL-3.0-or-later
"""Geometry of strips: trims, offsets and rates, worked out by hand."""

from fractions import Fraction

import numpy as np
import pytest
from lipreel.addon.placement import CHANNELS, SoundStrip, Span, aligned_left, free_channel, scene_fps
from lipreel.engine.errors import InputError
from lipreel.engine.timeline import frame_count

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
    assert strip(trim=trim, offset=offset, fps=fps).start == start_frames / fps + start_seconds


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(25), NTSC, Fraction(60)])
@pytest.mark.parametrize("rate", [16000, 44100, 48000])
@pytest.mark.parametrize("frames", [1, 2, 7, 100, 17982])
def test_a_sound_in_whole_samples_has_as_many_frames_as_its_strip(
    fps: Fraction, rate: int, frames: int
) -> None:
    duration = strip(1, 1 + frames, fps=fps).duration
    samples = int(duration * rate)
    assert frame_count(Fraction(samples, rate), fps) == frames


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
    assert part.start - strip(trim=3.7).start == Fraction(left - 11, 25)


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
def test_pictures_stay_with_the_sound_that_they_show(now: SoundStrip, left: int) -> None:
    assert aligned_left(strip(11, 111), now) == left
