# SPDX-License-Identifier: GPL-3.0-or-later
"""What jobs do in their thread: the engine's part, as calls that `job.Job` runs. Nothing here knows Blender.

Imports of the engine stand inside the functions: these modules take seconds, and Blender is to start at once.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine.errors import FolderTakenError
from .libraries import load_libraries

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..engine.generate import Result
    from ..engine.watch import Progress


@dataclass(frozen=True)
class Request:
    """Frames for a sound."""

    read: "Callable[[], tuple[NDArray[np.float32], int]]"
    """The samples and their rate."""
    avatar: str
    """Name of a built-in avatar, or a folder."""
    out: Path
    """Folder for the frames."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The fields of JobOptions; a plain mapping, because that class brings heavy modules along."""


def generate_frames(request: Request, cancel: threading.Event, progress: "Progress") -> "Result":
    """All frames, into `request.out`. InputError, JobCancelled."""
    load_libraries()
    from ..engine.avatar import load_avatar
    from ..engine.generate import generate
    from ..engine.job import JobOptions
    from ..engine.sound import open_sound

    options = JobOptions(**request.options)
    avatar = load_avatar(request.avatar)
    sound = open_sound(request.read())
    run = partial(generate, sound, avatar, request.out, options, cancel=cancel, progress=progress)
    try:
        return run()
    except FolderTakenError:  # an earlier job of the same strip: the folder is named after it
        return run(overwrite=True)


def preview_frame(request: Request, number: int, cancel: threading.Event, progress: "Progress") -> Path:
    """One frame, into a folder of its own inside `request.out`; its file. InputError, JobCancelled."""
    load_libraries()
    from ..engine.avatar import load_avatar
    from ..engine.job import JobOptions
    from ..engine.preview import preview
    from ..engine.sound import open_sound
    from ..engine.storage import storage_error
    from ..engine.writer import frame_name, write_atomic

    options = JobOptions(**request.options)
    avatar = load_avatar(request.avatar)
    data = preview(open_sound(request.read()), avatar, number, options, cancel=cancel, progress=progress)
    folder = request.out / "preview"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(error, folder) from error
    file = folder / frame_name(number, options.format)
    write_atomic(file, data)
    return file


@dataclass(frozen=True)
class Brought:
    """What an import brought."""

    folder: Path
    """Of the new avatar."""
    notes: tuple[str, ...] = ()
    """What the user should hear about, a sentence each."""


def import_avatar(
    source: Path, library: Path, smooth_squares: bool, cancel: threading.Event, progress: "Progress"
) -> Brought:
    """Copy an avatar into a folder of avatars, or make one there of what another system left in `source`.

    Only in the latter are squares that tremble smoothed, if that is wanted. InputError, JobCancelled.
    """
    if not (source / "avatar.toml").is_file():
        from ..engine.importing import importer
        from ..engine.importing.plan import ImportOptions

        options = ImportOptions(smooth_squares=smooth_squares)
        made = importer.import_avatar(
            source, library / source.name, options, cancel=cancel, progress=progress
        )
        return Brought(made.avatar.folder, made.notes)
    from ..engine.avatar_install import install_avatar
    from ..engine.watch import Watch

    return Brought(install_avatar(source, library, Watch(progress, cancel)))
