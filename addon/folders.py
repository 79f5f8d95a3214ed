# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder in which a strip's frames lie."""

import re
from pathlib import Path

# What some file system does not take, so that a project can move from one system to another.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 80  # characters; most file systems take 255 bytes


def folder_name(strip_name: str) -> str:
    """A name for a folder after that of a strip, on every system: "talk: 1.wav" becomes "talk_ 1.wav"."""
    name = _FORBIDDEN.sub("_", strip_name)[:_LONGEST].strip(" .")
    if not name or _DEVICES.fullmatch(name):
        return f"strip_{name}".rstrip("_")
    return name


def frames_there(folder: Path, suffix: str, known: int = 0) -> int:
    """How many frames lie in `folder` without a gap from frame 1 on; `suffix` is png or jpg.

    So many as are `known` from before need not be looked for again.
    """
    count = known
    while (folder / frame_file(count + 1, suffix)).is_file():
        count += 1
    return count


def frames_kept(folder: Path, suffix: str) -> int:
    """How many frames lie in `folder`, gaps or not."""
    return sum(1 for _ in folder.glob(f"frame_*.{suffix}"))


def frame_file(number: int, suffix: str) -> str:
    """The file name of a frame, from 1, as the engine writes it."""
    return f"frame_{number:06d}.{suffix}"
