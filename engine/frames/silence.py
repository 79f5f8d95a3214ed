# SPDX-License-Identifier: GPL-3.0-or-later
"""The silence gate: how much of each frame's mouth is the avatar's own closed one. Pure arithmetic."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from ..arrays import Doubles, Floats, smoothstep
from ..features.loudness import MEL_RATE, Stretch
from ..sound.clip import Clip

_LEAST_S = 0.4  # shorter pauses belong to speech: stops, and breaths between words
_AFTER_S = 0.1  # the model may finish the last sound
_SETTLE_S = 0.2  # from what the model draws to the closed mouth, and back: five frames at 25 a second


def hold_weights(silences: Sequence[Stretch], mel_frames: int, clip: Clip) -> Floats:
    """How much of each frame of a whole sound is held, float32 [clip.count] in 0 ... 1; see `hold_at`.

    Args:
        silences: See loudness.stretches.
        mel_frames: Of the whole sound.
        clip: Its frames.
    """
    heard = Stretch(Fraction(0), mel_frames / MEL_RATE)
    return hold_at(clip.mouths() / float(clip.fps), silences, heard)


def hold_at(moments: Doubles, silences: Sequence[Stretch], heard: Stretch) -> Floats:
    """How much of the mouth is held at the moments [n], float32 [n] in 0 ... 1.

    It rises and falls smoothly inside each silence and is 0 again where the sound goes on; a silence at the
    beginning or the end of what is heard is held up to there. All that is not heard is silent.

    Args:
        moments: Seconds.
        silences: See loudness.stretches.
        heard: Where the sound is heard, in whole mel frames.
    """
    hold = np.maximum(_fall(moments, heard.begin), _rise(moments, heard.end))
    for silence in silences:
        if silence.end - silence.begin < _LEAST_S:
            continue
        rise, fall = _rise(moments, silence.begin), _fall(moments, silence.end)
        if silence.begin == heard.begin:
            rise[:] = 1
        if silence.end == heard.end:
            fall[:] = 1
        hold = np.maximum(hold, np.minimum(rise, fall))
    return hold.astype(np.float32)


def _rise(moments: Doubles, begin: Fraction) -> Doubles:
    """From 0 to 1, behind the beginning of a silence."""
    return smoothstep((moments - float(begin) - _AFTER_S) / _SETTLE_S)


def _fall(moments: Doubles, end: Fraction) -> Doubles:
    """From 1 to 0, before the end of a silence."""
    return smoothstep((float(end) - moments) / _SETTLE_S)
