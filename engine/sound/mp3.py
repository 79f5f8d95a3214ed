# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the frames of an mp3 file without decoding them.

The decoder of libsndfile believes the file's header, or guesses a length from the first frame; where that is
wrong it quietly loses the end of the sound.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .byte_view import Part

# ISO/IEC 11172-3 and 13818-3, layer III: kbit/s by index, index 0 ("free format") and 15 are not countable.
_KBITS_MPEG1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_MPEG2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES_MPEG1 = (44100, 48000, 32000)
_RATE_DIVISOR = {3: 1, 2: 2, 0: 4}  # version bits: MPEG 1, 2, 2.5
_LAYER_III = 1


@dataclass(frozen=True)
class Mp3Frames:
    """What the frames of an mp3 add up to."""

    count: int
    """Whole frames of sound that it holds."""
    samples: int
    """Samples a channel in one of them: 1152 or 576."""
    promised: int
    """Frames that its own Xing or Info header counts; 0 without one."""


def mp3_parts(path: Path) -> tuple[Part, ...]:
    """The mp3s that were joined to one file, without the tags and the junk around them; () if it is no mp3.

    Each begins with a header of its own, Xing or Info, which a decoder takes for that of the whole file.

    Raises:
        ValueError: One is cut short; a phrase that says what it lacks.
    """
    if not _looks_like_mp3(path):
        return ()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        parts: list[Part] = []
        for at, length, _samples in _walk(data):
            if not parts or _is_header(data[at : at + length]):
                parts.append(Part(at, at + length))
            parts[-1] = Part(parts[-1].begin, at + length)
    for part in parts:
        frames = frames_of(path, part)
        if frames.count + 1 < frames.promised:  # some writers count the header's own frame too
            raise ValueError(f"its header promises {frames.promised} frames, it holds {frames.count}")
    return tuple(parts)


def frames_of(path: Path, part: Part | None = None) -> Mp3Frames:
    """Count the frames of layer III in a file that is not empty, or in a part; all zero if there are none."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        begin, end = (part.begin, part.end) if part else (0, len(data))
        frames = (frame for frame in _walk(data, begin) if frame[0] < end)
        first = next(frames, None)
        if first is None:
            return Mp3Frames(0, 0, 0)
        at, length, samples = first
        promised = _promise(data[at : at + length])
        # The frame that carries the promise carries no sound.
        return Mp3Frames(sum(1 for _ in frames) + (not promised), samples, promised)


def _looks_like_mp3(path: Path) -> bool:
    """Whether it begins with a tag, a frame, or zeros and then a frame."""
    with path.open("rb") as file:
        head = file.read(1 << 20)
    if head[:3] == b"ID3" or head[:8] == b"APETAGEX":
        return True
    first = head.lstrip(b"\0")[:4]
    return len(first) == 4 and _frame(first) != (0, 0)


def _walk(data: bytes | mmap.mmap, begin: int = 0) -> Iterator[tuple[int, int, int]]:
    """Offset, length in bytes and samples of every whole frame, over whatever junk lies between them."""
    at = begin or _after_tag(data)
    while at >= 0 and at + 4 <= len(data):
        length, samples = _frame(data[at : at + 4])
        if not length:
            at = data.find(b"\xff", at + 1)
            continue
        if at + length <= len(data):
            yield at, length, samples
        at += length


def _after_tag(data: bytes | mmap.mmap) -> int:
    """Where the tag at the front ends, ID3v2 (its size is four times seven bits) or APEv2."""
    head = data[0:32]
    if len(head) >= 10 and head[:3] == b"ID3":
        return 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    if len(head) == 32 and head[:8] == b"APETAGEX":
        return 32 + int.from_bytes(head[12:16], "little")
    return 0


def _frame(head: bytes) -> tuple[int, int]:
    """Length in bytes and samples of the frame with this header; 0, 0 if it is none."""
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bit_rate, rate = head[2] >> 4, head[2] >> 2 & 3
    if head[0] != 0xFF or head[1] < 0xE0 or version == 1 or layer != _LAYER_III:
        return 0, 0
    if bit_rate in (0, 15) or rate == 3:
        return 0, 0
    kbits = _KBITS_MPEG1 if version == 3 else _KBITS_MPEG2
    samples = 1152 if version == 3 else 576
    hertz = _RATES_MPEG1[rate] // _RATE_DIVISOR[version]
    return samples // 8 * kbits[bit_rate] * 1000 // hertz + (head[2] >> 1 & 1), samples


def _promise(frame: bytes) -> int:
    """Frames counted by the Xing (variable rate) or Info (constant rate) header in the first frame."""
    at = _header_at(frame)
    return int.from_bytes(frame[at + 8 : at + 12], "big") if at >= 0 and frame[at + 7] & 1 else 0


def _is_header(frame: bytes) -> bool:
    return _header_at(frame) >= 0


def _header_at(frame: bytes) -> int:
    """Where a frame names itself a header, behind 9 to 32 bytes of side information; -1 if it is none."""
    return max(frame.find(name, 0, 64) for name in (b"Xing", b"Info"))
