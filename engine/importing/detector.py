# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces in images, found by dlib: the package's extra `faces`.

Its frontal face detector is compiled into it, under the Boost licence: nothing is fetched, and no weights lie
about. It finds faces that look at the camera, photographed or drawn like one.
"""

import importlib.util
from collections.abc import Callable
from typing import Any

import cv2

from ..arrays import Pixels
from ..errors import InputError, install_extra

Find = Callable[[Pixels], list[tuple[float, float, float]]]

_LONG_SIDE = 1280  # pixels; larger images are looked at in this size
_DOWN = 0.06  # of its size: the detector's box ends on the chin, and Wav2Lip's shows a little below it


def require_dlib(where: str) -> None:
    """Raise InputError if dlib is not installed."""
    if importlib.util.find_spec("dlib") is None:
        how = f"Set the face by hand: --square x,y,size. {install_extra('faces')}"
        raise InputError("finding faces needs dlib", where, how)


def face_finder() -> Find:
    """A function from an image, BGR [h, w, 3], to its faces as boxes x, y, size in its pixels.

    Boxes reach from the brows to below the chin and may leave the image. Faces smaller than a twelfth of
    the image's longer side are only looked for where there is no larger one; a twenty-fourth is the least.
    """
    import dlib

    detector: Any = dlib.get_frontal_face_detector()

    def find(picture: Pixels) -> list[tuple[float, float, float]]:
        scale = min(1.0, _LONG_SIDE / max(picture.shape[:2]))
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
        boxes = detector(rgb, 0) or detector(rgb, 1)
        return [
            (box.left() / scale, (box.top() + _DOWN * box.height()) / scale, box.width() / scale)
            for box in boxes
        ]

    return find
