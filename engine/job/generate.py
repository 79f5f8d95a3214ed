# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole job: a sound and an avatar in, a folder of frames and its record out."""

import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..avatar.avatar_types import Avatar
from ..errors import InputError
from ..frame_times import frame_count
from ..frames.render import Frame, render
from ..media.image_files import encode_image
from ..runtime.cores import share_cores, usable_cores
from ..runtime.memory import peak_rss_mb
from ..runtime.monitor import TIMEOUT_S, Monitor, Progress, ignore
from ..runtime.storage import write_atomic
from ..sound.sound import Sound
from .folder import holds_finished, is_done, job_folder
from .frame_names import frame_name
from .lock import ALL_FRAMES
from .mouths import mouth_source
from .opening import Opened
from .options import JobOptions
from .record import AvatarPart, JobRecord, SoundPart, now, versions
from .setup import Prepared, open_job, prepared


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
    timings: Mapping[str, float]
    """Seconds of each of `Timings`, summed over the workers."""


def generate(
    sound: Sound,
    avatar: Avatar,
    out: Path,
    options: JobOptions,
    *,
    overwrite: bool = False,
    frames: range = ALL_FRAMES,
    timeout_s: float = TIMEOUT_S,
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
        frames: Make only these of the job's frames; other processes may make others in the same folder.
        timeout_s: Give up when one frame takes longer than so many seconds.
        cancel: Set it, from any thread, to stop the job.
        progress: Called as (phase, done, total) in this thread: "sound" counts seconds; "template", for an
            avatar with a video, and "frames" count frames.

    Raises:
        InputError: The sound, the avatar (AvatarError), an option or the folder is wrong, or another run
            makes one of the same frames (FolderBusyError).
        StuckError: A frame took too long; finished frames stay.
        JobCancelled: `cancel` was set; finished frames stay.
    """
    begun = time.monotonic()
    if overwrite and frames != ALL_FRAMES:
        raise InputError(
            "a slice cannot overwrite a job", "frames", "Other slices may be at work: empty the folder first"
        )
    monitor = Monitor(progress or ignore, cancel or threading.Event(), timeout_s=timeout_s)
    workers, threads = (options.workers, 1) if options.workers else share_cores(usable_cores())
    monitor.check()
    warnings: tuple[str, ...] = ()
    finished = None if overwrite else _finished(sound, avatar, out, options, threads)
    if finished is not None:
        job, record = finished
        _check_slice(frames, record)
        written = 0  # and its sound, which may be of hours, need not be heard
        monitor.progress("frames", record.frames, record.frames)
    else:
        with prepared(sound, avatar, options, monitor, threads, out) as ready:
            job = ready.job
            record = _record(sound, avatar, job, len(ready.plan))
            _check_slice(frames, record)
            written = _write(ready, out, record, overwrite, frames, workers, monitor)
            warnings = (*sound.notes, *ready.warnings)
    seconds = time.monotonic() - begun
    return Result(
        frames=record.frames,
        frames_written=written,
        fps=options.fps,
        seconds=seconds,
        frames_per_second=written / seconds,
        peak_rss_mb=peak_rss_mb(),
        workers=workers,
        provider=job.provider,
        precision=options.precision,
        out=out,
        warnings=(*job.warnings, *warnings),
        timings=monitor.timings.seconds(),
    )


def _finished(
    sound: Sound, avatar: Avatar, out: Path, options: JobOptions, threads: int
) -> tuple[Opened, JobRecord] | None:
    """This very job, if the folder holds it finished."""
    if not holds_finished(out):
        return None
    job = open_job(sound, avatar, options, threads)
    record = _record(sound, avatar, job, frame_count(sound.duration, options.fps))
    return (job, record) if is_done(out, record) else None


def _check_slice(frames: range, record: JobRecord) -> None:
    if frames.start > record.frames:
        last = "" if frames.stop == ALL_FRAMES.stop else frames.stop - 1
        what = f"none of {frames.start}:{last} is there"
        raise InputError(what, "frames", f"The job has {record.frames}")


def _write(
    ready: Prepared,
    out: Path,
    record: JobRecord,
    overwrite: bool,
    frames: range,
    workers: int,
    monitor: Monitor,
) -> int:
    """Make those of the frames that are not there; how many they were."""
    options = record.options
    todo = ready.plan.within(frames)

    def write(frame: Frame) -> None:
        with monitor.timings.time("encode image"):
            data = encode_image(frame.pixels, options.format, options.quality)
        with monitor.timings.time("write"):
            write_atomic(out / frame_name(frame.number, options.format), data)

    with job_folder(out, record, overwrite, frames, ready.mouths) as done:
        missing = todo.without(done)
        with closing(render(missing, ready.scene, write, workers=workers, monitor=monitor)) as drawn:
            for _ in monitor.steps("frames", drawn, len(todo), len(todo) - len(missing)):
                pass
    return len(missing)


def _record(sound: Sound, avatar: Avatar, job: Opened, frames: int) -> JobRecord:
    return JobRecord(
        status="running",
        frames=frames,
        started=now(),
        finished=None,
        sound=SoundPart(sound.name, sound.sha256(), sound.rate, sound.first, sound.samples),
        avatar=AvatarPart(avatar.id, avatar.fingerprint, str(avatar.folder.absolute())),
        options=job.options,
        provider=job.provider,
        versions=versions(),
        mouth=mouth_source(job.options) if avatar.generator.family.takes_track else "",
    )
