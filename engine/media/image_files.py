# SPDX-License-Identifier: GPL-3.0-or-later
"""Images to bytes and back."""

from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from ..arrays import Pixels
from ..errors import InputError

Format = Literal["png", "jpg"]

FORMATS: tuple[Format, ...] = ("png", "jpg")


def encode_image(pixels: Pixels, image_format: Format, quality: int) -> bytes:
    """An image file's bytes.

    Args:
        pixels: uint8 [h, w, 3] BGR, or [h, w, 4] BGRA for png.
        image_format: png (lossless) or jpg.
        quality: Of a jpg, 1 ... 100; a png has none.
    """
    # OpenCV's own PNG settings are those of the best speed; naming a level would switch its filter off.
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality] if image_format == "jpg" else []
    return cv2.imencode(f".{image_format}", pixels, settings)[1].tobytes()


def read_image(file: Path, flags: int) -> Pixels:
    """The pixels of a frame, by way of bytes: OpenCV's own reader misses non-ASCII paths on Windows.

    Args:
        file: png, jpg or what else OpenCV reads.
        flags: Of cv2.imdecode.

    Raises:
        InputError: It cannot be read, or has more than 8 bits a colour.
    """
    how = "Delete it and generate again"
    try:
        data = np.frombuffer(file.read_bytes(), np.uint8)
    except OSError as error:
        raise InputError(f"the frame cannot be read ({error.strerror})", str(file), how) from error
    pixels = cv2.imdecode(data, flags) if data.size else None
    if pixels is None:
        raise InputError("the frame cannot be read", str(file), how)
    if pixels.dtype != np.uint8:
        raise InputError(f"the frame has {8 * pixels.itemsize} bits a colour, not 8", str(file))
    return np.asarray(pixels, np.uint8)
