# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are videos: FFmpeg takes lists of other files for one, too, and opens whatever they name."""

from pathlib import Path

_ISO_PARTS = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}  # mp4 and mov begin with one
_MATROSKA = b"\x1a\x45\xdf\xa3"  # mkv and webm
_MPEG = b"\0\0\1\xba"
_WINDOWS = b"\x30\x26\xb2\x75"  # wmv


def check_video(file: Path) -> None:
    """See by its first bytes that a file is a video.

    Raises:
        ValueError: It is none: a playlist, a list of parts, an image, or something else.
        OSError: It cannot be read.
    """
    with file.open("rb") as video:
        head = video.read(12)
    riff = head[:4] == b"RIFF" and head[8:12] == b"AVI "
    if not (riff or head[4:8] in _ISO_PARTS or head[:4] in (_MATROSKA, _MPEG, _WINDOWS)):
        raise ValueError("it is no mp4, mov, mkv, webm, avi, mpg or wmv")
