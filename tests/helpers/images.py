# SPDX-License-Identifier: GPL-3.0-or-later
"""Image files, read as anyone would."""

from pathlib import Path

import cv2
import numpy as np
from lipreel.engine.arrays import Pixels


def read(file: Path, flags: int = cv2.IMREAD_COLOR) -> Pixels:
    """The pixels of an image file; AssertionError if it is none."""
    return decoded(file.read_bytes(), flags)


def decoded(data: bytes, flags: int = cv2.IMREAD_COLOR) -> Pixels:
    """The pixels of an image file's bytes; AssertionError if they are none."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    assert pixels is not None, "no image"
    return np.asarray(pixels, np.uint8)
