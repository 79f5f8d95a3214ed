# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an .onnx file keeps weights in other files: those could lie anywhere, and no hash covers them.

Versions of onnxruntime differ in what they let a path lead to, so nothing is left to them. Only the headers
of the file's parts are read (protobuf wire format, field numbers of onnx.proto3); weights are stepped over.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path

# Message -> field -> message that lies in it. Whatever is not here holds no tensor.
_INSIDE = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # of a tensor
_VARINT, _BYTES = 0, 2
_FIXED = {1: 8, 5: 4}  # bytes of these wire types
_MOST_BYTES = 10  # of a number
_DEEPEST = 100  # as protobuf's own readers have it


def has_external_data(file: Path) -> bool:
    """Whether a tensor anywhere in the network is said to lie in another file.

    Raises:
        ValueError: It is no protobuf message.
        OSError: It cannot be read.
    """
    with file.open("rb") as stream:
        if not stream.read(1):
            raise ValueError("the file is empty")
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _external(data, 0, len(data), "model", 0)


def _external(data: mmap.mmap, at: int, end: int, message: str, depth: int) -> bool:
    if depth > _DEEPEST:
        raise ValueError("messages lie too deep in one another")
    for field, start, stop in _fields(data, at, end):
        if message == "tensor":
            if field == _EXTERNAL_DATA or (field == _DATA_LOCATION and any(data[start:stop])):
                return True
        elif field in _INSIDE[message] and _external(data, start, stop, _INSIDE[message][field], depth + 1):
            return True
    return False


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The fields of a message: number, and where the value begins and ends."""
    while at < end:
        key, at = _number(data, at, end)
        wire = key & 7
        if wire == _BYTES:
            length, at = _number(data, at, end)
        elif wire in _FIXED:
            length = _FIXED[wire]
        elif wire == _VARINT:
            length = _number(data, at, end)[1] - at
        else:
            raise ValueError(f"there is no wire type {wire}")
        if at + length > end:
            raise ValueError("it breaks off")
        yield key >> 3, at, at + length
        at += length


def _number(data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    """A number in base 128, least digit first, and where it ends."""
    number = 0
    for digit in range(_MOST_BYTES):
        if at + digit >= end:
            break
        byte = data[at + digit]
        number |= (byte & 127) << 7 * digit
        if byte < 128:
            return number, at + digit + 1
    raise ValueError("it breaks off in a number")
