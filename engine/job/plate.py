# SPDX-License-Identifier: GPL-3.0-or-later
"""The template's own images, in the order in which frames are drawn on them: what lies under an overlay."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..avatar.avatar_types import Avatar
from ..avatar.template import TemplateFrames
from ..frames.template_order import template_index
from ..media.image_files import encode_image
from ..runtime.monitor import Monitor
from ..runtime.storage import storage_error, write_atomic


@dataclass(frozen=True)
class Plate:
    """Files of a plate."""

    files: tuple[str, ...]
    """A file name for each moment; several moments may show the same one."""
    size: tuple[int, int]
    """Width and height in pixels."""


def write_plate(
    avatar: Avatar,
    folder: Path,
    moments: Sequence[int],
    fps: Fraction,
    shift: Fraction,
    monitor: Monitor,
) -> Plate:
    """Write the template frames that the moments show into a folder; those that are there are left alone.

    Args:
        avatar: Whose template.
        folder: Made if need be.
        moments: Frames on the sound's own clock: moment k is k / fps + shift seconds into the sound.
        fps: Frames a second.
        shift: Seconds.
        monitor: Progress as "frames", and cancelling.

    Raises:
        AvatarError: A template frame cannot be read.
        InputError: The folder cannot be written to.
        JobCancelled: The monitor says so.
    """
    template = avatar.template
    numbers = [template_index(moment, fps, template.loop(), shift) for moment in moments]
    images = template.images()
    suffix = ".png" if template.video is not None else Path(images[0]).suffix
    names = {
        number: f"plate_{number:06d}-{avatar.fingerprint[:8]}{suffix}" for number in sorted(set(numbers))
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemplateFrames(avatar, monitor) as frames:
            for number in monitor.steps("frames", names, len(names)):
                file = folder / names[number]
                if file.exists():
                    continue
                if template.video is not None:
                    write_atomic(file, encode_image(frames[number].frame, "png", 100))
                else:
                    shutil.copyfile(avatar.path(images[number]), file)
            return Plate(tuple(names[number] for number in numbers), frames.size)
    except OSError as error:
        raise storage_error(error, folder) from error
