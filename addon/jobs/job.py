# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs and what they change in Blender when they are done; the queue drives them one at a time.

Nothing of Blender's is kept from one call to the next: undo, a deletion or a rename may take it away.
"""

from typing import Any

from .. import compat
from .background_job import BackgroundJob, State


class Job:
    """A job at work. All methods belong to Blender's main thread."""

    title = ""
    """What it is for, for the user."""
    undo_message = ""
    """Of the undo step for what it has changed."""

    def __init__(self, background: BackgroundJob) -> None:
        self.background = background
        self.changed = False
        """Whether it has changed the file."""
        self.dropped = 0
        """Jobs behind it that were cancelled with it."""

    def begin(self) -> None:
        """Change in the file what is to be so from now on; the thread begins after that."""

    def tick(self) -> State:
        """Poll the job, and do what is Blender's part of it; called a few times a second."""
        if compat.is_rendering():  # nothing may change under a render
            return self.background.state
        progress = self.background.poll()
        if progress.state is State.GENERATING and progress.phase == "frames":
            self.grow(progress.done)
        elif progress.state is State.INSERTING:
            self.finish(self.background.result)
            if self.background.state is State.INSERTING:
                self.background.inserted()
        return self.background.state

    def grow(self, count: int) -> None:
        """So many frames are there."""

    def finish(self, result: Any) -> None:
        """The thread has ended and made `result`. What this raises is how the job failed."""
        raise NotImplementedError

    def abandon(self) -> None:
        """The thread has ended, but there is no Blender left to finish in."""
        self.background.inserted()

    def after_undo(self) -> None:
        """The user has taken a step back or forth: what was changed may be gone."""

    def note(self) -> str:
        """What came of it, for the user; "" while it runs."""
        if self.background.failure is not None:
            return self.background.failure.message
        if self.background.state is State.CANCELLED:
            others = {0: "", 1: ". Another job was dropped"}.get(
                self.dropped, f". {self.dropped} other jobs were dropped"
            )
            return f"{self.cancelled_note()}{others}"
        return self.done_note() if self.background.state is State.DONE else ""

    def cancelled_note(self) -> str:
        """What is left of it."""
        return "Cancelled"

    def done_note(self) -> str:
        """What came of it."""
        raise NotImplementedError
