# SPDX-License-Identifier: GPL-3.0-or-later
"""How much two images differ. All but SSIM follow from a histogram: exact, and memory stays flat."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from ..arrays import Doubles, Floats, Longs, Pixels

LEAST_SIDE = 11
"""Pixels; the window of SSIM, so no image may be smaller."""

_SIGMA = 1.5
_STABLE = (0.01 * 255) ** 2, (0.03 * 255) ** 2


@dataclass(frozen=True)
class Figures:
    """How much one image, or a run of them, differs from another."""

    equal: float
    """Share of the values (three or four a pixel) that are the same, 0 ... 1."""
    mean: float
    """Mean absolute difference of the values, in levels of 0 ... 255."""
    max: int
    """Largest absolute difference, in levels."""
    psnr: float
    """Peak signal to noise ratio in dB, 10 log10(255^2 / mean square); infinite where nothing differs."""
    ssim: float
    """Mean structural similarity of the brightness, 1 where nothing differs."""


def percent(share: float) -> str:
    """A share of 0 ... 1 for people, rounded down: only what is all equal is 100 %."""
    return f"{math.floor(share * 10_000) / 100:.2f}%"


def difference_counts(a: Pixels, b: Pixels) -> Longs:
    """How many values of two images of one shape differ by 0, 1 ... 255 levels, [256]."""
    return np.bincount(cv2.absdiff(a, b).ravel(), minlength=256).astype(np.int64)


def figures(counts: Longs, ssim: float) -> Figures:
    """The figures of one or more images: the sum of their difference counts, the mean of their SSIMs."""
    levels = np.arange(256)
    values = int(counts.sum())
    square = int(counts @ levels**2) / values
    return Figures(
        equal=int(counts[0]) / values,
        mean=int(counts @ levels) / values,
        max=int(np.flatnonzero(counts)[-1]),
        psnr=10 * math.log10(255**2 / square) if square else math.inf,
        ssim=ssim,
    )


def ssim_map(a: Pixels, b: Pixels) -> Floats:
    """The structural similarity of Wang, Bovik, Sheikh and Simoncelli (2004) around every pixel [h, w].

    Of the brightness, with their Gaussian window of 11 x 11 pixels (deviation 1.5), their constants (0.01 and
    0.03 of 255) and population statistics. Within 5 pixels of the edge the image is mirrored; leave these
    out for the figure of the paper, whose windows are whole.

    Args:
        a: uint8 [h, w, 3] BGR, or [h, w, 4], whose alpha is left aside; 11 pixels a side or more.
        b: The same shape.
    """
    x, y = _brightness(a), _brightness(b)
    mean_x, mean_y = _blur(x), _blur(y)
    spread = _blur(x * x) + _blur(y * y) - mean_x * mean_x - mean_y * mean_y
    common = _blur(x * y) - mean_x * mean_y
    first, second = _STABLE
    above = (2 * mean_x * mean_y + first) * (2 * common + second)
    below = (mean_x * mean_x + mean_y * mean_y + first) * (spread + second)
    return (above / below).astype(np.float32)


def _brightness(picture: Pixels) -> Doubles:
    return np.asarray(cv2.cvtColor(picture[:, :, :3], cv2.COLOR_BGR2GRAY), np.float64)


def _blur(values: Doubles) -> Doubles:
    return np.asarray(cv2.GaussianBlur(values, (LEAST_SIDE, LEAST_SIDE), _SIGMA), np.float64)
