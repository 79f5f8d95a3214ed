# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames as files: their names, and how good they are unless told otherwise."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..media.image_files import Format

QUALITY = 95
"""Of a jpg, 1 ... 100."""

_FRAME_NAME = re.compile(r"frame_(\d{6}|[1-9]\d{6,})\.(png|jpg)")

_KEY_DIGITS = 8
_CLIP_FRAME_NAME = re.compile(r"frame_(\d{6}|[1-9]\d{6,}|-\d{5}|-[1-9]\d{5,})-[0-9a-f]{8}\.(png|jpg)")


def frame_name(number: int, image_format: "Format") -> str:
    """File name of a frame, numbered from 1: frame_000001.png."""
    return f"frame_{number:06d}.{image_format}"


def frame_number(name: str, image_format: "Format") -> int | None:
    """The number of a frame by its file name, or None if `frame_name` does not make such names."""
    match = _FRAME_NAME.fullmatch(name)
    return int(match[1]) if match and match[2] == image_format else None


def clip_frame_name(number: int, key: str, image_format: "Format") -> str:
    """File name of a clip's frame: frame_000001-4f0c9a1b.png, with the beginning of its key.

    Frames before the sound have numbers below 1: frame_-00011-4f0c9a1b.png.
    """
    return f"frame_{number:06d}-{key[:_KEY_DIGITS]}.{image_format}"


def is_clip_part(name: str) -> bool:
    """Whether a file has the `part_path` name of a clip's frame; a run that was killed leaves such files."""
    frame = name.removeprefix(".").removesuffix(".part")
    return len(name) == len(frame) + len("..part") and _CLIP_FRAME_NAME.fullmatch(frame) is not None


def part_number(name: str) -> int | None:
    """The number of a frame by its `part_path` name, or None; a run that was killed leaves such files."""
    match = _FRAME_NAME.fullmatch(name[1 : -len(".part")]) if name.endswith(".part") else None
    return int(match[1]) if match else None
