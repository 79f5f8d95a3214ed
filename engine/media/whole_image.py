# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an image file is all there, which a decoder that fills in what is missing does not say."""

import zlib

import cv2
import numpy as np

from .image_size import image_size

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_END = b"\xff\xd9"


def whole_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of an image file's bytes, png or jpg; None if it is damaged, cut short or neither."""
    if not (_is_whole_png(data) if data.startswith(_PNG) else _JPEG_END in data[-64:]):
        return None
    try:
        size = image_size(data)  # refuses images that are too large to be decoded
    except ValueError:
        return None
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return size if pixels is not None and pixels.shape[1::-1] == size else None


def _is_whole_png(data: bytes) -> bool:
    """Whether every chunk is there with its checksum, up to the one that ends the image."""
    at = len(_PNG)
    while len(data) >= at + 12:
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return False
        if kind == b"IEND":
            return True
        at = end + 4
    return False
