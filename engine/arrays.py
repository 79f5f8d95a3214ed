# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of arrays, once for all rooms."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]
Pixels = NDArray[np.uint8]
"""BGR [h, w, 3], with alpha BGRA [h, w, 4], or grey [h, w]."""


def smoothstep(t: Doubles) -> Doubles:
    """From 0 to 1 as t goes from 0 to 1, with no corner at either end: 3t^2 - 2t^3, clipped outside."""
    t = t.clip(0, 1)
    return t * t * (3 - 2 * t)
