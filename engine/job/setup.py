# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes before the first frame: the sound heard, the plan made, and meanwhile files checked and networks
opened.
"""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np

from ..arrays import Floats
from ..avatar.avatar_types import Avatar
from ..avatar.closed_mouth import ClosedMouths, find_closed_mouths
from ..avatar.hashes import check_hashes
from ..features.front_ends import FRONT_ENDS, Audible
from ..features.logmel import BANDS, log_mel_chunks
from ..features.loudness import Stretch, loudness, silent, stretches
from ..features.row_file import RowFile
from ..frame_times import frame_count
from ..frames.plan import Plan, clip_plan, frames_a_template, make_plan
from ..frames.render import Scene
from ..frames.silence import hold_weights
from ..mouth.hear import heard_blocks, mel_frames
from ..painters.networks import files_in_use, open_networks
from ..runtime.monitor import Monitor
from ..sound.clip import Clip
from ..sound.sound import RATE, Sound
from .mouths import TrackSound, job_track, mouth_ears, mouth_rows
from .opening import Opened, Opening, decided, opening
from .options import JobOptions


@dataclass(frozen=True, eq=False)
class Prepared:
    """All that frames are made from, and what they are made with."""

    plan: Plan
    """Of the whole sound."""
    scene: Scene
    job: Opened
    mouths: Floats | None = None
    """[n, 6] of the plan's frames, if the avatar takes a mouth track."""
    warnings: tuple[str, ...] = ()
    """What the user should hear about the track, a sentence each."""


def open_job(sound: Sound, avatar: Avatar, options: JobOptions, threads: int = 1) -> Opened:
    """Check the files and open the networks, without hearing the sound; raises as `prepared`."""
    check_direction(avatar, options)
    choice = _choice(sound, avatar, options)
    check_hashes(avatar, files_in_use(*choice))
    return Opened(*open_networks(*choice, threads), decided(options, avatar))


@contextmanager
def prepared(
    sound: Sound,
    avatar: Avatar,
    options: JobOptions,
    monitor: Monitor,
    threads: int = 1,
    tracks: Path | None = None,
) -> Generator[Prepared, None, None]:
    """Make ready; temporary files are gone when the context is left.

    `threads` is how many the networks may use; see `share_cores`. Tracks that are heard are kept in the
    folder `tracks`.

    Raises:
        InputError: The sound, the avatar (AvatarError) or the provider is wrong.
        JobCancelled: The monitor says so.
    """
    check_direction(avatar, options)
    shared = _choice(sound, avatar, options)[-1]
    with opening(avatar, options, monitor, shared, threads) as begun, ExitStack() as files:
        make = _drawn_from_track if avatar.generator.family.takes_track else _heard_by_itself
        yield make(sound, begun, files, tracks)


def _heard_by_itself(sound: Sound, begun: Opening, files: ExitStack, _tracks: Path | None) -> Prepared:
    """For avatars whose networks hear."""
    avatar, monitor, options = begun.avatar, begun.monitor, begun.options
    kind = avatar.generator.family.audio
    front_end = FRONT_ENDS[kind]
    blocks = heard_blocks(sound, monitor)
    samples: RowFile | None = None
    if front_end.hears_samples:
        samples = files.enter_context(RowFile((block[:, None] for block in blocks), 1))
        blocks = (chunk[:, 0] for chunk in samples.chunks(RATE))
    with monitor.timings.time("mel"):
        mel = files.enter_context(RowFile(log_mel_chunks(blocks), BANDS))
    plan = make_plan(
        sound.duration,
        options.fps,
        len(mel),
        kind,
        avatar.audio.edge,
        avatar.template.loop(options.template_start),
        _silences(mel) if options.silence == "hold" else (),
        options.lead,
    )
    closed_mouths = _closed_mouths(begun, plan)
    job = begun.opened()
    hear, _ = front_end.ears(Audible(mel, samples, plan.windows), job.encoder)
    return Prepared(plan, begun.scene(job, hear, closed_mouths), job)


def _drawn_from_track(sound: Sound, begun: Opening, files: ExitStack, tracks: Path | None) -> Prepared:
    """For avatars that take a mouth track."""
    avatar, monitor, options = begun.avatar, begun.monitor, begun.options
    count = frame_count(sound.duration, options.fps)
    clip = Clip(0, count, options.fps, Fraction(0), sound.duration, lead=options.lead)
    frames = mel_frames(sound)

    @cache
    def mel() -> RowFile:
        with monitor.timings.time("mel"):
            return files.enter_context(RowFile(log_mel_chunks(heard_blocks(sound, monitor)), BANDS))

    heard = TrackSound(
        identity=f"{sound.sha256()} {sound.first} {sound.samples}",
        sha256=sound.sha256,
        mel=lambda _: mel(),
        heard=range(frames),
        begin=Fraction(sound.first, sound.rate),
        whole=Fraction(sound.source.samples, sound.rate),
    )
    track = job_track(clip, heard, options, tracks, monitor)
    mouths = track.mouths(options.direction(), clip.numbers)
    hold = np.zeros(count, np.float32)
    if options.silence == "hold":
        hold = hold_weights(_silences(mel()), frames, clip)
    plan = clip_plan(clip, mouth_rows(count), hold, avatar.template.loop(options.template_start))
    closed_mouths = _closed_mouths(begun, plan)
    job = begun.opened()
    hear, _ = mouth_ears(mouths)
    return Prepared(plan, begun.scene(job, hear, closed_mouths), job, mouths, track.warnings)


def check_direction(avatar: Avatar, options: JobOptions) -> None:
    """InputError if a direction is asked for that the avatar does not know."""
    if not avatar.generator.family.takes_track:
        options.refuse_direction(avatar.name)


def _silences(mel: RowFile) -> list[Stretch]:
    return stretches(silent(loudness(mel.chunks())))


def _choice(sound: Sound, avatar: Avatar, options: JobOptions) -> tuple[Avatar, str, str, float]:
    """What says which networks the job needs."""
    loop = avatar.template.loop(options.template_start)
    shared = frames_a_template(sound.duration, options.fps, loop)
    return avatar, options.provider, options.precision, shared


def _closed_mouths(begun: Opening, plan: Plan) -> ClosedMouths | None:
    """The closed mouths of the template, looked for if the plan holds any."""
    held = plan.hold > 0
    if not held.any():
        return None
    shown, family = plan.templates[held].tolist(), begun.avatar.generator.family
    return find_closed_mouths(begun.templates, family, shown, begun.workers, begun.monitor)
