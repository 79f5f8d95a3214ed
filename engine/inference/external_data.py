# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights that an .onnx file keeps in other files: where those lie, and that they are whole.

Versions of onnxruntime differ in what they let a path lead to, so nothing is left to them. Only the headers
of the file's parts are read (protobuf wire format, field numbers of onnx.proto3); weights are stepped over.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

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
    return bool(_told(file))


def external_files(file: Path) -> tuple[str, ...]:
    """The files that hold weights of a network, relative to its folder; () if there are none.

    Raises:
        ValueError: One lies outside of the folder, is not there or is too short; or this is no protobuf.
        OSError: It cannot be read.
    """
    names: dict[str, int] = {}
    for told in _told(file):
        name = told.get("location", "")
        end = int(told.get("offset", "0")) + int(told.get("length", "0"))
        names[name] = max(end, names.get(name, 0))
    for name, end in names.items():
        _check_place(file.parent, name)
        if end > (file.parent / name).stat().st_size:
            raise ValueError(f"{name} is shorter than the network says")
    return tuple(sorted(names))


def _check_place(folder: Path, name: str) -> None:
    """ValueError if a name may lead out of the folder, through a link too, or to nothing."""
    parts = PurePosixPath(name).parts
    plain = parts and not {"..", "/"} & set(parts) and not set("\\:\0") & set(name)
    if not plain or not (folder / name).resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{name!r} is not a file beside it")
    if not (folder / name).is_file():
        raise ValueError(f"{name} is missing")


def _told(file: Path) -> list[dict[str, str]]:
    """What each tensor in another file says of its place: "location", and it may be "offset" and "length"."""
    with file.open("rb") as stream:
        if not stream.read(1):
            raise ValueError("the file is empty")
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return list(_external(data, 0, len(data), "model", 0))


def _external(data: mmap.mmap, at: int, end: int, message: str, depth: int) -> Iterator[dict[str, str]]:
    if depth > _DEEPEST:
        raise ValueError("messages lie too deep in one another")
    if message == "tensor":
        parts = list(_fields(data, at, end))
        entries = [_entry(data, start, stop) for field, start, stop in parts if field == _EXTERNAL_DATA]
        if entries or any(field == _DATA_LOCATION and any(data[start:stop]) for field, start, stop in parts):
            yield dict(entries)
        return
    for field, start, stop in _fields(data, at, end):
        if field in _INSIDE[message]:
            yield from _external(data, start, stop, _INSIDE[message][field], depth + 1)


def _entry(data: mmap.mmap, at: int, end: int) -> tuple[str, str]:
    """A StringStringEntryProto: key and value."""
    texts = {field: data[start:stop].decode("utf-8") for field, start, stop in _fields(data, at, end)}
    return texts.get(1, ""), texts.get(2, "")


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
