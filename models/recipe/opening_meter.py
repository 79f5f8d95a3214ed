# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the mouth's opening off a picture: evaluate.py's witness, which knows nothing of the networks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from face import Mouth, opening
from numpy.typing import NDArray

Images = NDArray[np.uint8]
REDUCE = 6  # px of the window that become one number
RIDGE = 1.0


@dataclass(frozen=True)
class Meter:
    """A ridge regression from reduced pictures to the height of the gap between the lips."""

    mean: NDArray[np.float64]
    """[numbers]"""
    weights: NDArray[np.float64]
    """[numbers]"""
    offset: float

    def read(self, windows: Images) -> NDArray[np.float64]:
        """Openings of windows [n, h, w, 3], in parts of the widest drawn mouth."""
        return (_numbers(windows) - self.mean) @ self.weights + self.offset


def true_openings(mouths: NDArray[np.float32]) -> NDArray[np.float64]:
    """Height of the gap of the drawn mouth for parameters [n, 6], in parts of the jaw's widest."""
    widest = opening(Mouth(jaw=1.0))
    known: dict[bytes, float] = {}
    for mouth in mouths:
        key = mouth.tobytes()
        if key not in known:
            known[key] = opening(Mouth(*map(float, mouth))) / widest
    return np.array([known[mouth.tobytes()] for mouth in mouths])


def calibrate(windows: Images, openings: NDArray[np.float64]) -> Meter:
    """A meter from drawn pictures [n, h, w, 3] whose openings are known."""
    numbers = _numbers(windows)
    mean, offset = numbers.mean(axis=0), float(openings.mean())
    x = numbers - mean
    # in the space of the pictures, of which there are fewer than numbers
    weights = x.T @ np.linalg.solve(x @ x.T + RIDGE * np.eye(len(x)), openings - offset)
    return Meter(mean, weights, offset)


def _numbers(windows: Images) -> NDArray[np.float64]:
    height, width = windows.shape[1] // REDUCE, windows.shape[2] // REDUCE
    small = [cv2.resize(window, (width, height), interpolation=cv2.INTER_AREA) for window in windows]
    return np.stack(small).reshape(len(small), -1) / 255.0
