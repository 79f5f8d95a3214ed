# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's part of jobs, as calls that a BackgroundJob runs in its thread. Nothing here knows Blender.

Imports of the engine stand inside the functions: these modules take seconds, and Blender is to start at once.
"""

import threading
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..sequencer.request import Request
from .libraries import load_libraries

if TYPE_CHECKING:
    from ...engine.job.generate_clip import ClipResult
    from ...engine.mouth.direction import Direction
    from ...engine.runtime.monitor import Progress


class Board:
    """What a job has made so far: written by its thread, read by Blender's."""

    def __init__(self) -> None:
        self.files: tuple[str, ...] = ()
        """File names of all frames in order, once they are known."""
        self.done: list[int] = []
        """Places in `files` that are there under these names; it only grows."""
        self.before = 0
        """How many of them were there already."""

    def planned(self, files: tuple[str, ...], there: frozenset[int]) -> None:
        """What the frames are called, and which are there from before."""
        self.done.extend(sorted(there))
        self.before = len(self.done)
        self.files = files

    def new(self) -> set[str]:
        """The files that this job has written."""
        return {self.files[place] for place in self.done[self.before :]}

    def made(self, moments: range) -> dict[int, str]:
        """The files that are there, by their moments."""
        files = self.files
        return {moments[place]: files[place] for place in self.done[:]} if files else {}


def generate_frames(
    request: Request, board: Board, only: range | None, cancel: threading.Event, progress: "Progress"
) -> "ClipResult":
    """The frames of the request, or only those of some moments of it. InputError, JobCancelled."""
    load_libraries()
    from ...engine.avatar.library import load_avatar
    from ...engine.errors import InputError
    from ...engine.job.generate_clip import generate_clip
    from ...engine.job.options import JobOptions
    from ...engine.sound.clip import Clip

    def seconds(moment: int) -> Fraction:
        return moment / request.fps + request.shift

    begin, end = max(Fraction(0), seconds(request.heard.start)), seconds(request.heard.stop)
    how = "Move the handles of the strip to where it sounds"
    outside = InputError("the strip lies outside its sound", request.sound.name, how)
    if end <= 0:
        raise outside
    clip = Clip(
        first=request.moments.start,
        count=len(request.moments),
        fps=request.fps,
        begin=begin,
        end=end,
        shift=request.shift,
        lead=request.lead,
    )
    options = JobOptions(fps=request.fps, **request.options)
    avatar = load_avatar(request.avatar)
    with request.sound.open() as recording:
        if begin * recording.rate >= recording.samples:
            raise outside
        return generate_clip(
            recording,
            avatar,
            clip,
            request.folder,
            options,
            only=only,
            blend=request.blend,
            direction=_direction(request),
            redraw_retouched=request.redraw_retouched,
            block=request.block,
            planned=board.planned,
            finished=board.done.append,
            cancel=cancel,
            progress=progress,
        )


def _direction(request: Request) -> "Direction | None":
    """As the engine takes it: a row for each frame where something is keyed."""
    if request.direction is None:
        return None
    import numpy as np

    from ...engine.mouth.direction import Direction

    count = len(request.moments)
    found: dict[str, Any] = {**request.direction, "lead": request.lead}
    for name in ("gain", "offset"):
        if name in found:
            columns = [np.broadcast_to(np.asarray(values, np.float32), count) for values in found[name]]
            found[name] = np.stack(columns, axis=1)
    intensity = np.asarray(found["intensity"], np.float64)
    found["intensity"] = np.clip(intensity, 0, 2) if intensity.ndim else float(intensity)
    return Direction(**found)


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
        from ...engine.importing import importer
        from ...engine.importing.import_plan import ImportOptions

        options = ImportOptions(smooth_squares=smooth_squares)
        made = importer.import_avatar(
            source, library / source.name, options, cancel=cancel, progress=progress
        )
        return Brought(made.avatar.folder, made.notes)
    from ...engine.importing.install import install_avatar
    from ...engine.runtime.monitor import Monitor

    return Brought(install_avatar(source, library, Monitor(progress, cancel)))
