# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes that are nearly those of a whole file."""

import random

_TOKENS = [
    *(b"-1", b"0", b"1e999", b"nan", b"99999999999999999999", b"true", b"null", b"[]", b"{}", b"[[a]]"),
    *(b'"../x"', b'"/etc/hostname"', b'"' + b"x" * 5000 + b'"', b"[" * 5000, b"\0", b"\xff", b"\n"),
]


def mutated(data: bytes, chance: random.Random, text: bool) -> bytes:
    """The bytes with a few of them flipped, cut, repeated or replaced by what parsers dislike."""
    result = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(max(1, len(result)))
        length = chance.choice((1, 2, 4, 8, 64))
        match chance.randrange(6):
            case 0 if result:
                result[at % len(result)] ^= 1 << chance.randrange(8)
            case 1:
                result[at : at + length] = chance.choice((b"\0", b"\xff", b"\x7f")) * length
            case 2:
                del result[at : at + length]
            case 3:
                result[at:at] = result[at : at + length] * chance.choice((1, 2, 100))
            case 4:
                del result[at:]
            case 5 if text:
                words = bytes(result).split(b" ")
                words[chance.randrange(len(words))] = chance.choice(_TOKENS)
                result = bytearray(b" ".join(words))
    return bytes(result)
