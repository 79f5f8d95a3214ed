# SPDX-License-Identifier: GPL-3.0-or-later
"""The one pass over all frames: figures for each, frame by frame, on every core."""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

import numpy as np

from ..arrays import Longs, Pixels
from ..errors import InputError
from ..runtime.cores import usable_cores
from ..runtime.monitor import Monitor
from ..runtime.pool import in_order
from .face import Face, Mouth
from .figures import LEAST_SIDE, Figures, difference_counts, figures, ssim_map
from .frame_source import FrameSource, in_step

_RIM = LEAST_SIDE // 2  # pixels at the edge of a frame, around which the window of SSIM is not whole


@dataclass(frozen=True, eq=False)
class Difference:
    """How one frame differs from another, in a region."""

    counts: Longs
    ssim: float

    @property
    def figures(self) -> Figures:
        """The figures of this frame alone."""
        return figures(self.counts, self.ssim)


@dataclass(frozen=True, eq=False)
class Step:
    """One frame of all sources, measured."""

    number: int
    pictures: Sequence[Pixels]
    """The frame of each source; gone once the step is past."""
    frame: Sequence[Difference]
    """Of each source but the first from the first, over the whole frame."""
    patch: Sequence[Difference]
    """The same inside the patch; empty where it is not known where that is."""
    activity: Sequence[float]
    """Of the mouth, for each source; empty where nobody asked."""


def steps(
    sources: Sequence[FrameSource],
    numbers: Sequence[int],
    face: Face | None,
    mouth: Mouth | None,
    monitor: Monitor,
) -> Generator[Step, None, None]:
    """Each frame of the sources, measured, in order; a bounded number is held.

    Raises:
        InputError: A frame cannot be read, or they are not of one size, or the face is not inside them.
        JobCancelled: The monitor was cancelled.
    """

    def measure(task: tuple[int, list[Pixels]]) -> Step:
        number, pictures = task
        first, *others = pictures
        if min(first.shape[:2]) < LEAST_SIDE:
            raise InputError(f"frame {number} is under {LEAST_SIDE} pixels", str(sources[0].path))
        if face is not None:
            face.check(first, number)
        both = [_differences(first, other, face, number) for other in others]
        activity = [] if mouth is None else [mouth.activity(number, picture) for picture in pictures]
        inside = [patch for _, patch in both if patch is not None]
        return Step(number, pictures, [whole for whole, _ in both], inside, activity)

    measured = in_order(in_step(sources, numbers), measure, usable_cores(), monitor)
    yield from monitor.steps("compare", measured, len(numbers))


@dataclass
class Tally:
    """What is kept of a run of differences: a few numbers a frame, and one histogram."""

    numbers: list[int] = field(default_factory=list)
    frames: list[Figures] = field(default_factory=list)
    _counts: Longs = field(default_factory=lambda: np.zeros(256, np.int64))

    def add(self, number: int, difference: Difference) -> None:
        """Take a frame in."""
        self.numbers.append(number)
        self.frames.append(difference.figures)
        self._counts += difference.counts

    @property
    def figures(self) -> Figures:
        """Of all frames together."""
        return figures(self._counts, math.fsum(one.ssim for one in self.frames) / len(self.frames))

    @property
    def worst_psnr(self) -> float:
        """Of the frame that differs most."""
        return min(one.psnr for one in self.frames)

    def worst(self, count: int) -> list[tuple[int, Figures]]:
        """The frames that differ most, worst first; those that do not differ at all are left out."""
        apart = [pair for pair in zip(self.numbers, self.frames, strict=True) if pair[1].max]
        return nsmallest(count, apart, key=lambda pair: pair[1].psnr)


def _differences(
    first: Pixels, other: Pixels, face: Face | None, number: int
) -> tuple[Difference, Difference | None]:
    """Over the whole frame, and inside the patch."""
    height, width = first.shape[:2]
    similar = ssim_map(first, other)

    def region(left: int, top: int, right: int, bottom: int) -> Difference:
        counts = difference_counts(first[top:bottom, left:right], other[top:bottom, left:right])
        rows = slice(max(top, _RIM), min(bottom, height - _RIM))
        columns = slice(max(left, _RIM), min(right, width - _RIM))
        return Difference(counts, float(similar[rows, columns].mean(dtype=np.float64)))

    whole = region(0, 0, width, height)
    if face is None:
        return whole, None
    square = face.square(number)
    return whole, region(max(0, square.x), max(0, square.y), square.x + square.size, square.y + square.size)
