# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's part of jobs, as calls that a BackgroundJob runs in its thread. Nothing here knows Blender.

Imports of the engine stand inside the functions: these modules take seconds, and Blender is to start at once.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..sequencer.request import Request
from ..sequencer.strip_sound import StripSound
from .libraries import load_libraries

if TYPE_CHECKING:
    from ...engine.arrays import Floats
    from ...engine.avatar.avatar_types import Avatar
    from ...engine.job.generate_clip import ClipResult
    from ...engine.job.options import JobOptions
    from ...engine.mouth.direction import Direction
    from ...engine.runtime.monitor import Progress
    from ...engine.sound.clip import Clip
    from ...engine.sound.recording import Recording


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
    from ...engine.job.generate_clip import generate_clip

    count, directed = len(request.moments), request.direction
    direction = None if directed is None else engine_direction(directed, count, request.lead)
    with open_request(request) as (recording, avatar, clip, options):
        return generate_clip(
            recording,
            avatar,
            clip,
            request.folder,
            options,
            only=only,
            blend=request.blend,
            direction=direction,
            redraw_retouched=request.redraw_retouched,
            block=request.block,
            planned=board.planned,
            finished=board.done.append,
            cancel=cancel,
            progress=progress,
        )


@contextmanager
def open_request(request: Request) -> "Iterator[tuple[Recording, Avatar, Clip, JobOptions]]":
    """What the engine takes, with the sound open. InputError."""
    from ...engine.avatar.library import load_avatar
    from ...engine.errors import InputError
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
    # Who chooses a track for a strip means it: that it is of another sound is said, and no more.
    options = JobOptions(fps=request.fps, mouth=request.mouth, other_sound=True, **request.options)
    avatar = load_avatar(request.avatar)
    with request.sound.open() as recording:
        if begin * recording.rate >= recording.samples:
            raise outside
        yield recording, avatar, clip, options


def engine_direction(fields: Mapping[str, Any], count: int, lead: int) -> "Direction":
    """As the engine takes it: a row for each of `count` frames where something is keyed."""
    from ...engine.mouth.direction import Direction

    return Direction(**_by_rows(fields, count), lead=lead)


def _by_rows(direction: Mapping[str, Any], count: int) -> dict[str, Any]:
    """The fields of the engine's Direction: where something is keyed, `count` rows."""
    import numpy as np

    def rows(values: Any) -> "Floats":
        """One for each; the last goes on."""
        array = np.atleast_1d(np.asarray(values, np.float32))[:count]
        return np.pad(array, (0, count - len(array)), "edge")

    found = dict(direction)
    for name in ("gain", "offset"):
        if name in found:
            columns = [rows(values) for values in found[name]]
            found[name] = np.stack(columns, axis=1)
    if not isinstance(found["intensity"], float):
        found["intensity"] = np.clip(rows(found["intensity"]), 0, 2).astype(np.float64)
    return found


@dataclass(frozen=True)
class MouthExport:
    """A mouth track to be written."""

    sound: StripSound
    file: Path
    format: str
    """One of the engine's FORMATS."""
    fps: Fraction
    lead: int
    """Frames."""
    direction: Mapping[str, Any]
    """The fields of the engine's Direction; what is keyed has a row for each 1/80 s."""
    mouth: Path | None


def export_mouth_track(wanted: MouthExport, cancel: threading.Event, progress: "Progress") -> int:
    """Write it; the number of shapes. InputError, JobCancelled."""
    load_libraries()
    from ...engine.job.export_mouth import export_mouth, mouth_values
    from ...engine.mouth.direction import Direction
    from ...engine.runtime.monitor import Monitor

    with wanted.sound.open() as recording:
        count = mouth_values(recording)
        found = _by_rows(wanted.direction, count)
        least = max(2, found.pop("hold"))
        sheet = export_mouth(
            recording,
            wanted.file,
            wanted.format,
            wanted.fps,
            Direction(**found),
            Monitor(progress, cancel),
            wanted.lead / wanted.fps,
            least,
            wanted.mouth,
        )
    return len(sheet.cues)


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

    Only in the latter are squares that jitter smoothed, if that is wanted. InputError, JobCancelled.
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
