# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's frames and their sound as one video.

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


def mux(
    frames: Path,
    sound: Path,
    out: Path,
    *,
    background: tuple[int, int, int] | None = None,
    progress: Progress | None = None,
) -> int:
    """Write the frames of a finished job, and the stretch of sound that they show, to a video.

    The job record in `frames` says the frame rate and where in the sound the frames begin;
    `write_video` says what is in the file.

    Args:
        frames: A folder that `generate` wrote, complete.
        sound: The sound that the frames were made from, or another that keeps its timing.
        out: The video, .mp4 (H.264), .mov (ProRes 4444) or .webm (VP9); an older one is replaced when the
            new one is complete.
        background: A colour, BGR, that transparent frames are laid over; without it they keep their alpha,
            which an .mp4 cannot.
        progress: Called as (phase, done, total) after each frame.

    Returns:
        The number of frames in the video.

    Raises:
        InputError: Frames are missing, or transparent in an .mp4; a file cannot be read or written; PyAV is
            missing.
    """
    check_video_name(out, endings=(".mp4", ".mov", ".webm"))
    record = read_record(frames)
    options = record.options
    pictures = [frames / frame_name(number, options.format) for number in range(1, record.frames + 1)]
    missing = [picture for picture in pictures if not picture.is_file()]
    if missing:
        how = "Finish them with the generate command that began them"
        raise InputError(f"{len(missing)} of {len(pictures)} frames are missing", str(missing[0]), how)
    stretch = open_sound(sound, start=options.start, duration=options.duration)
    from ..media.video_writer import KINDS, write_video

    kind = KINDS[out.suffix.lower()]
    try:
        with replaced_when_done(out) as part:
            write_video(part, pictures, options.fps, stretch, progress, kind=kind, background=background)
    except OSError as error:  # FFmpeg's own errors of the file system are OSErrors too
        raise storage_error(error, out) from error
    return len(pictures)


def check_video_name(
    out: Path, how: str = "The order is: DIR SOUND OUT.mp4", endings: tuple[str, ...] = (".mp4",)
) -> None:
    """Raise InputError if no video can be written to `out`: worth knowing before hours of generating."""
    if importlib.util.find_spec("av") is None:
        raise InputError("videos need PyAV", str(out), install_extra("video"))
    if out.suffix.lower() not in endings:
        raise InputError(f"the video's name must end in {' or '.join(endings)}", str(out), how)


@contextmanager
def replaced_when_done(out: Path) -> Iterator[Path]:
    """A name to write to, in the same folder; it becomes `out` at the end, or goes if there is an error."""
    part = part_path(out)
    try:
        yield part
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
