# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes before the first frame of a clip. What does not depend on the clip is found out once.

How loud the recording is and where its floor lies, HuBERT's measure of it and the avatar's closed mouths are
those of all of the recording and of all of the template, so that no trim changes a frame far from the ends.
"""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from ..arrays import Floats, Ints
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
from ..mouth.direction import Direction
from ..painters.neural import WORTH_SHARING
from ..runtime.monitor import Monitor
from ..runtime.remembered import Remembered
from ..sound.clip import Clip
from ..sound.recording import Recording
from .mouths import JobTrack, TrackSound, job_track, mouth_ears, mouth_rows
from .opening import Opening, opening
from .options import JobOptions
from .setup import Prepared, check_direction

_thresholds: Remembered[float] = Remembered()
_measures: Remembered[tuple[float, float]] = Remembered()
_found_mouths: Remembered[ClosedMouths] = Remembered()


def _hears_nothing(_windows: Ints) -> bytes:
    return b""


@dataclass(frozen=True, eq=False)
class PreparedClip(Prepared):
    """A clip's plan, and what its frames hear."""

    listen: Listen = _hears_nothing
    """What of the sound is in a frame's key."""
    track: JobTrack | None = None
    """Where the avatar takes one: for other directions of the same clip."""


@contextmanager
def prepared_clip(
    recording: Recording,
    avatar: Avatar,
    clip: Clip,
    options: JobOptions,
    monitor: Monitor,
    threads: int = 1,
    tracks: Path | None = None,
    direction: Direction | None = None,
) -> Generator[PreparedClip, None, None]:
    """Make ready; the clip decides the frame rate, the part and the lead, whatever `options` say.

    Tracks that are heard are kept in the folder `tracks`. A `direction` comes before that of the options: it
    may differ from frame to frame.

    Raises:
        InputError: The recording, the avatar (AvatarError) or the provider is wrong.
        JobCancelled: The monitor says so.
    """
    options = replace(options, fps=clip.fps, start=Fraction(0), duration=None, lead=clip.lead)
    check_direction(avatar, options)
    # The form of the generator may not depend on how many frames the clip has: halves draw a few pixels in a
    # image by a level brighter or darker than the whole.
    with opening(avatar, options, monitor, WORTH_SHARING, threads) as begun, ExitStack() as files:
        part = ClipSound(Heard(recording, monitor), clip)
        if avatar.generator.family.takes_track:
            yield _drawn_from_track(recording, part, begun, direction, files, tracks)
        else:
            yield _heard_by_itself(recording, part, begun, files)


def _heard_by_itself(recording: Recording, part: ClipSound, begun: Opening, files: ExitStack) -> PreparedClip:
    """For avatars whose networks hear."""
    avatar, clip, monitor = begun.avatar, part.clip, begun.monitor
    kind = avatar.generator.family.audio
    loop = avatar.template.loop(begun.options.template_start)
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
    plan = clip_plan(clip, windows, held, loop)
    closed_mouths = _closed_mouths(begun) if held.any() else None
    level = None
    if front_end.hears_level:
        level = _measures.get(recording.identity, lambda: _measure(part.sound))
    job = begun.opened()
    hear, listen = front_end.ears(Audible(mel, samples, windows, level), job.encoder)
    return PreparedClip(plan, begun.scene(job, hear, closed_mouths), job, listen=listen)


def _drawn_from_track(
    recording: Recording,
    part: ClipSound,
    begun: Opening,
    direction: Direction | None,
    files: ExitStack,
    tracks: Path | None,
) -> PreparedClip:
    """For avatars that take a mouth track."""
    clip, monitor = part.clip, begun.monitor
    loop = begun.avatar.template.loop(begun.options.template_start)

    def mel(frames: range) -> MelPart:
        with monitor.timings.time("mel"):
            return files.enter_context(MelPart(part, frames, monitor))

    sound = TrackSound(
        identity=" ".join((recording.identity, str(part.samples), *recording.notes)),
        sha256=lambda: recording.identity,
        mel=mel,
        heard=part.mel,
        begin=Fraction(0),
        whole=Fraction(recording.samples, recording.rate),
    )
    chosen = direction or begun.options.direction()
    track = job_track(clip, sound, begun.options, tracks, monitor)
    mouths = track.mouths(chosen, clip.numbers)
    held = np.zeros(clip.count, np.float32)
    if begun.options.silence == "hold":
        around = part.around()
        held = _hold(recording, part, mel(around), around, monitor)
    plan = clip_plan(clip, mouth_rows(clip.count), held, loop)
    closed_mouths = _closed_mouths(begun) if held.any() else None
    job = begun.opened()
    hear, listen = mouth_ears(mouths)
    scene = begun.scene(job, hear, closed_mouths)
    return PreparedClip(plan, scene, job, mouths, track.warnings, listen, track)


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
