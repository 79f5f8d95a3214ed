# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a sound file holds all that its headers promise: libsndfile reads what there is and says nothing.

Only what can be known without decoding is looked at; a stream that breaks off is seen while it is read.
"""

from pathlib import Path
from typing import BinaryIO, Literal

from .mp3 import frames_of

# Writers to pipes cannot go back to fill in the size and leave 0xFFFFFFFF or about 0x7FFFF000 in its place.
_UNKNOWN_SIZE = 0x7FFF0000
_LAST_PAGE_BYTES = 1 << 16  # an Ogg page has at most 65,307 bytes
_END_OF_STREAM = 4


def shortfall(path: Path) -> str:
    """What a wav, aiff, ogg or mp3 file lacks, as a phrase; "" if nothing, or if it is something else."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == b"RIFF":
            return _chunk_shortfall(file, b"data", "little")
        if head[:4] in (b"RIFX", b"FORM"):
            return _chunk_shortfall(file, b"data" if head[:4] == b"RIFX" else b"SSND", "big")
        if head[:4] == b"OggS":
            return _ogg_shortfall(file)
        if head[:3] == b"ID3" or head[:1] == b"\xff":
            frames = frames_of(path)
            if frames.count + 1 < frames.promised:  # some writers count the header's own frame too
                return f"its header promises {frames.promised} frames, it holds {frames.count}"
    return ""


def _chunk_shortfall(file: BinaryIO, sound: bytes, order: Literal["little", "big"]) -> str:
    """Walk the chunks (name, size, content, padded to even) behind the 12 bytes of the header."""
    end = file.seek(0, 2)
    at = 12
    while at + 8 <= end:
        file.seek(at)
        name, size = file.read(4), int.from_bytes(file.read(4), order)
        at += 8
        if name == sound:
            short = size < _UNKNOWN_SIZE and at + size > end
            return f"its header promises {size} bytes of sound, it holds {end - at}" if short else ""
        at += size + size % 2
    return ""


def _ogg_shortfall(file: BinaryIO) -> str:
    """The last page of a whole stream says that it is the last."""
    end = file.seek(0, 2)
    file.seek(max(0, end - _LAST_PAGE_BYTES))
    tail = file.read()
    page = tail.rfind(b"OggS")
    flags = tail[page + 5 : page + 6]
    return "" if page >= 0 and flags and flags[0] & _END_OF_STREAM else "it has no last page"
