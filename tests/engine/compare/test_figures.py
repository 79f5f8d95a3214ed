# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of a comparison, against arithmetic by hand and the definition of SSIM."""

import math

import cv2
import numpy as np
import pytest
from lipreel.engine.compare.figures import difference_counts, figures, percent, ssim_map
from numpy.typing import NDArray

SHAPE = (20, 30, 3)  # 1800 values


def grey(level: int) -> NDArray[np.uint8]:
    return np.full(SHAPE, level, np.uint8)


def noise(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, SHAPE, dtype=np.uint8)


def test_equal_pictures() -> None:
    found = figures(difference_counts(noise(1), noise(1)), 1.0)
    assert (found.equal, found.mean, found.max, found.psnr) == (1.0, 0.0, 0, math.inf)


def test_one_value_of_1800() -> None:
    other = grey(100)
    other[3, 4, 1] = 82
    found = figures(difference_counts(grey(100), other), 1.0)
    assert found.equal == 1799 / 1800
    assert found.mean == 18 / 1800
    assert found.max == 18
    # The mean square is 324 / 1800 = 0.18; 10 log10(65025 / 0.18) = 55.578 dB.
    assert found.psnr == pytest.approx(55.578, abs=5e-4)


def test_nearly_equal_is_not_said_to_be_equal() -> None:
    assert [percent(share) for share in (1, 1 - 1e-9, 0.5, 0.12349)] == [
        "100.00%",
        "99.99%",
        "50.00%",
        "12.34%",
    ]


def test_the_whole_range() -> None:
    found = figures(difference_counts(grey(0), grey(255)), 0.0)
    assert (found.equal, found.mean, found.max, found.psnr) == (0.0, 255.0, 255, 0.0)


def test_frames_together_are_their_values_together() -> None:
    """Of a frame that is equal and one that is 4 levels off everywhere: mean 2, mean square 8."""
    counts = difference_counts(grey(9), grey(9)) + difference_counts(grey(9), grey(13))
    found = figures(counts, 1.0)
    assert (found.equal, found.mean, found.max) == (0.5, 2.0, 4)
    assert found.psnr == pytest.approx(10 * math.log10(65025 / 8))


def test_transparency_counts() -> None:
    clear = np.zeros((4, 5, 4), np.uint8)
    solid = clear.copy()
    solid[:, :, 3] = 10
    assert figures(difference_counts(clear, solid), 1.0).mean == 2.5


def test_ssim_by_its_definition() -> None:
    """Window by window, with the weights written out: exp(-(x^2 + y^2) / (2 * 1.5^2)) over 11 x 11 pixels."""
    a = noise(2)
    b = cv2.GaussianBlur(a, (3, 3), 0) // 2 + 40
    x, y = (cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(float) for picture in (a, b))
    offset = np.arange(-5, 6)
    weights = np.exp(-(offset[:, None] ** 2 + offset[None, :] ** 2) / 4.5)
    weights /= weights.sum()
    found = ssim_map(a, np.asarray(b, np.uint8))
    for row in range(5, SHAPE[0] - 5):
        for column in range(5, SHAPE[1] - 5):
            here = (slice(row - 5, row + 6), slice(column - 5, column + 6))
            mean_x, mean_y = (weights * x[here]).sum(), (weights * y[here]).sum()
            spread_x = (weights * (x[here] - mean_x) ** 2).sum()
            spread_y = (weights * (y[here] - mean_y) ** 2).sum()
            common = (weights * (x[here] - mean_x) * (y[here] - mean_y)).sum()
            expected = (2 * mean_x * mean_y + 6.5025) * (2 * common + 58.5225)
            expected /= (mean_x**2 + mean_y**2 + 6.5025) * (spread_x + spread_y + 58.5225)
            assert found[row, column] == pytest.approx(expected, abs=1e-5)


def test_ssim_of_equal_and_of_flat_pictures() -> None:
    assert np.all(ssim_map(noise(3), noise(3)) == 1)
    # Without any structure only the brightness counts: (2 * 100 * 50 + C) / (100^2 + 50^2 + C), C = 6.5025.
    assert ssim_map(grey(100), grey(50)).mean() == pytest.approx(10006.5025 / 12506.5025, abs=1e-6)
