# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are videos: FFmpeg takes lists of other files for one, too, and opens whatever they name."""

from pathlib import Path

_ISO_PARTS = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}  # mp4 and mov begin with one
_BEGINNINGS = (
    b"\x1a\x45\xdf\xa3",  # mkv and webm
    b"\0\0\1\xba",  # mpg
    b"\x30\x26\xb2\x75",  # wmv
    b"OggS",
    b"FLV\x01",
    b"GIF8",
    b"\x06\x0e\x2b\x34",  # mxf
)
_TS_PACKET = 188  # bytes, each packet beginning with 0x47


def check_video(file: Path) -> None:
    """See by its first bytes that a file is a video.

    Raises:
        ValueError: It is none: a playlist, a list of parts, an image, or something else.
        OSError: It cannot be read.
    """
    with file.open("rb") as video:
        head = video.read(2 * _TS_PACKET + 1)
    riff = head[:4] == b"RIFF" and head[8:12] == b"AVI "
    stream = [head[at : at + 1] for at in (0, _TS_PACKET, 2 * _TS_PACKET)] == [b"G"] * 3
    if not (riff or stream or head[4:8] in _ISO_PARTS or head.startswith(_BEGINNINGS)):
        raise ValueError("it is no mp4, mov, mkv, webm, avi, mpg, ts, mxf, flv, ogv, gif or wmv")
