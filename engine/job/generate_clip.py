# SPDX-License-Identifier: GPL-3.0-or-later
"""The job of a strip: a clip of a recording and an avatar in, frames in the strip's folder out."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..avatar.avatar_types import Avatar
from ..errors import InputError
from ..frames.plan import Plan
from ..frames.render import STRETCH, Frame, render
from ..media.image_files import encode_image
from ..mouth.direction import Direction
from ..runtime.cores import share_cores, usable_cores
from ..runtime.memory import peak_rss_mb
from ..runtime.monitor import TIMEOUT_S, Monitor, Progress, ignore
from ..sound.clip import Clip
from ..sound.recording import Recording
from .clip_setup import PreparedClip, prepared_clip
from .frame_keys import frame_keys
from .frame_names import clip_frame_name
from .options import JobOptions
from .strip_folder import Found, StripFolder, strip_folder
from .strip_record import job_part

Planned = Callable[[tuple[str, ...], frozenset[int]], None]
"""Called with the file names of all frames of the clip, in order, and the places of those that are there."""


@dataclass(frozen=True)
class ClipResult:
    """What a job did."""

    files: tuple[str, ...]
    """Names of all frames of the clip, in order."""
    frames: int
    """How many they are."""
    frames_written: int
    """Those that were drawn now."""
    retouched: tuple[str, ...]
    """Names of those that somebody has changed since they were written."""
    damaged: tuple[str, ...]
    """Names of those that were set aside and drawn anew."""
    size: tuple[int, int]
    """Width and height of the images."""
    seconds: float
    """From the call to the return."""
    frames_per_second: float
    """Written, over all of `seconds`."""
    workers: int
    provider: str
    """The provider really in use."""
    precision: str
    out: Path
    warnings: tuple[str, ...]
    """What the user should hear about, a sentence each."""
    timings: Mapping[str, float]
    """Seconds of each of `Timings`, summed over the workers."""
    peak_rss_mb: float
    """Of the process, since its start, in MiB."""


def generate_clip(
    recording: Recording,
    avatar: Avatar,
    clip: Clip,
    folder: Path,
    options: JobOptions,
    *,
    only: range | None = None,
    blend: Path | None = None,
    direction: Direction | None = None,
    redraw_retouched: bool = False,
    block: int | None = None,
    timeout_s: float = TIMEOUT_S,
    planned: Planned | None = None,
    finished: Callable[[int], None] | None = None,
    cancel: threading.Event | None = None,
    progress: Progress | None = None,
) -> ClipResult:
    """Make those frames of `avatar` saying a clip of `recording` that are not in `folder`, and its record.

    Frames that are there, of whatever job, are taken as they are; none is overwritten or deleted.

    Args:
        recording: All of the sound.
        avatar: Who speaks.
        clip: Which frames; its rate and its part of the sound stand, whatever `options` say of them.
        folder: Made if need be.
        options: How.
        only: Make only these frames, numbered on the sound's clock; the folder's record keeps its job.
        blend: A .blend file that uses the folder, for the record.
        direction: For avatars that take a mouth track, in place of that of the options: it may differ from
            frame to frame.
        redraw_retouched: Set frames aside that somebody has changed, and draw them anew.
        block: Finish so many frames, as near as the workers allow, before the next are begun.
        timeout_s: Give up when one frame takes longer than so many seconds.
        planned: Called once, before anything is drawn; only frames that are wanted count as there.
        finished: Called, in this thread, with the place in the clip of every frame that has been written.
        cancel: Set it, from any thread, to stop the job.
        progress: As by `generate`; the "frames" are those that are wanted.

    Raises:
        InputError: The recording, the avatar (AvatarError), an option or the folder is wrong, or another run
            works in it (FolderBusyError) or owns it (FolderTakenError).
        StuckError: A frame took too long; finished frames stay.
        JobCancelled: `cancel` was set; finished frames stay.
    """
    begun = time.monotonic()
    _check(clip, only, block)
    monitor = Monitor(progress or ignore, cancel or threading.Event(), timeout_s=timeout_s)
    workers, threads = (options.workers, 1) if options.workers else share_cores(usable_cores())
    monitor.check()
    with prepared_clip(recording, avatar, clip, options, monitor, threads, folder, direction) as ready:
        names = _names(ready, avatar)
        wanted = _places(clip, only)
        job = job_part(recording, avatar, clip, ready.job)
        with strip_folder(folder, job, names if only is None else None, blend) as strip:
            size = ready.scene.templates.size
            found = strip.find(
                [names[place] for place in wanted], size, monitor, redraw_retouched=redraw_retouched
            )
            if planned is not None:
                planned(names, frozenset(place for place in wanted if names[place] in found.there))
            missing = [place for place in wanted if names[place] not in found.there]
            _draw(ready, strip, names, missing, len(wanted), workers, block or STRETCH, finished, monitor)
    seconds = time.monotonic() - begun
    return ClipResult(
        files=names,
        frames=clip.count,
        frames_written=len(missing),
        retouched=found.retouched,
        damaged=found.damaged,
        size=size,
        seconds=seconds,
        frames_per_second=len(missing) / seconds,
        workers=workers,
        provider=ready.job.provider,
        precision=options.precision,
        out=folder,
        warnings=(
            *ready.job.warnings,
            *recording.notes,
            *ready.warnings,
            *_warnings(found, redraw_retouched),
        ),
        timings=monitor.timings.seconds(),
        peak_rss_mb=peak_rss_mb(),
    )


def _check(clip: Clip, only: range | None, block: int | None) -> None:
    if only is not None and not _places(clip, only):
        numbers = f"The clip has {clip.numbers.start} to {clip.numbers.stop - 1}"
        raise InputError(f"none of the frames {only.start} to {only.stop - 1} is there", "frames", numbers)
    if block is not None and block < 1:
        raise InputError(f"{block} is less than 1", "block")


def _places(clip: Clip, only: range | None) -> range:
    """Where in the clip the frames are that are wanted."""
    wanted = clip.numbers if only is None else only
    return range(max(0, wanted.start - clip.first), min(clip.count, wanted.stop - clip.first))


def _names(ready: PreparedClip, avatar: Avatar) -> tuple[str, ...]:
    """The file names of all frames of the clip, in order."""
    keys = frame_keys(ready.plan, avatar, ready.job, ready.scene.closed_mouths, ready.listen)
    numbers = ready.plan.numbers.tolist()
    image_format = ready.job.options.format
    return tuple(clip_frame_name(*named, image_format) for named in zip(numbers, keys, strict=True))


def _draw(
    ready: PreparedClip,
    strip: StripFolder,
    names: tuple[str, ...],
    missing: list[int],
    wanted: int,
    workers: int,
    block: int,
    finished: Callable[[int], None] | None,
    monitor: Monitor,
) -> None:
    """Make the frames at these places in the clip."""
    plan: Plan = ready.plan
    options, first = ready.job.options, int(plan.numbers[0])

    def write(frame: Frame) -> int:
        place = frame.number - first
        with monitor.timings.time("encode image"):
            data = encode_image(frame.pixels, options.format, options.quality)
        with monitor.timings.time("write"):
            strip.write(names[place], data)
        return place

    todo = plan.select(np.array(missing, np.int64))
    with closing(render(todo, ready.scene, write, workers=workers, monitor=monitor, stretch=block)) as drawn:
        for place in monitor.steps("frames", drawn, wanted, wanted - len(missing)):
            strip.keep_record()
            if finished is not None:
                finished(place)


def _warnings(found: Found, redrawn: bool) -> list[str]:
    """What happened to frames that were not as they were written, a sentence each."""
    anew = "set aside and drawn anew"
    return [
        *_told("retouched", len(found.retouched), anew if redrawn else "kept"),
        *_told("damaged", len(found.damaged), anew),
    ]


def _told(what: str, frames: int, then: str) -> list[str]:
    if not frames:
        return []
    return [
        f"1 frame was {what} and is {then}" if frames == 1 else f"{frames} frames were {what} and are {then}"
    ]
