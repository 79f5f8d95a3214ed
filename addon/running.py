# SPDX-License-Identifier: GPL-3.0-or-later
"""One job and its strip: the pictures appear in the Sequencer as they come.

Nothing of Blender's is kept from one call to the next: undo, a deletion or a rename may take it away.
"""

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ..engine.errors import InputError
from . import compat, strips
from .folders import frames_there
from .job import Job, State
from .targets import Target

if TYPE_CHECKING:
    from ..engine.generate import Result

_GROW_EVERY = 1.0  # seconds: each time, Blender draws the strip and the picture under the playhead anew


class Run:
    """A job at work for a sound strip. All methods belong to Blender's main thread."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.job = Job(target.request)
        self.gone = False
        """Whether the sound strip was no longer there when the frames were."""
        self.changed = False
        """Whether it has put anything into the Sequencer."""
        self._grown = time.monotonic()

    def tick(self) -> State:
        """Poll the job, and do what is Blender's part of it; called a few times a second."""
        if compat.is_rendering():  # strips may not change under a render
            return self.job.state
        progress = self.job.poll()
        if progress.state is State.GENERATING and progress.phase == "frames":
            self._grow(progress.done)
        elif progress.state is State.INSERTING and self.job.result is not None:
            self._insert(self.job.result)
        return self.job.state

    def note(self) -> str:
        """What came of it, for the user; "" while it runs."""
        state, result, failure = self.job.state, self.job.result, self.job.failure
        if failure is not None:
            return failure.message
        if state is State.CANCELLED:
            return f"Cancelled: {self.frames_there()} frames are kept, and Generate goes on"
        if state is not State.DONE or result is None:
            return ""
        if self.gone:
            return "The sound strip is gone: the frames are kept"
        speed = f"{result.frames_per_second:.1f} frames/s, {result.provider}"
        return ". ".join([f"{result.frames} frames in {result.seconds:.0f} s, {speed}", *result.warnings])

    def frames_there(self) -> int:
        """Frames in the folder, from 1 without a gap."""
        return frames_there(self.target.request.out, self.target.suffix)

    def _grow(self, count: int) -> None:
        now = time.monotonic()
        if count and now - self._grown >= _GROW_EVERY:
            self._grown = now
            with suppress(InputError):  # it comes again at the end, and is told then
                self._put(count, {})

    def _insert(self, result: "Result") -> None:
        try:
            self.gone = not self._put(
                result.frames, {"provider": result.provider, "precision": result.precision}
            )
        except InputError as error:
            self.job.fail(error)
        else:
            self.job.inserted()

    def _put(self, count: int, more: dict[str, str]) -> bool:
        """Show the first `count` frames in the Sequencer; whether the sound strip is still there."""
        found = strips.find(self.target.key)
        if found is None:
            return False
        scene, sound = found
        self.changed = True
        pictures = self.target.pictures(count)
        own = strips.own_strip(sound, scene)
        # The record of a strip that this run has begun is told from an earlier job's by its number.
        number = str(id(self))
        if own is not None and own[strips.RECORD].get("run") == number:
            strips.grow(scene, own, pictures)
            own[strips.RECORD] = {**own[strips.RECORD].to_dict(), **more}
        else:
            strips.insert(scene, sound, pictures, {"run": number, **self.target.facts(), **more})
        return True
