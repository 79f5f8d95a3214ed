# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a TOML table key by key, so that every problem is named with its file, table and key."""

import math
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from ..errors import AvatarError

T = TypeVar("T")

_RATE = re.compile(r"[1-9]\d{0,8}(/[1-9]\d{0,8})?")  # of a sane length
_SHA256 = re.compile(r"[0-9a-f]{64}")


def read_toml(data: bytes, file: Path) -> "Table":
    """The top table of a TOML file, of which `data` are the bytes.

    Raises:
        AvatarError: It is no UTF-8 or no TOML.
    """
    try:
        return Table(tomllib.loads(data.decode("utf-8")), file)
    except (ValueError, RecursionError) as error:  # of tomllib, of UTF-8, or of a number of 5000 digits
        raise AvatarError(f"not valid TOML: {error}", str(file)) from error


def path_inside(folder: Path, relative: str) -> Path:
    """The path of a file of `folder`, written relative to it with forward slashes.

    Raises:
        ValueError: It is absolute, leaves the folder (also through a link), or is not portable.
    """
    parts = PurePosixPath(relative)
    # A colon is a drive or a stream on Windows, a backslash is a separator there and a letter elsewhere.
    if not relative or "\\" in relative or ":" in relative or "\0" in relative or parts.is_absolute():
        raise ValueError("not a relative path with forward slashes")
    path = folder / parts
    if ".." in parts.parts or (_has_link(folder, parts) and not _leads_inside(path, folder)):
        raise ValueError("outside the avatar's folder")
    return path


def _has_link(folder: Path, parts: PurePosixPath) -> bool:
    """Whether a link, of whatever sort a system has, is on the way; a tenth of the time of following it."""
    place = str(folder)
    for name in parts.parts:
        place = f"{place}{os.sep}{name}"
        try:
            found = os.lstat(place)
        except OSError:  # it is not there, or nobody may look: whoever opens it will tell
            return False
        if stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", False):
            return True
    return False


def _leads_inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


class Table:
    """One table of a TOML file. Take what it should have, then call `done`: what is left over is refused."""

    def __init__(self, data: Mapping[str, object], file: Path, name: str = "") -> None:
        self._data = data
        self._file = file
        self._name = name
        self._known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        """All keys of the table, taken or not."""
        return iter(self._data)

    def fail(self, key: str, what: str, how: str = "") -> AvatarError:
        """The error that names this file, this table and `key`."""
        table = f"[{self._name}] " if self._name else ""
        return AvatarError(what, f"{self._file}: {table}{key}", how)

    def table(self, key: str) -> "Table":
        """The table under `key`."""
        return Table(self._take(key, dict, "a table"), self._file, key)

    def text(self, key: str) -> str:
        """A string that is not empty."""
        value = self._take(key, str, "a text in quotes")
        if not value.strip():
            raise self.fail(key, "is empty")
        return value

    def choice(self, key: str, allowed: Sequence[str]) -> str:
        """One of the `allowed` strings."""
        value = self.text(key)
        if value not in allowed:
            raise self.fail(key, f'"{value}" is not known', f"It can be: {', '.join(allowed)}")
        return value

    def integer(self, key: str, least: int) -> int:
        """A whole number of at least `least`."""
        value = self._take(key, int, "a whole number")
        if value < least:
            raise self.fail(key, f"{value} is less than {least}")
        return value

    def integers(self, key: str, count: int) -> tuple[int, ...]:
        """A list of `count` whole numbers."""
        values = self._take(key, list, f"a list of {count} whole numbers")
        if len(values) != count or any(type(value) is not int for value in values):
            raise self.fail(key, f"must be a list of {count} whole numbers, not {values!r}")
        return tuple(values)

    def number(self, key: str, least: float) -> float:
        """A finite number of at least `least`."""
        value = self._take(key, (int, float), "a number")
        if not math.isfinite(value) or value < least:
            raise self.fail(key, f"{value} is not a finite number of at least {least:g}")
        return float(value)

    def boolean(self, key: str) -> bool:
        """True or false."""
        self._known.add(key)
        value = self._data.get(key)
        if not isinstance(value, bool):
            raise self.fail(key, f"must be true or false, not {value!r}")
        return value

    def rate(self, key: str) -> Fraction:
        """A positive rate: a whole number, or a text such as "30000/1001"."""
        value: Any = self._take(key, (int, str), 'a whole number or a text such as "30000/1001"')
        if not _RATE.fullmatch(str(value)):
            raise self.fail(key, f'"{value}" is not a rate above 0', 'Write 25 or "30000/1001"')
        return Fraction(value)

    def path(self, key: str, folder: Path) -> str:
        """A relative path, with forward slashes, of a file inside `folder`."""
        relative = self.text(key)
        self.check_path(key, relative, folder)
        return relative

    def path_key(self, key: str, folder: Path) -> str:
        """A key that is itself such a path."""
        self.check_path(key, key, folder)
        return key

    def check_path(self, key: str, relative: str, folder: Path) -> None:
        """Refuse a path that is not `relative` or leaves `folder`."""
        try:
            path_inside(folder, relative)
        except ValueError as error:
            how = "Paths are relative, use forward slashes and stay inside the folder"
            raise self.fail(key, f'"{relative}" is {error}', how) from None

    def sha256(self, key: str) -> str:
        """A SHA-256 as 64 hexadecimal digits, in lower case."""
        value = self.text(key).lower()
        if not _SHA256.fullmatch(value):
            raise self.fail(key, f'"{value}" is not a SHA-256 of 64 hexadecimal digits')
        return value

    def done(self) -> None:
        """Refuse the keys that nobody took."""
        for key in self._data:
            if key not in self._known:
                raise self.fail(key, "is not a known key", f"Known here: {', '.join(sorted(self._known))}")

    def _take(self, key: str, kind: type[T] | tuple[type[T], ...], meaning: str) -> T:
        self._known.add(key)
        if key not in self._data:
            raise self.fail(key, "is missing", f"It must be {meaning}")
        value = self._data[key]
        # true and false are whole numbers to Python, but not to whoever wrote the file.
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.fail(key, f"must be {meaning}, not {value!r}")
        return value
