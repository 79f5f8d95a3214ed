# SPDX-License-Identifier: GPL-3.0-or-later
"""What the command prints to: nothing that a reader, a full disk or a library does to it ends a job.

The libraries that decode sounds and images write to standard error for files that are quite right; of what
comes there, only lines of our own are of use.
"""

import faulthandler
import io
import os
import sys
from typing import BinaryIO

_STANDARD_ERROR = 2


class Output(io.TextIOWrapper):
    """Text to a file, a pipe or a terminal; what its encoding lacks is escaped, and nothing is raised."""

    def __init__(self, raw: BinaryIO, encoding: str, *, by_line: bool) -> None:
        """Write to `raw`, every line at once or much at a time."""
        super().__init__(raw, encoding, "backslashreplace", line_buffering=by_line)
        self.failure = ""
        """Why something could not be written, in the system's words; a reader who has gone is no failure."""

    def write(self, text: str) -> int:
        """See io.TextIOWrapper."""
        try:
            return super().write(text)
        except OSError as error:
            self._failed(error)
            return len(text)

    def flush(self) -> None:
        """See io.TextIOWrapper."""
        try:
            super().flush()
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        if not isinstance(error, BrokenPipeError):
            self.failure = error.strerror or str(error)


def own_streams() -> None:
    """From now on, Python's streams are outputs, and what libraries write to standard error goes nowhere."""
    encodings = [getattr(stream, "encoding", None) or "utf-8" for stream in (sys.stdout, sys.stderr)]
    nothing = os.open(os.devnull, os.O_RDWR)
    kept = _duplicate(_STANDARD_ERROR, nothing)
    os.dup2(nothing, _STANDARD_ERROR)  # also where it was closed: its number would go to a file of frames
    out = sys.stdout.buffer if sys.stdout else os.fdopen(nothing, "wb")
    sys.stdout = Output(out, encodings[0], by_line=out.isatty())
    sys.stderr = Output(os.fdopen(kept, "wb"), encodings[1], by_line=True)
    faulthandler.enable(kept)


def _duplicate(descriptor: int, otherwise: int) -> int:
    try:
        return os.dup(descriptor)
    except OSError:  # it is closed
        return otherwise
