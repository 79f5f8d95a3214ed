# SPDX-License-Identifier: GPL-3.0-or-later
"""A mouth track heard in a whole sound."""

from collections.abc import Iterator

from ..arrays import Floats
from ..features.logmel import BANDS, HOP, LEAST_FRAMES, log_mel_chunks
from ..features.row_file import RowFile
from ..runtime.monitor import Monitor
from ..sound.sound import RATE, Sound
from .speech import SpeechModel, hear_mel, open_speech, speech_model
from .track import MouthTrack


def hear(sound: Sound, monitor: Monitor | None = None, model: SpeechModel | None = None) -> MouthTrack:
    """The mouth that says a sound, 80 values a second from the section's beginning on; memory stays flat.

    Args:
        sound: Of any length.
        monitor: Told of "sound" in seconds, then of "mouth"; may cancel.
        model: What hears; by default the network that belongs to Lipreel.

    Raises:
        InputError: The sound cannot be read.
        AvatarError: The network's files were changed.
        JobCancelled: The monitor says so.
    """
    model, monitor = model or speech_model(), monitor or Monitor()
    frames = mel_frames(sound)
    with RowFile(log_mel_chunks(heard_blocks(sound, monitor)), BANDS) as mel:
        values = hear_mel(mel, range(frames), range(frames), model, open_speech(model), monitor)
    return MouthTrack(values, sound.sha256(), model.identity)


def mel_frames(sound: Sound) -> int:
    """Mel frames that a sound has."""
    return max(LEAST_FRAMES, 1 + -(-sound.samples * RATE // sound.rate) // HOP)


def heard_blocks(sound: Sound, monitor: Monitor) -> Iterator[Floats]:
    """The blocks of the sound at 16 kHz, with progress in seconds."""
    total = -(-sound.samples // sound.rate)
    samples = 0
    monitor.progress("sound", 0, total)
    for block in sound.blocks():
        monitor.check()
        yield block
        samples += len(block)
        monitor.progress("sound", min(total, -(-samples // RATE)), total)
