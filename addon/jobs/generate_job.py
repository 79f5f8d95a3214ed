# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames for a sound strip: they appear in the Sequencer as they come."""

import time
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...engine.errors import InputError
from ...engine.media.image_size import image_size
from .. import compat
from ..sequencer import image_strips, numbers, preview_strips, sound_strips, strip_changes
from ..sequencer.image_strips import RECORD
from ..sequencer.shown import Shown, begun, wanted
from ..sequencer.targets import Target, prepare
from .background_job import BackgroundJob, State
from .engine_calls import Board, generate_frames
from .job import Job
from .playback import is_playing

if TYPE_CHECKING:
    from ...engine.job.generate_clip import ClipResult

_GROW_EVERY = 1.0  # seconds: each time, Blender draws the strip and the image under the playhead anew


class GenerateJob(Job):
    """The frames of a sound strip, in an image strip that grows, or that changes image by image."""

    undo_message = "Generate Lipreel Strip"

    def __init__(self, target: Target) -> None:
        self.board = Board()
        call = partial(generate_frames, target.request, self.board, None)
        super().__init__(BackgroundJob(call, target.report_facts()))
        self.target = target
        self.title = target.key.strip
        self.gone = False
        """Whether the sound strip was no longer there when the frames were."""
        self.removed = False
        """Whether the user has removed the strip that this job had made or changed: then it stays away."""
        self._shown = False  # whether the strip should be there
        self._grown = time.monotonic()

    def begin(self) -> None:
        """Write the number into the sound strip: a job that is cancelled goes on in the same folder."""
        found = sound_strips.find(self.target.key)
        if found is not None:
            prepare(*found, self.target)

    def after_undo(self) -> None:
        """The strip may go with a step back: it comes again."""
        self._shown = False

    def grow(self, count: int) -> None:
        """Show what is there, now and then; while Blender plays, the strip waits."""
        now = time.monotonic()
        if count and now - self._grown >= _GROW_EVERY and not is_playing():
            self._grown = now
            with suppress(InputError):  # it comes again at the end, and is told then
                self._put(None)

    def finish(self, result: "ClipResult") -> None:
        """Show all of them; InputError if there is no place."""
        self.gone = not self._put(result)
        image_strips.read_again(self.target.request.folder, self.board.new())

    def abandon(self) -> None:
        """The frames are there, if not their strip."""
        self.gone = True
        super().abandon()

    @property
    def retouched(self) -> bool:
        """Whether frames were kept that somebody has changed."""
        redrawn = self.target.request.redraw_retouched
        return self.background.state is State.DONE and bool(self.background.result.retouched) and not redrawn

    def cancelled_note(self) -> str:
        """What is left of it."""
        return f"Cancelled: {self._kept} frames are kept, and Generate goes on"

    @cached_property
    def _kept(self) -> int:
        """How many frames of a cancelled job are there: also those that were on their way when it ended."""
        folder = self.target.request.folder
        there = {file.name for file in folder.iterdir()} if folder.is_dir() else set()
        return len(there.intersection(self.board.files))

    def done_note(self) -> str:
        """What came of it."""
        result: ClipResult = self.background.result
        if self.gone:
            return "The sound strip is gone: the frames are kept"
        if self.removed:
            return "The strip was removed: the frames are kept"
        if not result.frames_written:
            return ". ".join([f"{result.frames} frames, none new", *result.warnings])
        took = f"{result.seconds:.0f}" if result.seconds >= 10 else f"{result.seconds:.1f}"
        seconds = f"in {took} s, {result.frames_per_second:.1f} frames/s, {result.provider}"
        new = f", {result.frames_written} new" if result.frames_written < result.frames else ""
        return ". ".join([f"{result.frames} frames{new} {seconds}", *result.warnings])

    def is_of(self, sound: Any) -> bool:
        """Whether it is about this sound strip."""
        return numbers.number_of(sound) == self.target.number

    def insert(self, scene: Any, sound: Any) -> None:
        """Put what was made above another sound strip, or above the same one again.

        Raises:
            InputError: There are no frames yet, or no channel is free.
        """
        made = self.board.made(self.target.request.moments)
        shown = begun(self.target.request.moments.start, made)
        if shown is None:
            raise InputError("there are no frames yet", str(self.target.request.folder), "Generate first")
        numbers.give(sound, self.target.number)
        self._insert(scene, sound, shown)
        self.gone = self.removed = False

    def _put(self, result: "ClipResult | None") -> bool:
        """Show what there is of the frames, or with a result all; whether the sound strip is still there."""
        found = sound_strips.find(self.target.key)
        if found is None:
            return False
        scene, sound = found
        image = image_strips.own_strip(sound, scene)
        self.removed = self.removed or (self._shown and image is None)
        if self.removed:
            return True
        made = self.board.made(self.target.request.moments)
        if image is None:
            shown = begun(self.target.request.moments.start, made)
            if shown is not None:
                prepare(scene, sound, self.target)
                image = self._insert(scene, sound, shown)
                self.changed = True
        elif made:
            strip_changes.refuse_locked(scene, image)
            self.changed |= self._change(scene, sound, image, made, result is not None)
        self._shown = image is not None
        if image is not None and result is not None:
            seen = image_strips.read_shown(image).seen
            facts = {**self.target.facts(), "seen": [seen.start, seen.stop], "provider": result.provider}
            self.changed |= _write_record(image, facts)
        return True

    def _insert(self, scene: Any, sound: Any, shown: Shown) -> Any:
        """A new strip. If it cannot be all of the job's yet, it has room to grow to that."""
        request = self.target.request
        files = strip_changes.Files(shown, request.folder, _size(request.folder / shown.files[0]))
        preview_strips.remove(scene, self.target.number)
        overlay = bool(request.options["overlay"])
        length, fit = len(request.moments), self.target.fit
        image = strip_changes.insert(scene, sound, files, length, fit, leave_one=overlay)
        numbers.give(image, self.target.number)
        if self.target.connect:
            with strip_changes.selection_kept(scene):
                compat.connect(scene, [sound, image])
        _write_record(image, {**self.target.facts(), "transform": strip_changes.transform_of(image)})
        return image

    def _change(self, scene: Any, sound: Any, image: Any, made: dict[int, str], last: bool) -> bool:
        """Other files in a strip that is there."""
        target, request = self.target, self.target.request
        before = image_strips.read_shown(image)
        place = sound_strips.read_place(scene, sound)
        asked = self._wanted(scene, image, before)
        if image_strips.folder_of(image) == request.folder and self._same_clock(image):
            shown = before.with_files(made)
            shown = shown.cut_to(asked, before.seen) if last else shown.grown(asked)
        elif last:  # files of another folder or clock cannot stand in one strip with these
            begun_anew = begun(request.moments.start, made)
            shown = begun_anew.cut_to(asked, before.seen) if begun_anew else before
        else:
            return False
        changed = numbers.give(image, target.number)
        size = _size(request.folder / next(iter(made.values())))
        changed |= strip_changes.change(
            scene, image, strip_changes.Files(shown, request.folder, size), place.zero
        )
        changed |= preview_strips.remove(scene, target.number)
        return changed | (last and strip_changes.fit_again(scene, image, size, target.fit))

    def _wanted(self, scene: Any, image: Any, before: Shown) -> range:
        """The moments that the image strip is to show in the end."""
        target = self.target
        if not target.whole:  # a preview range adds to what is there
            asked = target.request.moments
            return range(min(before.seen.start, asked.start), max(before.seen.stop, asked.stop))
        now = sound_strips.all_moments(scene, image_strips.sharing(scene, image))
        if not self._same_clock(image):
            return now
        return wanted(before, image_strips.read_then(image), now, target.cuts)

    def _same_clock(self, image: Any) -> bool:
        return image_strips.same_clock(image, self.target.place.fps, self.target.place.shift)


def _write_record(image: Any, facts: dict[str, Any]) -> bool:
    """Add to what an image strip says of itself; whether that changed anything."""
    before = image[RECORD].to_dict()
    after = {**before, **facts}
    if after == before:
        return False
    image[RECORD] = after
    return True


def _size(file: Path) -> tuple[int, int]:
    """Width and height of an image that was made."""
    return image_size(file.read_bytes())
