# SPDX-License-Identifier: GPL-3.0-or-later
"""One frame of a job, ahead of the job: the same bytes that the job will write."""

import threading
from contextlib import closing

from ..avatar.avatar_types import Avatar
from ..errors import InputError
from ..frames.render import Frame, render
from ..media.image_files import encode_image
from ..runtime.monitor import Monitor, Progress, ignore
from ..sound.sound import Sound
from .options import JobOptions
from .setup import prepared


def preview(
    sound: Sound,
    avatar: Avatar,
    number: int,
    options: JobOptions,
    *,
    cancel: threading.Event | None = None,
    progress: Progress | None = None,
) -> bytes:
    """The image file of one frame.

    Args:
        sound: Opened with the start and the duration of `options`; all of it is heard, for the frame's edges.
        avatar: Who speaks.
        number: Of the frame, from 1, as in the file names of the job.
        options: How.
        cancel: Set it, from any thread, to stop.
        progress: Called as (phase, done, total): "sound", "template" and "frames", as by `generate`.

    Raises:
        InputError: The sound, the avatar (AvatarError), an option or the number is wrong.
        JobCancelled: `cancel` was set.
    """
    monitor = Monitor(progress or ignore, cancel or threading.Event())

    def encode(frame: Frame) -> bytes:
        return encode_image(frame.pixels, options.format, options.quality)

    with prepared(sound, avatar, options, monitor) as ready:
        count = len(ready.plan)
        if not 1 <= number <= count:
            raise InputError(f"there is no frame {number}", sound.name, f"There are frames 1 to {count}")
        # The row of the full plan: the frame's neighbours in the encoder's batches are part of its bits.
        frames = render(ready.plan.select(slice(number - 1, number)), ready.scene, encode, workers=1)
        with closing(frames):
            return next(iter(monitor.steps("frames", frames, 1)))
