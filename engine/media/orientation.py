# SPDX-License-Identifier: GPL-3.0-or-later
"""How a camera was held: the orientation that a JPEG or PNG carries beside its pixels."""

from .image_size import tiff_tags

_ORIENTATION = 0x0112
_UPRIGHT = 1
_APP1, _SCAN = 0xE1, 0xDA
_EXIF = b"Exif\0\0"
_PNG = b"\x89PNG\r\n\x1a\n"


def orientation(data: bytes) -> int:
    """The EXIF orientation of an image file's bytes, 1 ... 8; 1, upright, where there is none."""
    exif = _of_png(data) if data.startswith(_PNG) else _of_jpeg(data)
    value = tiff_tags(exif, {_ORIENTATION}).get(_ORIENTATION, _UPRIGHT)
    return value if 1 <= value <= 8 else _UPRIGHT


def _of_jpeg(data: bytes) -> bytes:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _SCAN:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        part = data[at + 4 : at + 2 + length]
        if data[at + 1] == _APP1 and part.startswith(_EXIF):
            return part[len(_EXIF) :]
        at += 2 + max(2, length)
    return b""


def _of_png(data: bytes) -> bytes:
    at = len(_PNG)
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"eXIf":
            return data[at + 8 : at + 8 + length]
        at += 12 + length
    return b""
