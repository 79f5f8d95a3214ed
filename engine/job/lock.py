# SPDX-License-Identifier: GPL-3.0-or-later
"""Who works on which frames of a job's folder: locks that the system drops when their process ends.

Byte n of the file .lipreel.lock stands for frame n, byte 0 for the job record; the file itself stays empty.
Processes that work on different frames of one folder so do not meet; those that want the same frames do.
Whoever lets go last removes the file.
"""

import errno
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import FolderBusyError, InputError
from ..runtime.storage import storage_error

LOCK_NAME = ".lipreel.lock"

ALL_FRAMES = range(1, 2**31 - 1)
"""Whatever the job; Windows counts the bytes of a lock in 31 bits."""

_RECORD = range(1)
_PATIENCE = 1.0  # seconds: whoever is just ending holds all frames for a moment
_PAUSE = 0.05  # seconds between two tries
_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}

# Locks of the system are those of a process: two threads would both get them, and closing one file drops all.
_mine: set[tuple[int, int]] = set()
_mine_lock = threading.Lock()


class FolderLock:
    """Frames of a folder that nobody else works on; made by `locked`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    @contextmanager
    def record(self) -> Iterator[None]:
        """Alone with the job record: waits for others, who need it for a moment only."""
        while not _take(self._file, _RECORD):
            time.sleep(_PAUSE)
        try:
            yield
        finally:
            _drop(self._file, _RECORD)


@contextmanager
def locked(folder: Path, frames: range) -> Iterator[FolderLock]:
    """Keep others from working on these frames of a folder that exists. One lock a folder and process.

    Where a file system knows no locks, nobody is kept away.

    Raises:
        FolderBusyError: Somebody else works on one of them.
        InputError: The folder cannot be written to.
    """
    with _alone_in_this_process(folder):
        file = _locked_file(folder, frames)
        try:
            yield FolderLock(file)
        finally:
            _release(folder / LOCK_NAME, file, frames)


@contextmanager
def _alone_in_this_process(folder: Path) -> Iterator[None]:
    try:
        found = folder.stat()
    except OSError as error:
        raise storage_error(error, folder) from error
    identity = (found.st_dev, found.st_ino)
    with _mine_lock:
        if identity in _mine:
            raise _busy(folder)
        _mine.add(identity)
    try:
        yield
    finally:
        with _mine_lock:
            _mine.remove(identity)


def _locked_file(folder: Path, frames: range) -> BinaryIO:
    path = folder / LOCK_NAME
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            file = path.open("a+b", buffering=0)
        except OSError as error:
            raise storage_error(error, path) from error
        try:
            taken = _take(file, frames)
            late = time.monotonic() > until
            if taken and (late or _same(file, path)):  # late: a file system that numbers files anew each time
                return file
        except BaseException:
            file.close()
            raise
        file.close()
        if late:
            raise _busy(folder)
        time.sleep(_PAUSE)


def _same(file: BinaryIO, path: Path) -> bool:
    """Whether the file is still the one of this name: whoever held it before may have removed it."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _release(path: Path, file: BinaryIO, frames: range) -> None:
    with file:
        if sys.platform == "win32":
            _drop(file, frames)
        else:
            # With the record in hand, only one at a time is here: the last one finds all frames free.
            with FolderLock(file).record():
                _drop(file, frames)
                if _take(file, ALL_FRAMES):
                    with suppress(OSError):
                        path.unlink()
    if sys.platform == "win32":  # a file that is open cannot be removed there, so none that is in use is
        with suppress(OSError):
            path.unlink()


def _busy(folder: Path) -> InputError:
    how = "Wait for it, or choose another folder"
    return FolderBusyError("another run is at work on these frames", str(folder), how)


if sys.platform == "win32":
    import msvcrt

    def _take(file: BinaryIO, part: range) -> bool:
        """Lock these bytes, without waiting; whether that was possible."""
        file.seek(part.start)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, len(part))
        except OSError as error:
            return error.errno not in _HELD
        return True

    def _drop(file: BinaryIO, part: range) -> None:
        file.seek(part.start)
        with suppress(OSError):
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, len(part))

else:
    import fcntl

    def _take(file: BinaryIO, part: range) -> bool:
        """Lock these bytes, without waiting; whether that was possible."""
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, len(part), part.start)
        except OSError as error:
            return error.errno not in _HELD
        return True

    def _drop(file: BinaryIO, part: range) -> None:
        with suppress(OSError):
            fcntl.lockf(file, fcntl.LOCK_UN, len(part), part.start)
