# SPDX-License-Identifier: GPL-3.0-or-later
"""A stretch of a file that is read as a file of its own, some of its bytes put right."""

import io
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True)
class Part:
    """What a decoder is shown of a file."""

    begin: int
    """Offset of the first byte."""
    end: int
    """Offset behind the last byte."""
    patches: tuple[tuple[int, bytes], ...] = ()
    """Offsets in the file, and the bytes that are read there in place of its own."""


class ByteView(io.RawIOBase):
    """A part of an open file. Reads behind its end give nothing, as with any file."""

    def __init__(self, raw: BinaryIO, part: Part) -> None:
        """The file stays its opener's to close."""
        self._raw, self._part, self._at = raw, part, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to an offset in the part; one before its beginning is its beginning."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._part.end - self._part.begin}
        self._at = max(0, origin[whence] + offset)
        return self._at

    def tell(self) -> int:
        """The offset in the part."""
        return self._at

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]  # typeshed: any buffer
        """Fill a buffer as far as the part goes; how many bytes that was."""
        here = self._part.begin + self._at
        data = bytearray()
        if here < self._part.end:
            self._raw.seek(here)
            data = bytearray(self._raw.read(min(len(buffer), self._part.end - here)))
        for offset, right in self._part.patches:
            for place, value in enumerate(right, offset - here):
                if 0 <= place < len(data):
                    data[place] = value
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
