# SPDX-License-Identifier: GPL-3.0-or-later
"""What all operators have in common: greyed with a reason, and jobs that run behind the window."""

import time
from collections.abc import Callable
from typing import Any

from ...engine.errors import InputError
from .. import compat
from ..jobs.interrupt import interruptible
from ..jobs.job import Job
from ..jobs.queue import queue
from ..jobs.timer import keep_ticking

_POLL = 0.05  # seconds between two looks of a script that waits


class Operator:
    """What all have in common: greyed with a reason in the tooltip."""

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        raise NotImplementedError

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether it can be used now."""
        reason = cls.disabled_reason(context)
        if reason:
            cls.poll_message_set(reason)  # type: ignore[attr-defined]  # Blender's
        return not reason

    def do(self, change: Callable[[], None]) -> set[str]:
        """Change something at once, and tell the user if that cannot be."""
        try:
            change()
        except InputError as error:
            return self.refuse(str(error))
        return {"FINISHED"}

    def refuse(self, message: str) -> set[str]:
        """Tell the user why not."""
        self.report({"ERROR"}, message)  # type: ignore[attr-defined]  # Blender's
        return {"CANCELLED"}


class RunsJobs(Operator):
    """From a button it returns at once and the jobs run on; called by a script it returns when all is done,
    and raises RuntimeError if one fails.
    """

    def begin(self, make: Callable[[], list[Job]]) -> set[str]:
        """Begin, and leave the rest to the timer."""
        try:
            queue.start(make())
        except InputError as error:
            return self.refuse(str(error))
        keep_ticking()
        return {"CANCELLED"}  # nothing has changed yet: no undo step now, but when something has

    def wait(self, make: Callable[[], list[Job]]) -> set[str]:
        """Do it all, and return then."""
        try:
            with interruptible():
                queue.start(make())
                while queue.tick():
                    time.sleep(_POLL)
        except InputError as error:
            return self.refuse(str(error))
        except KeyboardInterrupt:
            queue.stop()
            raise
        if queue.failures:
            return self.refuse("; ".join(failure.message for failure in queue.failures))
        told = next((job.note() for job in queue.ended if job.note()), "")
        self.report({"INFO"}, told)  # type: ignore[attr-defined]
        return {"FINISHED"}


def busy() -> str:
    """What keeps everything waiting, or ""."""
    if queue.running:
        return "Lipreel is at work"
    return "Blender is rendering" if compat.is_rendering() else ""
