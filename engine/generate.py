# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole job: a sound and an avatar in, a folder of frames and its record out."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .avatar_files import check_hashes, open_networks
from .avatar_types import Avatar
from .encoder import EncoderRows, Mel
from .job import AvatarPart, JobOptions, JobRecord, SoundPart, now, versions
from .job_folder import open_folder, recorded
from .logmel import log_mel_chunks
from .mel_file import MelFile
from .memory import peak_rss_mb
from .pipeline import Frame, Hear, Scene, render
from .plan import Plan, make_plan
from .pool import usable_cores
from .session import Network
from .sound import RATE, Sound
from .template import TemplateFrames
from .timeline import WINDOW_FRAMES
from .watch import Progress, Watch, ignore
from .writer import encode_image, frame_name, write_atomic

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Result:
    """What a job did."""

    frames: int
    """Frames of the whole job."""
    frames_written: int
    """Those that were not there already."""
    fps: Fraction
    seconds: float
    """From the call to the return."""
    frames_per_second: float
    """Written, over all of `seconds`."""
    peak_rss_mb: float
    """Of the process, since its start, in MiB."""
    workers: int
    provider: str
    """The provider really in use."""
    precision: str
    out: Path
    warnings: tuple[str, ...]
    """What the user should hear about, a sentence each."""


def generate(
    sound: Sound,
    avatar: Avatar,
    out: Path,
    options: JobOptions,
    *,
    overwrite: bool = False,
    cancel: threading.Event | None = None,
    progress: Progress | None = None,
) -> Result:
    """Make the frames of `avatar` saying `sound`, and their record, in the folder `out`.

    A job that was stopped goes on where it was, and ends with the same bytes as one that was not.

    Args:
        sound: Opened with the start and the duration of `options`.
        avatar: Who speaks.
        out: Made if need be.
        options: How.
        overwrite: Replace another job's frames in `out` instead of refusing.
        cancel: Set it, from any thread, to stop the job.
        progress: Called as (phase, done, total) in this thread: "sound" counts seconds; "template", for an
            avatar with a video, and "frames" count frames.

    Raises:
        InputError: The sound, the avatar (AvatarError), an option or the folder is wrong.
        JobCancelled: `cancel` was set; finished frames stay.
    """
    begun = time.monotonic()
    watch = Watch(progress or ignore, cancel or threading.Event())
    workers = options.workers or usable_cores()
    check_hashes(avatar)
    generator, encoder = open_networks(avatar, options.provider)
    mel_chunks = log_mel_chunks(_heard(sound, watch))
    with TemplateFrames(avatar, watch) as templates, MelFile(mel_chunks) as mel:
        plan = _plan(sound, avatar, options.fps, len(mel))
        feather = avatar.feather_px if options.feather is None else options.feather
        record = _record(sound, avatar, replace(options, feather=feather), len(plan), generator.provider)
        record, done = open_folder(out, record, overwrite)
        hear = _hear(mel, plan, encoder)
        scene = Scene(avatar.generator.family, generator, templates, hear, feather, options.overlay)

        def write(frame: Frame) -> None:
            data = encode_image(frame.pixels, options.format, options.quality)
            write_atomic(out / frame_name(frame.number, options.format), data)

        todo = plan.without(done)
        frames = render(todo, scene, write, workers=workers, watch=watch)
        with recorded(out, record), closing(frames):
            for _ in watch.steps("frames", frames, len(plan), len(done)):
                pass
    seconds = time.monotonic() - begun
    warnings = {network.warning for network in (generator, encoder) if network and network.warning}
    return Result(
        frames=len(plan),
        frames_written=len(todo),
        fps=options.fps,
        seconds=seconds,
        frames_per_second=len(todo) / seconds,
        peak_rss_mb=peak_rss_mb(),
        workers=workers,
        provider=generator.provider,
        precision=options.precision,
        out=out,
        warnings=tuple(sorted(warnings)),
    )


def _heard(sound: Sound, watch: Watch) -> Iterator[Floats]:
    """The blocks of the sound, with progress in seconds."""
    total = -(-sound.samples // sound.rate)
    samples = 0
    watch.progress("sound", 0, total)
    for block in sound.blocks():
        watch.check()
        yield block
        samples += len(block)
        watch.progress("sound", min(total, -(-samples // RATE)), total)


def _plan(sound: Sound, avatar: Avatar, fps: Fraction, mel_frames: int) -> Plan:
    template = avatar.template
    return make_plan(
        sound.duration,
        fps,
        mel_frames,
        avatar.generator.family,
        avatar.audio.edge,
        template.count,
        template.fps,
    )


def _hear(mel: Mel, plan: Plan, encoder: Network | None) -> Hear:
    """What a frame hears: rows of the encoder, or the one mel window itself, as [80, 16]."""
    if encoder is None:
        return lambda window: mel[window[0] : window[0] + WINDOW_FRAMES].T
    # The starts of the full plan, not of the frames that are missing: see EncoderRows.
    return EncoderRows(mel, plan.windows, lambda windows: encoder.run({"mel": windows})).window


def _record(sound: Sound, avatar: Avatar, options: JobOptions, frames: int, provider: str) -> JobRecord:
    return JobRecord(
        status="running",
        frames=frames,
        started=now(),
        finished=None,
        sound=SoundPart(sound.name, sound.sha256(), sound.rate, sound.first, sound.samples),
        avatar=AvatarPart(avatar.id, avatar.fingerprint),
        options=options,
        provider=provider,
        versions=versions(),
    )
