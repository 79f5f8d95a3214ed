# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a sound file a decoder is shown: all that is in it, whatever its headers say.

libsndfile believes headers: it plays what a cut file still has, and leaves out what follows a first stream,
without a word. Only what can be known without decoding is looked at here; a stream that breaks off is seen
while it is read.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from .byte_view import Part
from .mp3 import mp3_parts
from .ogg import ogg_parts

# Writers to pipes cannot go back to fill in the size and leave 0xFFFFFFFF or about 0x7FFFF000 in its place.
_UNKNOWN_SIZE = 0x7FFF0000
_UNKNOWN_LONG_SIZE = 1 << 62
_MP3_IN_WAV = 0x55
_Order = Literal["little", "big"]


def parts_of(path: Path) -> tuple[Part, ...]:
    """The parts of a sound file that are decoded one after the other; one, nearly always.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is cut short; a phrase that says what it lacks.
    """
    with path.open("rb") as file:
        end = file.seek(0, 2)
        file.seek(0)
        head = file.read(12)
        for magic, look in _KINDS.items():
            if head.startswith(magic):
                return look(file, end)
        return mp3_parts(path) or (Part(0, end),)


def _riff(file: BinaryIO, end: int) -> tuple[Part, ...]:
    return _little_or_big(file, end, "little")


def _rifx(file: BinaryIO, end: int) -> tuple[Part, ...]:
    return _little_or_big(file, end, "big")


def _little_or_big(file: BinaryIO, end: int, order: _Order) -> tuple[Part, ...]:
    whole = Part(0, end)
    kind = 0
    for name, at, size in _chunks(file, 12, end, order):
        if name == b"fmt ":
            file.seek(at)
            kind = int.from_bytes(file.read(2), order)
        if name == b"data":
            if size == 0 and not _are_chunks(file, at, end):  # a recorder was ended before it wrote the size
                return (Part(0, end, ((at - 4, min(end - at, 0xFFFFFFFF).to_bytes(4, order)),)),)
            _check(size, end - at, _UNKNOWN_SIZE)
            if kind == _MP3_IN_WAV:
                return (Part(at, min(end, at + size)),)
            break
    return (whole,)


def _aiff(file: BinaryIO, end: int) -> tuple[Part, ...]:
    for name, at, size in _chunks(file, 12, end, "big"):
        if name == b"SSND":
            _check(size, end - at, _UNKNOWN_SIZE)
    return (Part(0, end),)


def _rf64(file: BinaryIO, end: int) -> tuple[Part, ...]:
    """Its data chunk is as long as the chunk ds64 says (EBU Tech 3306; ITU-R BS.2088 calls it BW64)."""
    size_at, promised = 0, 0
    patches: tuple[tuple[int, bytes], ...] = ((0, b"RF64"),)
    for name, at, size in _chunks(file, 12, end, "little"):
        if name == b"ds64":
            size_at = at + 8
            file.seek(size_at)
            promised = int.from_bytes(file.read(8), "little")
        if name == b"data":
            length = promised if size >= _UNKNOWN_SIZE else size
            if length == 0 and size_at:
                patches = (*patches, (size_at, (end - at).to_bytes(8, "little")))
            _check(length, end - at, _UNKNOWN_LONG_SIZE)
            break
    return (Part(0, end, patches),)


def _w64(file: BinaryIO, end: int) -> tuple[Part, ...]:
    """Sony's: chunks of 16 bytes of name, 8 of size with these 24, padded to 8."""
    at = 40
    while at + 24 <= end:
        file.seek(at)
        name, size = file.read(16), int.from_bytes(file.read(8), "little")
        if name[:4] == b"data":
            _check(size - 24, end - at - 24, _UNKNOWN_LONG_SIZE)
            break
        at += max(24, size + -size % 8)
    return (Part(0, end),)


def _au(file: BinaryIO, end: int) -> tuple[Part, ...]:
    file.seek(0)
    order: _Order = "big" if file.read(4) == b".snd" else "little"
    begin, size = (int.from_bytes(file.read(4), order) for _ in range(2))
    _check(size, end - begin, _UNKNOWN_SIZE)
    return (Part(0, end),)


def _caf(file: BinaryIO, end: int) -> tuple[Part, ...]:
    """Apple's: chunks of 4 bytes of name and 8 of size; -1 goes on to the end."""
    at = 8
    while at + 12 <= end:
        file.seek(at)
        name, size = file.read(4), int.from_bytes(file.read(8), "big", signed=True)
        at += 12
        if name == b"data" or size < 0:
            _check(size, end - at, _UNKNOWN_LONG_SIZE)
            break
        at += size
    return (Part(0, end),)


def _chunks(file: BinaryIO, at: int, end: int, order: _Order) -> Iterator[tuple[bytes, int, int]]:
    """Name, offset of the content and size of the chunks from an offset on."""
    while at + 8 <= end:
        file.seek(at)
        name, size = file.read(4), int.from_bytes(file.read(4), order)
        yield name, at + 8, size
        at += 8 + size + size % 2  # padded to even


def _are_chunks(file: BinaryIO, at: int, end: int) -> bool:
    """Whether chunks, and no samples, are what is left of a file."""
    for name, content, size in _chunks(file, at, end, "little"):
        if not all(0x20 <= letter < 0x7F for letter in name):
            return False
        at = content + size
    return at + at % 2 >= end >= at - 1


def _check(promised: int, there: int, unknown: int) -> None:
    if there < promised < unknown:
        raise ValueError(f"its header promises {promised} bytes of sound, it holds {max(0, there)}")


_KINDS: dict[bytes, Callable[[BinaryIO, int], tuple[Part, ...]]] = {
    b"RIFF": _riff,
    b"RIFX": _rifx,
    b"FORM": _aiff,
    b"RF64": _rf64,
    b"BW64": _rf64,
    b"riff": _w64,
    b".snd": _au,
    b"dns.": _au,
    b"caff": _caf,
    b"OggS": ogg_parts,
}
"""By the first bytes. The rest is shown whole, unless it is an mp3."""
