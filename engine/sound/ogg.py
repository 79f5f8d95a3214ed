# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of an Ogg file (RFC 3533): streams that follow each other, and ends that were never written.

Of streams in a row (radio recorders, files that were joined) libsndfile plays the first and says nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .byte_view import Part

_MAGIC = b"OggS"
_HEAD_BYTES = 27
_FIRST, _LAST = 2, 4  # bits of a page's flags
_FLAGS_AT, _CRC_AT = 5, 22


@dataclass(frozen=True)
class _Page:
    at: int
    size: int
    flags: int


def ogg_parts(file: BinaryIO, end: int) -> tuple[Part, ...]:
    """A part for each stream, or group of streams side by side; what is no page between them is left out.

    A last page without the mark of the last, as telephones and killed recorders leave it, is read with it.

    Raises:
        ValueError: A page is cut off; a phrase that says so.
    """
    links: list[list[_Page]] = []
    for page in _pages(file, end):
        if page.at + page.size > end:
            raise ValueError(f"its last page has {end - page.at} of {page.size} bytes")
        if page.flags & _FIRST and (not links or not links[-1][-1].flags & _FIRST):
            links.append([page])
        elif links:
            links[-1] = [links[-1][0], page]  # the first and the newest are all that is asked for
    return tuple(_part(file, pages[0], pages[-1]) for pages in links)


def _pages(file: BinaryIO, end: int) -> Iterator[_Page]:
    at = 0
    while (at := _find(file, at, end)) < end:
        file.seek(at)
        head = file.read(_HEAD_BYTES)
        if len(head) < _HEAD_BYTES:
            yield _Page(at, _HEAD_BYTES, 0)
            return
        table = file.read(head[26])
        if len(table) < head[26]:
            yield _Page(at, _HEAD_BYTES + head[26], 0)
            return
        page = _Page(at, _HEAD_BYTES + len(table) + sum(table), head[_FLAGS_AT])
        yield page
        at += page.size


def _find(file: BinaryIO, at: int, end: int) -> int:
    """Where the next page begins; `end` if there is none."""
    step = 1 << 16
    while at < end:
        file.seek(at)
        data = file.read(step)
        found = data.find(_MAGIC)
        if found >= 0:
            return at + found
        at += max(1, len(data) - len(_MAGIC) + 1) if len(data) == step else len(data) or end
    return end


def _part(file: BinaryIO, first: _Page, last: _Page) -> Part:
    end = last.at + last.size
    if last.flags & _LAST or last is first:
        return Part(first.at, end)
    file.seek(last.at)
    page = bytearray(file.read(last.size))
    page[_FLAGS_AT] |= _LAST
    page[_CRC_AT : _CRC_AT + 4] = bytes(4)
    patches = (last.at + _FLAGS_AT, bytes([page[_FLAGS_AT]])), (last.at + _CRC_AT, _crc(bytes(page)))
    return Part(first.at, end, patches)


def _crc(page: bytes) -> bytes:
    """A page's checksum: polynomial 0x04C11DB7, highest bit first, from 0."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = ((value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value.to_bytes(4, "little")
