# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames to files and back."""

import re
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from ..arrays import Pixels
from ..errors import InputError

Format = Literal["png", "jpg"]

FORMATS: tuple[Format, ...] = ("png", "jpg")

_FRAME_NAME = re.compile(r"frame_(\d{6}|[1-9]\d{6,})\.(png|jpg)")

_KEY_DIGITS = 8
_CLIP_FRAME_NAME = re.compile(r"frame_(\d{6}|[1-9]\d{6,}|-\d{5}|-[1-9]\d{5,})-[0-9a-f]{8}\.(png|jpg)")


def frame_name(number: int, image_format: Format) -> str:
    """File name of a frame, numbered from 1: frame_000001.png."""
    return f"frame_{number:06d}.{image_format}"


def frame_number(name: str, image_format: Format) -> int | None:
    """The number of a frame by its file name, or None if `frame_name` does not make such names."""
    match = _FRAME_NAME.fullmatch(name)
    return int(match[1]) if match and match[2] == image_format else None


def clip_frame_name(number: int, key: str, image_format: Format) -> str:
    """File name of a clip's frame: frame_000001-4f0c9a1b.png, with the beginning of its key.

    Frames before the sound have numbers below 1: frame_-00011-4f0c9a1b.png.
    """
    return f"frame_{number:06d}-{key[:_KEY_DIGITS]}.{image_format}"


def is_clip_part(name: str) -> bool:
    """Whether a file has the `part_path` name of a clip's frame; a run that was killed leaves such files."""
    frame = name.removeprefix(".").removesuffix(".part")
    return len(name) == len(frame) + len("..part") and _CLIP_FRAME_NAME.fullmatch(frame) is not None


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


def part_number(name: str) -> int | None:
    """The number of a frame by its `part_path` name, or None; a run that was killed leaves such files."""
    match = _FRAME_NAME.fullmatch(name[1 : -len(".part")]) if name.endswith(".part") else None
    return int(match[1]) if match else None
