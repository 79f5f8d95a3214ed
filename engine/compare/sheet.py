# SPDX-License-Identifier: GPL-3.0-or-later
"""A contact sheet: the frames that differ most, and some from all along."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..arrays import Pixels
from .differences import Step
from .face import Face
from .panels import fitted, over

WORST = 4
"""Frames that differ most."""

SPREAD = 4
"""Frames spread evenly over all."""

_WIDTH = 320  # pixels of an image
_MARGIN = 0.12  # of the face square's side, shown around it


@dataclass(frozen=True, eq=False)
class Shown:
    """One frame on the sheet."""

    number: int
    psnr: float
    """In dB, the lowest of all sources, inside the patch where that is known; infinite if nothing differs."""
    pictures: tuple[Pixels, ...]
    """Of each source, small."""
    differences: tuple[Pixels, ...]
    """How far each source but the first is from the first, in levels [h, w], small."""


class Sheet:
    """Collects frames while they pass; holds no more than it shows."""

    def __init__(self, numbers: Sequence[int], face: Face | None) -> None:
        places = np.linspace(0, len(numbers) - 1, min(SPREAD + 2, len(numbers))).round().astype(int)
        self._regular = {numbers[place] for place in places[1:-1]} or {numbers[0]}
        self._face = face
        self._spread: list[Shown] = []
        self._worst: list[Shown] = []

    def add(self, step: Step) -> None:
        """Look at the next frame."""
        apart = [difference.figures for difference in step.patch or step.frame]
        psnr = min((figures.psnr for figures in apart), default=float("inf"))
        bad = np.isfinite(psnr) and (len(self._worst) < WORST or psnr < self._worst[-1].psnr)
        if not bad and step.number not in self._regular:
            return
        shown = self._shown(step, psnr)
        if step.number in self._regular:
            self._spread.append(shown)
        if bad:
            self._worst = sorted([*self._worst, shown], key=lambda one: one.psnr)[:WORST]

    @property
    def worst(self) -> tuple[Shown, ...]:
        """The frames that differ most, worst first."""
        return tuple(self._worst)

    @property
    def spread(self) -> tuple[Shown, ...]:
        """Frames from all along, in order."""
        return tuple(self._spread)

    def _shown(self, step: Step, psnr: float) -> Shown:
        parts = [self._part(over(picture), step.number) for picture in step.pictures]
        differences = [cv2.absdiff(parts[0], part).max(axis=2) for part in parts[1:]]
        return Shown(
            step.number,
            psnr,
            tuple(fitted(part, _WIDTH).copy() for part in parts),
            tuple(_fitted_largest(difference, _WIDTH) for difference in differences),
        )

    def _part(self, picture: Pixels, number: int) -> Pixels:
        """The face and a little around it, where it is known where it is."""
        if self._face is None:
            return picture
        square = self._face.square(number)
        margin = round(_MARGIN * square.size)
        top, left = max(0, square.y - margin), max(0, square.x - margin)
        return picture[top : square.y + square.size + margin, left : square.x + square.size + margin]


def _fitted_largest(levels: Pixels, width: int) -> Pixels:
    """Made smaller by the largest level of each place: a single pixel that differs is still seen."""
    step = -(-levels.shape[1] // width)
    if step == 1:
        return levels.copy()
    high, wide = (-(-side // step) * step for side in levels.shape)
    padded = np.pad(levels, ((0, high - levels.shape[0]), (0, wide - levels.shape[1])))
    return np.asarray(padded.reshape(high // step, step, wide // step, step).max(axis=(1, 3)), np.uint8)
