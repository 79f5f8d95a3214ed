# SPDX-License-Identifier: GPL-3.0-or-later
"""A fence around a process: what it does outside a folder, and whatever else a file must not bring it to.

Python's own audit hooks tell of it, so what libraries in C do by themselves is not seen here; the harness
looks at the folder beside theirs for that.
"""

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

# How many of an event's first arguments are paths that it changes.
_CHANGES = {"os.mkdir": 1, "os.remove": 1, "os.rmdir": 1, "os.rename": 2, "os.truncate": 1, "os.link": 2}
_CHANGES |= {"os.symlink": 2, "os.chmod": 1, "os.utime": 1, "shutil.rmtree": 1}

_NEVER = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect")


class TrespassError(Exception):
    """Something was tried that no file may bring us to."""


class Fence:
    """While its context lasts, whatever Python is to change outside a folder raises TrespassError."""

    def __init__(self, folder: Path) -> None:
        self._inside = os.path.realpath(folder)
        self._closed = False
        self.tried: list[str] = []
        """What was tried, also where somebody caught the exception."""
        sys.addaudithook(self._hook)

    def __enter__(self) -> None:
        self._closed = True

    def __exit__(self, *_: object) -> None:
        self._closed = False

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._closed:
            return
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
            self._check(arguments[0])
        elif event in _CHANGES:
            for path in arguments[: _CHANGES[event]]:
                self._check(path)
        elif event in _NEVER:
            self._refuse(event)

    def _check(self, path: Any) -> None:
        if isinstance(path, int):  # a file that is open already
            return
        found = os.path.realpath(os.fsdecode(path))
        if found != os.devnull and os.path.commonpath([found, self._inside]) != self._inside:
            self._refuse(f"{found} is outside {self._inside}")

    def _refuse(self, what: str) -> NoReturn:
        self.tried.append(what)
        raise TrespassError(what)
