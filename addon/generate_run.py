# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames for a sound strip: they appear in the Sequencer as they come."""

import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from ..engine.errors import InputError
from . import strips
from .folders import frames_kept, frames_there
from .job import Job
from .running import Run
from .targets import Target
from .work import generate_frames

if TYPE_CHECKING:
    from ..engine.generate import Result

_GROW_EVERY = 1.0  # seconds: each time, Blender draws the strip and the picture under the playhead anew


class GenerateRun(Run):
    """All frames of a sound strip, as an image strip that grows."""

    undo_message = "Generate Lipreel Strip"

    def __init__(self, target: Target) -> None:
        super().__init__(Job(partial(generate_frames, target.request), target.report_facts()))
        self.target = target
        self.title = target.key.strip
        self.gone = False
        """Whether the sound strip was no longer there when the frames were."""
        self.removed = False
        """Whether the user has removed the growing strip: then it stays away."""
        self._shown = False  # whether the strip should be there
        self._grown = time.monotonic()
        self._in_order = 0  # frames that were there at the last look, from 1 without a gap

    def after_undo(self) -> None:
        """The strip goes with any step back: it is no step of its own before it is whole."""
        self._shown = False

    def frames_there(self) -> int:
        """Frames in the folder, from 1 without a gap."""
        return frames_there(self.target.request.out, self.target.suffix)

    def grow(self, count: int) -> None:
        """Show them, now and then."""
        now = time.monotonic()
        if count and now - self._grown >= _GROW_EVERY:
            self._grown = now
            # Frames of one template frame are made together: later ones may be there before their time.
            self._in_order = frames_there(self.target.request.out, self.target.suffix, self._in_order)
            if self._in_order:
                with suppress(InputError):  # it comes again at the end, and is told then
                    self._put(self._in_order, {})

    def finish(self, result: "Result") -> None:
        """Show all of them; InputError if there is no place."""
        self.gone = not self._put(result.frames, {"provider": result.provider, "precision": result.precision})

    def abandon(self) -> None:
        """The frames are there, if not their strip."""
        self.gone = True
        super().abandon()

    def cancelled_note(self) -> str:
        """What is left of it."""
        kept = frames_kept(self.target.request.out, self.target.suffix)
        return f"Cancelled: {kept} frames are kept, and Generate goes on"

    def done_note(self) -> str:
        """What came of it."""
        result: Result = self.job.result
        if self.gone:
            return "The sound strip is gone: the frames are kept"
        if self.removed:
            return "The strip was removed: the frames are kept"
        if not result.frames_written:
            return f"{result.frames} frames: all of them were there already"
        speed = f"{result.frames_per_second:.1f} frames/s, {result.provider}"
        made = f"{result.frames_written} frames in {result.seconds:.0f} s, {speed}"
        if result.frames_written < result.frames:
            made = f"{result.frames} frames, of which {made}"
        return ". ".join([made, *result.warnings])

    def _put(self, count: int, more: dict[str, str]) -> bool:
        """Show the first `count` frames in the Sequencer; whether the sound strip is still there."""
        found = strips.find(self.target.key)
        if found is None:
            return False
        scene, sound = found
        own = strips.own_strip(sound, scene)
        # The record of a strip that this run has begun is told from an earlier job's by its number.
        number = str(id(self))
        if own is not None and own[strips.RECORD].get("run") != number:
            own = None
        self.removed = self.removed or (self._shown and own is None)
        if self.removed:
            return True
        self.changed = self._shown = True
        pictures = self.target.pictures(count)
        if own is not None:
            strips.grow(scene, own, pictures)
            own[strips.RECORD] = {**own[strips.RECORD].to_dict(), **more}
        else:
            strips.insert(scene, sound, pictures, {"run": number, **self.target.facts(), **more})
        return True
