# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that is named on the command line, or comes through standard input."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError

STANDARD_INPUT = Path("-")


@contextmanager
def given_file(path: Path) -> Iterator[Path]:
    """The file itself; for "-" one with what standard input has, as long as the block lasts.

    Raises:
        InputError: Standard input is a terminal, is closed, or cannot be read.
    """
    if path != STANDARD_INPUT:
        yield path
        return
    if sys.stdin is None or sys.stdin.isatty():
        how = "Send it there: lipreel ... - < FILE"
        raise InputError("nothing comes through it", "standard input", how)
    with tempfile.TemporaryDirectory(prefix="lipreel-") as folder:
        file = Path(folder) / "standard input"
        try:
            with file.open("wb") as copy:
                shutil.copyfileobj(sys.stdin.buffer, copy)
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", "standard input") from error
        try:
            yield file
        except InputError as error:  # of a file that the user has never heard of
            where = error.where.replace(str(file), "standard input")
            raise type(error)(error.what, where, error.how) from error
