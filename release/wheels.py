# SPDX-License-Identifier: GPL-3.0-or-later
"""The libraries that the extension carries: chosen from the lock for each system and Python, fetched once."""

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from packaging.markers import Environment, default_environment
from packaging.pylock import PackageWheel, Pylock, PylockSelectError
from packaging.tags import compatible_tags, cpython_tags, mac_platforms

from ..engine.errors import InputError

Python = tuple[int, int]

PYTHONS: tuple[Python, ...] = ((3, 11), (3, 13))
"""Of Blender 4.2 to 5.0, and of the versions since; some distributions build Blender with another."""


@dataclass(frozen=True)
class Platform:
    """A system that a zip is for."""

    name: str
    """As Blender calls it."""
    system: str
    """`sys.platform` there."""
    tags: tuple[str, ...]
    """What wheels for it are called, the best first."""


_SYSTEMS = (
    Platform("linux-x64", "linux", tuple(f"manylinux_2_{minor}_x86_64" for minor in range(28, 16, -1))),
    Platform("windows-x64", "win32", ("win_amd64",)),
    Platform("macos-arm64", "darwin", tuple(mac_platforms((14, 0), "arm64"))),  # the oldest of onnxruntime's
)
PLATFORMS = {platform.name: platform for platform in _SYSTEMS}
"""All systems that zips are built for, by their names."""


def read_lock(file: Path) -> Pylock:
    """The lock of the extension's libraries (`make lock` writes it)."""
    return Pylock.from_dict(tomllib.loads(file.read_text(encoding="utf-8")))


def choose(lock: Pylock, platform: Platform, pythons: Iterable[Python]) -> list[PackageWheel]:
    """The wheels that these Pythons need on a system, each once, by file name.

    Raises:
        InputError: A library has no wheel for one of them.
    """
    found: dict[str, PackageWheel] = {}
    for major, minor in pythons:
        tags = [
            *cpython_tags((major, minor), platforms=platform.tags),
            *compatible_tags((major, minor), f"cp{major}{minor}", platform.tags),
        ]
        try:
            chosen = list(lock.select(environment=_environment(platform, (major, minor)), tags=tags))
        except PylockSelectError as error:
            where = f"{platform.name}, Python {major}.{minor}"
            raise InputError(str(error), where, "Choose other versions in pyproject.toml") from error
        for _, wheel in chosen:
            if not isinstance(wheel, PackageWheel):
                raise InputError("is not a wheel", str(wheel), "Let the lock name wheels only")
            found[wheel.filename] = wheel
    return [found[name] for name in sorted(found)]


def fetch(wheel: PackageWheel, folder: Path) -> Path:
    """The wheel as a file in `folder`, from the network if it is not there yet.

    Raises:
        InputError: It cannot be fetched, or its hash is not the lock's.
    """
    file = folder / wheel.filename
    if file.is_file() and _is_right(wheel, file.read_bytes()):
        return file
    url = wheel.url or ""
    if not url.startswith("https://"):
        raise InputError("has no address to fetch it from", wheel.filename, "Renew the lock: make lock")
    try:
        with urlopen(url) as answer:  # noqa: S310 - https, as seen above
            data = answer.read()
    except OSError as error:
        how = "Look at the network and try again: what is there already is kept"
        raise InputError(f"cannot be fetched ({error})", url, how) from error
    if not _is_right(wheel, data):
        raise InputError("its SHA-256 is not the lock's", url, "Do not use it; find out why it changed")
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def _environment(platform: Platform, python: Python) -> Environment:
    """What the lock's markers ask for; none of them asks for more than these."""
    version = f"{python[0]}.{python[1]}"
    environment = default_environment()
    environment["sys_platform"] = platform.system
    environment["python_version"] = version
    environment["python_full_version"] = f"{version}.0"
    return environment


def _is_right(wheel: PackageWheel, data: bytes) -> bool:
    return hashlib.sha256(data).hexdigest() == wheel.hashes["sha256"]
