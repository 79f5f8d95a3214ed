# SPDX-License-Identifier: GPL-3.0-or-later
"""The size of an image from its header alone: a thousand template frames are checked in no time."""

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"

# Markers of JPEG (ITU-T T.81, table B.1): the frame headers are C0 ... CF, but for these three.
_NO_FRAME = {0xC4, 0xC8, 0xCC}

_MOST_PIXELS = 1 << 26  # 8192 x 8192; a file of 1 MB may claim a hundred times as many, to fill the memory


def image_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, as stored, of a PNG or JPEG.

    Raises:
        ValueError: It is neither, claims too many pixels, or has a part that is said to go on behind the end
            of the file.
    """
    if data.startswith(_PNG) and len(data) >= 24:
        _check_chunks(data)
        size = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    elif data.startswith(_JPEG):
        size = _jpeg_size(data)
    else:
        raise ValueError("not a PNG or JPEG")
    check_pixels(*size)
    return size


def check_pixels(width: int, height: int) -> None:
    """ValueError if an image of this size would fill the memory."""
    if width * height > _MOST_PIXELS:
        raise ValueError(f"it is {width}x{height}, more than {_MOST_PIXELS} pixels")


def _check_chunks(data: bytes) -> None:
    """Length, name, content, checksum: decoders make room for the length before they look for the content."""
    at = len(_PNG)
    while at < len(data):
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    if at > len(data):
        raise ValueError("a PNG that breaks off")


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise ValueError("a JPEG that breaks off")
