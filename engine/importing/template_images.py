# SPDX-License-Identifier: GPL-3.0-or-later
"""Image files: their common size, and their pixels."""

from collections.abc import Collection
from pathlib import Path

import cv2
import numpy as np

from ..arrays import Pixels
from ..errors import InputError
from ..media.image_files import encode_image
from ..media.image_size import any_image_size, image_size
from ..media.orientation import orientation
from ..runtime.monitor import Monitor
from ..runtime.storage import write_atomic
from .numbered import PICTURES


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


def upright(files: tuple[Path, ...], folder: Path, monitor: Monitor) -> tuple[Path, ...]:
    """Images as a template takes them: themselves, or PNGs in `folder` if one is to be turned or converted.

    Args:
        files: JPEG, PNG, GIF, WebP, TIFF or BMP, of one kind; where several images are in one, the first.
        folder: Made if need be.
        monitor: Told of "images"; may cancel.

    Raises:
        InputError: One cannot be read or decoded, or there is no room.
        JobCancelled: In the middle.
    """
    if files[0].suffix.lower() in PICTURES and all(orientation(_bytes(file)) == 1 for file in files):
        return files
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    for file in monitor.steps("images", files, len(files)):
        made.append(folder / f"{len(made):04d}.png")
        write_atomic(made[-1], encode_image(_decoded(file, cv2.IMREAD_COLOR), "png", 100))
    return tuple(made)


def read_picture(file: Path) -> Pixels:
    """The pixels of a file, BGR [h, w, 3], as stored: orientation tags are left alone.

    Raises:
        InputError: It cannot be read or decoded.
    """
    return _decoded(file, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)


def _decoded(file: Path, flags: int) -> Pixels:
    data = _bytes(file)
    try:
        any_image_size(data)  # before memory is taken for it
    except ValueError as error:
        raise InputError(f"cannot be decoded as an image ({error})", str(file), "Copy it anew") from error
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None:
        raise InputError("cannot be decoded as an image", str(file), "Copy it anew")
    return np.asarray(pixels, np.uint8)


def _bytes(file: Path) -> bytes:
    """By way of bytes: OpenCV's own reader misses non-ASCII paths on Windows."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", str(file)) from error
