# SPDX-License-Identifier: GPL-3.0-or-later
"""An avatar of any clip of a face, for Wav2Lip, which needs no training on it."""

import threading
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from ..avatar.avatar_types import Square
from ..errors import InputError
from ..inference.families import FAMILIES
from ..media.video_reader import Unpacked, unpack_video
from ..runtime.monitor import Monitor, Progress, ignore
from .checkpoints import as_onnx
from .detector import require_dlib
from .face_track import found_squares, read_track, squares_between, squares_by_hand
from .found_networks import check_generator, required
from .import_plan import FPS, ImportOptions, ImportPlan, title
from .importer import Imported, build_avatar
from .numbered import STILLS, picture_sequence
from .template_images import common_size, upright


@dataclass(frozen=True)
class Clip:
    """Images of a face, and who says where it is."""

    path: Path
    """A video, an image, or a folder with a sequence of images."""
    fps: Fraction | None = None
    """frames a second; None takes the video's own, or 25 for a sequence."""
    square: Square | None = None
    """The face, set by hand, where it does not move."""
    track: Path | None = None
    """A JSON file of squares set by hand; face_track.read_track says how."""


def create_avatar(
    clip: Clip,
    dest: Path,
    options: ImportOptions,
    *,
    cancel: threading.Event | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Make a Wav2Lip avatar in the new folder `dest`, which is there complete and checked, or not at all.

    Args:
        clip: The images; the face is looked for if nobody says where it is (the extra `faces`).
        dest: Must not exist; its parents are made.
        options: Its `generator` is the Wav2Lip network, an .onnx file.
        cancel: Set it, from any thread, to stop.
        progress: Called as (phase, done, total) in this thread; "video", "faces" and "check" count images,
            "files" the files copied.

    Raises:
        InputError: The clip, the options or `dest` is wrong, no face is found, or an extra is missing.
        JobCancelled: `cancel` was set.
    """
    if clip.square is not None and clip.track is not None:
        raise InputError("the face is set twice", "--square and --track", "Give one of them")
    if options.generator is None:
        raise InputError(
            "Wav2Lip's network is missing", how="Its weights are yours to bring: --generator FILE"
        )
    generator = required(options.generator, "generator", dest, "--generator")
    monitor = Monitor(progress or ignore, cancel or threading.Event())
    return build_avatar(
        dest, lambda scratch, monitor: _plan(clip, options, generator, scratch, monitor), monitor
    )


def _plan(clip: Clip, options: ImportOptions, generator: Path, scratch: Path, monitor: Monitor) -> ImportPlan:
    family = FAMILIES["wav2lip"]
    generator = as_onnx(generator, scratch)
    check_generator(generator, family)
    if clip.square is None and clip.track is None:
        require_dlib(str(clip.path))  # before minutes of decoding
    pictures = _pictures(clip, scratch, monitor)
    squares, notes = _squares(clip, pictures.files, monitor)
    return ImportPlan(
        source=f"a {'sequence' if clip.path.is_dir() else 'video'}",
        name=title(options, clip.path),
        family=family,
        generator=generator,
        encoder=None,
        pictures=pictures.files,
        squares=squares,
        fps=pictures.fps,
        licence=options.licence,
        start=0,  # so that it lies on its own footage
        notes=(*pictures.notes, *notes),
    )


def _pictures(clip: Clip, scratch: Path, monitor: Monitor) -> Unpacked:
    if clip.path.is_dir():
        return Unpacked(upright(picture_sequence(clip.path), scratch / "images", monitor), clip.fps or FPS)
    if not clip.path.is_file():
        raise InputError("no such video, image or folder", str(clip.path))
    if clip.path.suffix.lower() in STILLS:
        return Unpacked(upright((clip.path,), scratch / "images", monitor), clip.fps or FPS)
    unpacked = unpack_video(clip.path, scratch / "video", monitor, in_time=True)
    return replace(unpacked, fps=clip.fps or unpacked.fps)


def _squares(
    clip: Clip, pictures: tuple[Path, ...], monitor: Monitor
) -> tuple[tuple[Square, ...], tuple[str, ...]]:
    """A face square for each image, and notes."""
    size, count = common_size(pictures), len(pictures)
    if clip.square is not None:
        keys = squares_by_hand({0: clip.square}, size, "--square")
    elif clip.track is not None:
        keys = squares_by_hand(read_track(clip.track, count), size, str(clip.track))
    else:
        return found_squares(pictures, size, str(clip.path), monitor)
    return squares_between(keys, count), ()
