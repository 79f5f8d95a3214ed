# SPDX-License-Identifier: GPL-3.0-or-later
"""What jobs do in their thread: the engine's part, as calls that `job.Job` runs. Nothing here knows Blender.

Imports of the engine stand inside the functions: these modules take seconds, and Blender is to start at once.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .libraries import load_libraries
from .strip_sound import StripSound

if TYPE_CHECKING:
    from ..engine.generate_clip import ClipResult
    from ..engine.watch import Progress


@dataclass(frozen=True)
class Request:
    """Frames for a part of a sound."""

    sound: StripSound
    avatar: str
    """Name of a built-in avatar, or a folder."""
    folder: Path
    """Of the strip, for the frames."""
    moments: range
    """What to make, in frames from the beginning of the sound's content."""
    heard: range
    """What is heard around it, likewise: cuts do not end a sound."""
    fps: Fraction
    shift: Fraction
    """Seconds into the sound at moment 0."""
    lead: int
    """Frames by which the mouth comes early."""
    blend: Path | None
    """The .blend that shows the frames."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The fields of JobOptions; a plain mapping, because that class brings heavy modules along."""
    block: int | None = None
    """Frames that are made together before later ones are begun, so that a strip can grow meanwhile."""
    redraw_retouched: bool = False
    """Whether frames that somebody has changed are made anew."""


class Board:
    """What a job has made so far: written by its thread, read by Blender's."""

    def __init__(self) -> None:
        self.files: tuple[str, ...] = ()
        """File names of all frames in order, once they are known."""
        self.done: list[int] = []
        """Places in `files` that are there under these names; it only grows."""

    def planned(self, files: tuple[str, ...], there: frozenset[int]) -> None:
        """What the frames are called, and which are there from before."""
        self.done.extend(sorted(there))
        self.files = files

    def made(self, moments: range) -> dict[int, str]:
        """The files that are there, by their moments."""
        files = self.files
        return {moments[place]: files[place] for place in self.done[:]} if files else {}


def generate_frames(
    request: Request, board: Board, only: range | None, cancel: threading.Event, progress: "Progress"
) -> "ClipResult":
    """The frames of the request, or only those of some moments of it. InputError, JobCancelled."""
    load_libraries()
    from ..engine.avatar import load_avatar
    from ..engine.clip import Clip
    from ..engine.errors import InputError
    from ..engine.generate_clip import generate_clip
    from ..engine.job import JobOptions

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
            redraw_retouched=request.redraw_retouched,
            block=request.block,
            planned=board.planned,
            finished=board.done.append,
            cancel=cancel,
            progress=progress,
        )


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
