# SPDX-License-Identifier: GPL-3.0-or-later
"""Images for people: differences that can be seen, transparency over something, images in a row."""

from collections.abc import Sequence

import cv2
import numpy as np

from ..arrays import Pixels

GAIN = 8
"""How much brighter a difference is shown than it is: 32 levels are white."""

WIDEST = 3840
"""Pixels of a video's width."""

_GREY = 96
_BAR = 28  # pixels of the line of text above an image
_INK, _PAPER = (235, 235, 235), (32, 32, 32)


def over(picture: Pixels, below: Pixels | int = _GREY) -> Pixels:
    """BGR [h, w, 3]: an image that may be BGRA with straight alpha, laid over another or a grey level."""
    if picture.shape[2] == 3:
        return picture
    alpha = picture[:, :, 3:].astype(np.float32) / 255
    return np.rint(below + alpha * (picture[:, :, :3].astype(np.float32) - below)).astype(np.uint8)


def difference_picture(a: Pixels, b: Pixels) -> Pixels:
    """Where two images of one shape differ, GAIN times as bright: black is equal, then violet to yellow."""
    largest = cv2.absdiff(a, b).max(axis=2)
    return np.asarray(
        cv2.applyColorMap(cv2.convertScaleAbs(largest, alpha=GAIN), cv2.COLORMAP_INFERNO), np.uint8
    )


def captioned(picture: Pixels, text: str) -> Pixels:
    """The image, and a line of text above it; OpenCV's letters are those of ASCII."""
    bar = np.full((_BAR, picture.shape[1], 3), _PAPER, np.uint8)
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(bar, plain, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.55, _INK, 1, cv2.LINE_AA)
    return np.vstack([bar, picture])


def row(pictures: Sequence[Pixels], names: Sequence[str], number: int) -> Pixels:
    """Images of one shape beside each other, and how each differs from the first.

    Of two, the difference stands beside them; of more, the differences make a second row. Nothing is wider
    than WIDEST, which players and editors still take.
    """
    shown = [
        captioned(over(picture), f"{name}   frame {number}")
        for name, picture in zip(names, pictures, strict=True)
    ]
    apart = [
        captioned(difference_picture(pictures[0], picture), f"{names[0]} - {name}   x{GAIN}")
        for name, picture in zip(names[1:], pictures[1:], strict=True)
    ]
    if len(shown) == 2:
        return fitted(np.hstack([*shown, *apart]), WIDEST)
    return fitted(np.vstack([np.hstack(shown), np.hstack([np.full_like(shown[0], _PAPER), *apart])]), WIDEST)


def fitted(picture: Pixels, width: int) -> Pixels:
    """The image, made smaller if it is wider than `width` pixels."""
    if picture.shape[1] <= width:
        return picture
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
