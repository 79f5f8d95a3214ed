# SPDX-License-Identifier: GPL-3.0-or-later
"""A log-mel on disk: 1.5 MB a minute that memory need not hold."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from .logmel import BANDS
from .storage import storage_error

Floats = NDArray[np.float32]

_FRAME_BYTES = BANDS * 4


class MelFile:
    """Mel frames [T, 80] in a temporary file that `close` removes; slices are read, by any thread."""

    def __init__(self, chunks: Iterable[Floats]) -> None:
        """Write the chunks [t, 80] one after the other; InputError if there is no room for them."""
        self._lock = Lock()
        self._file = tempfile.TemporaryFile(prefix="lipreel-", buffering=0)  # noqa: SIM115 (closed by close)
        self._frames = 0
        try:
            for chunk in chunks:
                self._write(chunk)
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        """Mel frames."""
        return self._frames

    def __getitem__(self, part: slice) -> Floats:
        """The mel frames of a slice with a start and a stop, [n, 80]."""
        with self._lock:
            self._file.seek(part.start * _FRAME_BYTES)
            data = self._file.read((min(part.stop, self._frames) - part.start) * _FRAME_BYTES)
        return np.frombuffer(data, np.float32).reshape(-1, BANDS)

    def chunks(self, frames: int = 4096) -> Iterator[Floats]:
        """All mel frames, so many at a time: [n, 80]."""
        return (self[first : first + frames] for first in range(0, self._frames, frames))

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def __enter__(self) -> "MelFile":
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
        self._frames += len(chunk)
