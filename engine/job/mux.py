# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's frames and their sound as one video that Blender, browsers and QuickTime play.

Needs PyAV, the package's extra `video`; the Blender add-on does without.
"""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError, install_extra
from ..runtime.monitor import Progress
from ..runtime.storage import part_path, storage_error
from ..sound.sound import open_sound
from .frame_names import frame_name
from .record import read_record


def mux(frames: Path, sound: Path, out: Path, *, progress: Progress | None = None) -> int:
    """Write the frames of a finished job, and the stretch of sound that they show, to an .mp4 file.

    The job record in `frames` says the frame rate and where in the sound the frames begin;
    `write_video` says what is in the file.

    Args:
        frames: A folder that `generate` wrote, complete.
        sound: The sound that the frames were made from, or another that keeps its timing.
        out: The video; an older one is replaced when the new one is complete.
        progress: Called as (phase, done, total) after each frame.

    Returns:
        The number of frames in the video.

    Raises:
        InputError: Frames are missing or transparent, a file cannot be read or written, PyAV is missing.
    """
    check_video_name(out)
    record = read_record(frames)
    options = record.options
    if options.overlay:
        raise InputError("an .mp4 has no transparency", str(frames), "Generate without --overlay for a video")
    pictures = [frames / frame_name(number, options.format) for number in range(1, record.frames + 1)]
    missing = [picture for picture in pictures if not picture.is_file()]
    if missing:
        how = "Finish them with the generate command that began them"
        raise InputError(f"{len(missing)} of {len(pictures)} frames are missing", str(missing[0]), how)
    stretch = open_sound(sound, start=options.start, duration=options.duration)
    from ..media.video_writer import write_video

    try:
        with replaced_when_done(out) as part:
            write_video(part, pictures, options.fps, stretch, progress)
    except OSError as error:  # FFmpeg's own errors of the file system are OSErrors too
        raise storage_error(error, out) from error
    return len(pictures)


def check_video_name(out: Path, how: str = "The order is: DIR SOUND OUT.mp4") -> None:
    """Raise InputError if no video can be written to `out`: worth knowing before hours of generating."""
    if importlib.util.find_spec("av") is None:
        raise InputError("videos need PyAV", str(out), install_extra("video"))
    if out.suffix.lower() != ".mp4":
        raise InputError("the video's name must end in .mp4", str(out), how)


@contextmanager
def replaced_when_done(out: Path) -> Iterator[Path]:
    """A name to write to, in the same folder; it becomes `out` at the end, or goes if there is an error."""
    part = part_path(out)
    try:
        yield part
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
