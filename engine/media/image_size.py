# SPDX-License-Identifier: GPL-3.0-or-later
"""The size of an image from its header alone: a thousand template frames are checked in no time."""

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"

# Markers of JPEG (ITU-T T.81, table B.1): the frame headers are C0 ... CF, but for these three.
_NO_FRAME = {0xC4, 0xC8, 0xCC}

_GIF = b"GIF8"
_BMP = b"BM"
_TIFF = {b"II*\0": "little", b"MM\0*": "big"}

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


def has_alpha(data: bytes) -> bool:
    """Whether a PNG's pixels have alpha, by the first 26 bytes of its file."""
    return data.startswith(_PNG) and data[25:26] in (b"\x04", b"\x06")


def any_image_size(data: bytes) -> tuple[int, int]:
    """The same of a GIF, WebP, TIFF or BMP, too; ValueError as by `image_size`."""
    if data.startswith(_GIF):
        size = _little(data, 6, 2), _little(data, 8, 2)
    elif data.startswith(_BMP):
        size = _little(data, 18, 4), abs(int.from_bytes(data[22:26], "little", signed=True))
    elif data[:4] in _TIFF:
        size = _tiff_size(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        size = _webp_size(data)
    else:
        return image_size(data)
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


def _webp_size(data: bytes) -> tuple[int, int]:
    """Of the three kinds of WebP (RFC 9649): lossy, lossless, extended."""
    kind = data[12:16]
    if kind == b"VP8 ":
        return _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF
    if kind == b"VP8L":
        bits = _little(data, 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return _little(data, 24, 3) + 1, _little(data, 27, 3) + 1
    raise ValueError("a WebP of no known kind")


def _tiff_size(data: bytes) -> tuple[int, int]:
    """From the tags 256 and 257 of the first directory (TIFF 6.0), of 16 or 32 bits."""
    found = tiff_tags(data, {256, 257})
    if len(found) < 2:
        raise ValueError("a TIFF without its size")
    return found[256], found[257]


def tiff_tags(data: bytes, wanted: set[int]) -> dict[int, int]:
    """Whole numbers of 16 or 32 bits in the first directory of a TIFF, which the data of EXIF is, too."""
    order = _TIFF.get(data[:4])
    if order is None:
        return {}

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], "little" if order == "little" else "big")

    begin = number(4, 4)
    found = {}
    for entry in range(begin + 2, begin + 2 + 12 * number(begin, 2), 12):
        tag, kind = number(entry, 2), number(entry + 2, 2)
        if tag in wanted and kind in (3, 4) and entry + 12 <= len(data):
            found[tag] = number(entry + 8, 2 if kind == 3 else 4)
    return found


def _little(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise ValueError("an image that breaks off")
    return int.from_bytes(data[at : at + size], "little")
