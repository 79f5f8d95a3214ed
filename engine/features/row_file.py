# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of floats on disk, a log-mel or samples: a few megabytes a minute that memory need not hold."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from types import TracebackType

import numpy as np

from ..arrays import Floats
from ..runtime.storage import storage_error


class RowFile:
    """Rows [n, width] in a temporary file that `close` removes; slices are read, by any thread."""

    def __init__(self, chunks: Iterable[Floats], width: int) -> None:
        """Write the chunks [k, width] one after the other; InputError if there is no room for them."""
        self._lock = Lock()
        self._width = width
        self._file = tempfile.TemporaryFile(prefix="lipreel-", buffering=0)  # noqa: SIM115 (closed by close)
        self._rows = 0
        try:
            for chunk in chunks:
                self._write(chunk)
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        """Rows."""
        return self._rows

    def __getitem__(self, part: slice) -> Floats:
        """The rows of a slice with a start and a stop, [k, width]."""
        row_bytes = self._width * 4
        with self._lock:
            self._file.seek(part.start * row_bytes)
            data = self._file.read((min(part.stop, self._rows) - part.start) * row_bytes)
        return np.frombuffer(data, np.float32).reshape(-1, self._width)

    def chunks(self, rows: int = 4096) -> Iterator[Floats]:
        """All rows, so many at a time: [k, width]."""
        return (self[first : first + rows] for first in range(0, self._rows, rows))

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def __enter__(self) -> "RowFile":
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _write(self, chunk: Floats) -> None:
        data = memoryview(chunk.tobytes())
        try:
            while data:  # an unbuffered file may take a part
                data = data[self._file.write(data) :]
        except OSError as error:
            raise storage_error(error, Path(tempfile.gettempdir())) from error
        self._rows += len(chunk)
