# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes before the first frame of a clip. What does not depend on the clip is found out once.

How loud the recording is and where its floor lies, HuBERT's measure of it and the avatar's closed mouths are
those of all of the recording and of all of the template, so that no trim changes a frame far from the ends.
"""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from ..arrays import Floats
from ..avatar.avatar_types import Avatar
from ..avatar.closed_mouth import ClosedMouths, find_closed_mouths
from ..features.clip_sound import ClipSound, MelPart, hull, in_seconds
from ..features.front_ends import FRONT_ENDS, Audible, Listen, clip_windows
from ..features.hearing import Heard
from ..features.hubert import measure
from ..features.loudness import MEL_RATE, Stretch, loudness, silence_threshold, silent, stretches
from ..features.row_file import RowFile
from ..features.windows import ZEROS
from ..frames.plan import clip_plan
from ..frames.silence import hold_at
from ..painters.neural import WORTH_SHARING
from ..runtime.monitor import Monitor
from ..runtime.remembered import Remembered
from ..sound.clip import Clip
from ..sound.recording import Recording
from .opening import Opening, opening
from .options import JobOptions
from .setup import Prepared

_thresholds: Remembered[float] = Remembered()
_measures: Remembered[tuple[float, float]] = Remembered()
_found_mouths: Remembered[ClosedMouths] = Remembered()


@dataclass(frozen=True, eq=False)
class PreparedClip(Prepared):
    """A clip's plan, and what its frames hear."""

    listen: Listen
    """What of the sound is in a frame's key."""


@contextmanager
def prepared_clip(
    recording: Recording, avatar: Avatar, clip: Clip, options: JobOptions, monitor: Monitor, threads: int = 1
) -> Generator[PreparedClip, None, None]:
    """Make ready; the clip decides the frame rate and the part, whatever `options` say.

    Raises:
        InputError: The recording, the avatar (AvatarError) or the provider is wrong.
        JobCancelled: The watch says so.
    """
    options = replace(options, fps=clip.fps, start=Fraction(0), duration=None)
    # The form of the generator may not depend on how many frames the clip has: halves draw a few pixels in a
    # picture by a level brighter or darker than the whole.
    with opening(avatar, options, monitor, WORTH_SHARING, threads) as begun, ExitStack() as files:
        part = ClipSound(Heard(recording, monitor), clip)
        kind, template = avatar.generator.family.audio, avatar.template
        front_end = FRONT_ENDS[kind]
        hold = begun.options.silence == "hold"
        windows = clip_windows(clip, part.samples.stop, part.mel.stop, kind, avatar.audio.edge)
        samples = None
        if front_end.hears_samples:
            blocks = part.sound.blocks(part.samples)
            samples = files.enter_context(RowFile((block[:, None] for block in blocks), 1))
        around = part.around() if hold else range(0)
        starts = windows[windows != ZEROS] if samples is None else np.empty(0, np.int32)
        with monitor.timings.time("mel"):
            mel = files.enter_context(MelPart(part, hull(around, starts), monitor))
        held = _hold(recording, part, mel, around, monitor) if hold else np.zeros(clip.count, np.float32)
        plan = clip_plan(clip, windows, held, template.count, template.fps)
        closed_mouths = _closed_mouths(begun) if held.any() else None
        level = None
        if front_end.hears_level:
            level = _measures.get(recording.identity, lambda: _measure(part.sound))
        job = begun.opened()
        hear, listen = front_end.ears(Audible(mel, samples, windows, level), job.encoder)
        yield PreparedClip(plan, begun.scene(job, hear, closed_mouths), job, listen)


def _hold(recording: Recording, part: ClipSound, mel: MelPart, around: range, monitor: Monitor) -> Floats:
    """How much of each mouth is held, [count]."""
    clip = part.clip
    silences: list[Stretch] = []
    if around:
        threshold = _thresholds.get(recording.identity, lambda: _threshold(part.sound, monitor))
        level = loudness([mel[slice(around.start, around.stop)]])
        silences = stretches(silent(level, threshold), around.start)
    moments = clip.mouths() / float(clip.fps) + float(clip.shift)
    return hold_at(moments, silences, Stretch(part.mel.start / MEL_RATE, part.mel.stop / MEL_RATE))


def _threshold(sound: Heard, monitor: Monitor) -> float:
    """Below it the recording is silent; all of it is heard for that."""
    return silence_threshold(loudness(in_seconds(sound.whole_mel(), sound.mel_frames, monitor)))


def _measure(sound: Heard) -> tuple[float, float]:
    """HuBERT's measure of the whole recording."""
    with RowFile((block[:, None] for block in sound.blocks(range(sound.samples))), 1) as samples:
        return measure(samples)


def _closed_mouths(begun: Opening) -> ClosedMouths:
    """The closed mouths of all of the template."""
    templates, family = begun.templates, begun.avatar.generator.family

    def find() -> ClosedMouths:
        return find_closed_mouths(templates, family, range(len(templates)), begun.workers, begun.monitor)

    return _found_mouths.get(begun.avatar.fingerprint, find)
