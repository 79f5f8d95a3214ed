# SPDX-License-Identifier: GPL-3.0-or-later
"""What HuBERT hears in a sound, as Ultralight-Digital-Human has it: 50 rows of 1024 features a second.

The whole sound is brought to zero mean and unit variance, and heard in clips of 20 s, each by itself: what
the network makes of a moment depends on all of its clip, so the clips are those of the original, too.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..arrays import Floats, Ints
from ..errors import AvatarError
from ..inference.session import FREE, Network, open_unnamed
from ..runtime.cores import usable_cores
from ..runtime.memory import KEPT_HUBERT_CLIPS
from .batches import Batches
from .row_file import RowFile
from .windows import ZEROS

FEATURES = 1024
"""Floats in one row: the last hidden state of HuBERT-large."""

_STEP = 320  # samples from one row to the next
_REACH = 400  # samples that a row is made of, before the network looks at the rows beside it
_CLIP_ROWS = 1000
_LEAST_VARIANCE = 1e-7  # added, as the processor of the published model does
_BLOCK = 1 << 16  # samples


def row_count(samples: int) -> int:
    """Rows that so many samples at 16 kHz have."""
    return max(0, (samples - _REACH) // _STEP + 1)


def open_hubert(file: Path, provider: str) -> Network:
    """Open HuBERT: one input [1, samples] and, as its first output, the rows [1, rows, 1024].

    Raises:
        AvatarError: It is not a network that onnxruntime reads, or has another interface.
        InputError: The provider is not known, not in this onnxruntime, or does not start.
    """
    # Large, and run by one worker while the others wait for it: with all cores.
    network = open_unnamed(file, (FREE,), (FREE, FEATURES), provider, usable_cores())
    _rows(network, np.zeros(_REACH + _STEP, np.float32), 2)
    return network


def hubert(network: Network) -> Callable[[Floats, int], Floats]:
    """The network as a function from samples [n] and their number of rows to the rows [rows, 1024]."""
    return lambda samples, rows: _rows(network, samples, rows)


class HubertRows:
    """The rows of a sound in pairs, shared by all workers; a clip is heard when it is first asked for."""

    def __init__(
        self,
        samples: RowFile,
        run: Callable[[Floats, int], Floats],
        level: tuple[float, float] | None = None,
    ) -> None:
        """Nothing is heard yet.

        Args:
            samples: The sound from its start to where it ends, 16 kHz mono, [n, 1].
            run: See `hubert`; called by one thread at a time.
            level: See `measure`; None if the samples are all of the sound.
        """
        self._samples = samples
        self._run = run
        self._rows = row_count(len(samples))
        self._mean, self._deviation = level or measure(samples)
        self._clips = Batches(self._clip, KEPT_HUBERT_CLIPS)

    def window(self, starts: Ints) -> Floats:
        """The pairs of rows [w, 2, 1024] that begin at `starts` [w]: zeros for ZEROS."""
        pairs = np.zeros((len(starts), 2, FEATURES), np.float32)
        for pair, start in enumerate(starts.tolist()):
            if start != ZEROS:
                for place, row in enumerate((start, start + 1)):
                    pairs[pair, place] = self._clips[row // _CLIP_ROWS][row % _CLIP_ROWS]
        return pairs

    def parts(self, starts: Ints) -> range:
        """The numbers of the clips that a frame with these pairs takes."""
        rows = starts[starts != ZEROS]
        if not rows.size:
            return range(0)
        return range(int(rows.min()) // _CLIP_ROWS, (int(rows.max()) + 1) // _CLIP_ROWS + 1)

    def within(self, starts: Ints) -> Ints:
        """The starts of the pairs, counted from the first of the frame's clips; or ZEROS."""
        parts = self.parts(starts)
        first = parts.start * _CLIP_ROWS
        return np.where(starts == ZEROS, np.int32(ZEROS), starts - np.int32(first))

    def heard(self, number: int) -> Floats:
        """What the network hears of a clip: samples [n], brought to zero mean and unit variance."""
        first = number * _CLIP_ROWS
        # To the end of the sound, even where that is too little for one row more: as the original cuts it.
        stretch = slice(first * _STEP, (first + _CLIP_ROWS - 1) * _STEP + _REACH)
        samples = self._samples[stretch][:, 0].astype(np.float64)
        return ((samples - self._mean) / self._deviation).astype(np.float32)

    def _clip(self, number: int) -> Floats:
        rows = min(_CLIP_ROWS, self._rows - number * _CLIP_ROWS)
        return self._run(self.heard(number), rows)


def _rows(network: Network, samples: Floats, rows: int) -> Floats:
    (name,) = (node.name for node in network.session.get_inputs())
    output = network.run({name: samples[None]})
    if output.shape != (1, rows, FEATURES):
        what = f"gives {list(output.shape)} for {len(samples)} samples instead of {[1, rows, FEATURES]}"
        raise AvatarError(what, str(network.file), "Export HuBERT-large with a free number of samples")
    return np.asarray(output[0], np.float32)


def measure(samples: RowFile) -> tuple[float, float]:
    """Mean and deviation of a whole sound [n, 1]: the same whatever blocks it came in."""
    count = max(1, len(samples))
    mean = sum(float(block.sum(dtype=np.float64)) for block in samples.chunks(_BLOCK)) / count
    blocks = (block.astype(np.float64) for block in samples.chunks(_BLOCK))
    variance = sum(float(np.square(block - mean).sum()) for block in blocks) / count
    return mean, float(np.sqrt(variance + _LEAST_VARIANCE))
