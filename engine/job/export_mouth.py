# SPDX-License-Identifier: GPL-3.0-or-later
"""The mouth of a whole recording, directed, as a file for other programs."""

import math
from fractions import Fraction
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..features.hearing import Heard
from ..features.logmel import BANDS
from ..features.row_file import RowFile
from ..mouth.decide import decide
from ..mouth.direction import Direction, directed
from ..mouth.formats import FORMATS, read_mouth
from ..mouth.mouth_file import Sheet
from ..mouth.speech import hear_mel, open_speech, speech_model
from ..mouth.track import RATE, MouthTrack
from ..runtime.monitor import Monitor
from ..runtime.storage import write_atomic
from ..sound.recording import Recording


def mouth_values(recording: Recording) -> int:
    """How many values the track of a recording has, 80 a second: a direction has as many rows."""
    return Heard(recording, Monitor()).mel_frames


def export_mouth(
    recording: Recording,
    out: Path,
    name: str,
    fps: Fraction,
    direction: Direction,
    monitor: Monitor,
    lead: Fraction = Fraction(0),
    least: int = 2,
    mouth: Path | None = None,
) -> Sheet:
    """Write the mouth that says a recording, and give what was written.

    Args:
        recording: All of it is heard.
        out: The file; an older one is replaced when the new one is complete.
        name: One of FORMATS.
        fps: Frames a second, at which shapes may change.
        direction: Its arrays have a row for each of the recording's values, 80 a second; see `mouth_values`.
        monitor: May cancel.
        lead: Seconds by which the mouth comes early.
        least: Frames that a shape lasts.
        mouth: A track to direct in place of what is heard.

    Raises:
        InputError: The format is not known, the recording cannot be read, or the file not be written.
        JobCancelled: The monitor says so; nothing is written.
    """
    if name not in FORMATS:
        raise InputError(f'"{name}" is not known', "format", f"It can be: {', '.join(FORMATS)}")
    heard = Heard(recording, monitor)
    count = heard.mel_frames
    network = ""
    if mouth is not None:
        track = read_mouth(mouth).track
    else:
        model = speech_model()
        network = model.identity
        with RowFile(heard.whole_mel(), BANDS) as mel:
            values = hear_mel(mel, range(count), range(count), model, open_speech(model), monitor)
        track = MouthTrack(values)
    values = directed(track, direction, np.arange(count, dtype=np.int64), Fraction(RATE), lead)
    duration = Fraction(recording.samples, recording.rate)
    frames = math.ceil(duration * fps)
    sheet = Sheet(
        track=MouthTrack(values, recording.identity, network),
        cues=decide(values, fps, frames, least=least),
        fps=fps,
        frames=frames,
        duration=duration,
        sound=recording.name,
    )
    write_atomic(out, FORMATS[name].write(sheet).encode("utf-8"))
    return sheet
