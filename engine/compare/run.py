# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole comparison: one pass over the frames; figures, a contact sheet, and if wanted a video, out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..arrays import Doubles, Pixels
from ..avatar.template import TemplateFrames
from ..errors import InputError
from ..job.mux import check_video_name, replaced_when_done
from ..runtime.monitor import Monitor
from ..runtime.storage import storage_error
from .differences import Step, Tally, steps
from .face import Mouth, find_mouth
from .frame_source import FrameSource
from .inputs import LETTERS, Inputs
from .panels import row
from .sheet import Sheet
from .sync import Heard, Sync, hear, measure_sync


@dataclass(frozen=True, eq=False)
class Pair:
    """How one source differs from the first."""

    source: FrameSource
    frame: Tally
    """Over the whole frame."""
    patch: Tally | None
    """Inside the patch, where it is known where that is."""
    unmatched: int
    """Frames that only one of the two has."""
    jobs: tuple[str, ...]
    """What its job record says that the first one's does not, such as "feather 0, not 12"."""

    @property
    def inmost(self) -> Tally:
        """Inside the patch, or over the whole frame where no patch is known."""
        return self.patch or self.frame


@dataclass(frozen=True, eq=False)
class Lips:
    """What the mouths do, and what is heard at the same moments."""

    heard: Heard
    activity: tuple[Doubles, ...]
    """[n] for each source, see Mouth.activity."""
    sync: tuple[Sync, ...]
    """For each source."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """All that was found."""

    inputs: Inputs
    pairs: tuple[Pair, ...]
    """Each source but the first, against the first."""
    lips: Lips | None
    """None where nobody asked, or it is not known who is seen or what is heard."""
    sheet: Sheet


def compare(
    inputs: Inputs, *, lips: bool = False, video: Path | None = None, monitor: Monitor | None = None
) -> Comparison:
    """Compare the sources with the first of them.

    Frames are read in step and let go: memory does not grow with their number, but for a few figures of each.

    Args:
        inputs: Of one source, only the mouth can be measured.
        lips: Measure the mouths too, if it is known who is seen and what is heard.
        video: A video to write: the images in a row, their differences, the sound.
        monitor: Progress, as "compare" or "video", and cancelling.

    Raises:
        InputError: An image, the avatar, the sound or the video's name is wrong.
        JobCancelled: The monitor was cancelled.
    """
    monitor = monitor or Monitor()
    if video is not None:
        check_video_name(video, "Give --video a name that ends in .mp4")
    sources, numbers, fps = inputs.sources, inputs.numbers, inputs.fps
    heard = hear(inputs.speech.sound(), fps, numbers) if lips and inputs.speech and inputs.face else None
    tallies = [(Tally(), Tally()) for _ in sources[1:]]
    activity: list[tuple[float, ...]] = []
    sheet = Sheet(numbers, inputs.face)

    def keep(step: Step) -> None:
        for index, (frame, patch) in enumerate(tallies):
            frame.add(step.number, step.frame[index])
            if step.patch:
                patch.add(step.number, step.patch[index])
        activity.append(tuple(step.activity))
        sheet.add(step)

    with (
        _mouth(inputs, heard, monitor) as mouth,
        closing(steps(sources, numbers, inputs.face, mouth, monitor)) as measured,
    ):
        if video is None:
            for step in measured:
                keep(step)
        else:
            _write_video(video, _rows(measured, keep, sources), inputs)
    pairs = [
        Pair(source, frame, patch if patch.numbers else None, *_apart(sources[0], source))
        for source, (frame, patch) in zip(sources[1:], tallies, strict=True)
    ]
    if heard is None:
        return Comparison(inputs, tuple(pairs), None, sheet)
    curves = tuple(np.array(activity, np.float64).T)
    sync = tuple(measure_sync(curve, heard, fps) for curve in curves)
    return Comparison(inputs, tuple(pairs), Lips(heard, curves, sync), sheet)


@contextmanager
def _mouth(inputs: Inputs, heard: Heard | None, monitor: Monitor) -> Iterator[Mouth | None]:
    """The mouth to measure, while its template is open; None if there is nothing to hear."""
    if heard is None or inputs.face is None:
        yield None
        return
    with TemplateFrames(inputs.face.avatar, monitor) as templates:
        yield find_mouth(inputs.face, templates, inputs.numbers, monitor)


def _apart(first: FrameSource, other: FrameSource) -> tuple[int, tuple[str, ...]]:
    """How many frames only one of them has, and what their records say."""
    unmatched = len(set(first.numbers) ^ set(other.numbers))
    if first.record is None or other.record is None:
        return unmatched, ()
    return unmatched, other.record.differences(first.record)


def _rows(
    measured: Iterable[Step], keep: Callable[[Step], None], sources: Sequence[FrameSource]
) -> Iterator[Pixels]:
    names = [f"{letter} {source.name}" for letter, source in zip(LETTERS, sources, strict=False)]
    for step in measured:
        keep(step)
        yield row(step.pictures, names, step.number)


def _write_video(out: Path, pictures: Iterator[Pixels], inputs: Inputs) -> None:
    from ..media.video_writer import write_pictures

    sound = None if inputs.speech is None else inputs.speech.sound_from(inputs.numbers[0], inputs.fps)
    if len(inputs.sources) < 2:
        raise InputError("a video shows two or more", str(out), "Give another folder or video")
    try:
        with replaced_when_done(out) as part:
            write_pictures(part, pictures, len(inputs.numbers), inputs.fps, sound)
    except OSError as error:
        raise storage_error(error, out) from error
