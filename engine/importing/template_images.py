# SPDX-License-Identifier: GPL-3.0-or-later
"""Image files: their common size, and their pixels."""

from collections.abc import Collection
from pathlib import Path

import cv2
import numpy as np

from ..arrays import Pixels
from ..errors import InputError
from ..media.image_size import image_size


def common_size(pictures: Collection[Path]) -> tuple[int, int]:
    """Width and height that all the images have, from their headers.

    Raises:
        InputError: One cannot be read or is of another size than the first.
    """
    sizes: dict[tuple[int, int], Path] = {}
    for file in pictures:
        try:
            sizes.setdefault(image_size(file.read_bytes()), file)
        except (OSError, ValueError) as error:
            raise InputError(f"cannot be read as an image ({error})", str(file)) from error
        if len(sizes) > 1:
            (first, other) = (f"{width}x{height}" for width, height in sizes)
            raise InputError(f"is {other}, but the first image is {first}", str(file))
    (size,) = sizes
    return size


def read_picture(file: Path) -> Pixels:
    """The pixels of a file, BGR [h, w, 3], as stored: orientation tags are left alone.

    Raises:
        InputError: It cannot be read or decoded.
    """
    try:
        # By way of bytes: OpenCV's own reader misses non-ASCII paths on Windows.
        data = file.read_bytes()
        image_size(data)  # before memory is taken for it
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", str(file)) from error
    except ValueError as error:
        raise InputError(f"cannot be decoded as an image ({error})", str(file), "Copy it anew") from error
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None:
        raise InputError("cannot be decoded as an image", str(file), "Copy it anew")
    return np.asarray(pixels, np.uint8)
