# SPDX-License-Identifier: GPL-3.0-or-later
"""The speech network: log-mel to mouth track, for sounds of any length, in chunks on the sound's own grid."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..arrays import Floats
from ..avatar.hashes import check_file
from ..avatar.toml_table import read_toml
from ..errors import AvatarError
from ..features.encoder import Mel
from ..features.logmel import BANDS
from ..features.windows import WINDOW_FRAMES
from ..inference.session import FREE, Network, open_network
from ..runtime.cores import MOST_WORKERS, usable_cores
from ..runtime.monitor import Monitor
from ..runtime.pool import in_order
from .track import CHANNELS, DECIMALS, RATE

SPEECH = Path(__file__).parents[2] / "models" / "speech"
"""Where the network lies that belongs to Lipreel."""

_FILE = "speech.onnx"
_CHUNK = 512  # values that are heard together
_SILENT = np.float32(-4)  # of the log-mel


@dataclass(frozen=True)
class SpeechModel:
    """What `speech.toml` says."""

    file: Path
    version: str
    sha256: str
    before: int
    """Mel frames that it hears before a moment."""
    behind: int
    """Likewise behind it."""

    @property
    def identity(self) -> str:
        """Stands for what it makes of a sound."""
        return f"speech {self.version} {self.sha256[:12]}"


def speech_model(folder: Path = SPEECH) -> SpeechModel:
    """Read a network's `speech.toml`.

    Raises:
        AvatarError: There is none, or something in it is wrong.
    """
    file = folder / "speech.toml"
    try:
        table = read_toml(file.read_bytes(), file)
    except OSError as error:
        raise AvatarError(f"cannot be read ({error.strerror})", str(file)) from error
    if table.integer("schema", 1) != 1:
        raise table.fail("schema", "is of a newer Lipreel")
    table.choice("id", ("speech",))
    table.text("licence")
    files = table.table("files")
    model = SpeechModel(
        file=folder / files.path_key(_FILE, folder),
        version=table.text("version"),
        sha256=files.sha256(_FILE),
        before=table.integer("before", 0),
        behind=table.integer("behind", WINDOW_FRAMES - 1),
    )
    files.done()
    table.done()
    return model


def open_speech(model: SpeechModel, threads: int = 1) -> Network:
    """Open the network: mel [1, 1, 80, t] and inside [1, 1, t - 15] to mouth [n, 6].

    Raises:
        AvatarError: The file was changed, is no network, or has another interface.
    """
    check_file(model.file, model.sha256, "speech.toml")
    inputs = {"mel": (1, BANDS, FREE), "inside": (1, FREE)}
    return open_network(model.file, inputs, ("mouth", (len(CHANNELS),)), "cpu", threads)


def hear_mel(
    mel: Mel,
    heard: range,
    moments: range,
    model: SpeechModel,
    network: Network,
    monitor: Monitor,
    workers: int | None = None,
) -> Floats:
    """The mouth at some moments of a sound, [len(moments), 6] in 0 ... 1.

    The bits of a value depend on what is heard around it and on where it lies, and on nothing else.

    Args:
        mel: The sound's log-mel, wherever `moments` are, and as far beyond as the network hears; several
            threads read it.
        heard: The mel frames that are heard; outside there is nothing.
        moments: In mel frames from the beginning of the sound; in steps of 1.
        model: What hears.
        network: As `open_speech` opens it.
        monitor: Told of "mouth" in chunks of 6.4 seconds.
        workers: Threads that hear; by default one for each core, 8 at most.
    """
    if not moments:
        return np.empty((0, len(CHANNELS)), np.float32)
    chunks = range(moments.start // _CHUNK, -(-moments.stop // _CHUNK))
    workers = min(workers or usable_cores(), MOST_WORKERS, len(chunks))

    def hear_chunk(number: int) -> Floats:
        return _chunk(number, mel, heard, model, network)

    with closing(in_order(chunks, hear_chunk, workers, monitor, _moment_of)) as done:
        found = list(monitor.steps("mouth", done, len(chunks)))
    first = chunks.start * _CHUNK
    values = np.concatenate(found)[moments.start - first : moments.stop - first]
    # To what files of mouths hold: a track that is written and read back is the same, and so are its frames.
    return np.round(values.astype(np.float64), DECIMALS).astype(np.float32)


def reach(moments: range, heard: range, model: SpeechModel) -> range:
    """The mel frames that `hear_mel` looks at for these moments, as far as they are heard."""
    if not moments:
        return range(0)
    first, last = moments.start // _CHUNK * _CHUNK, -(-moments.stop // _CHUNK) * _CHUNK
    begin = max(heard.start, first - model.before)
    return range(begin, max(begin, min(heard.stop, last + model.behind)))


def _moment_of(number: int) -> str:
    return f"the mouth from {number * _CHUNK / RATE:.1f} s on"


def _chunk(number: int, mel: Mel, heard: range, model: SpeechModel, network: Network) -> Floats:
    first = number * _CHUNK - model.before
    count = model.before + _CHUNK + model.behind
    bands = np.full((count, BANDS), _SILENT, np.float32)
    begin, end = max(first, heard.start), min(first + count, heard.stop)
    if begin < end:
        bands[begin - first : end - first] = mel[begin:end]
    windows = np.arange(first, first + count - WINDOW_FRAMES + 1)
    inside = (windows >= heard.start) & (windows <= heard.stop - WINDOW_FRAMES)
    inputs = {
        "mel": np.ascontiguousarray(bands.T)[None, None],
        "inside": inside.astype(np.float32)[None, None],
    }
    return network.run(inputs)
