# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of this Blender: one runs, others wait; polled from the main thread, never waited for."""

from collections import deque
from collections.abc import Iterable

from ...engine.errors import InputError
from . import log
from .background_job import Failure, Progress, State
from .job import Job


class JobQueue:
    """All jobs of this Blender, one at a time."""

    def __init__(self) -> None:
        self.waiting: deque[Job] = deque()
        self.job: Job | None = None
        """What runs, or what ended last."""
        self.ended: list[Job] = []
        """What has ended since the last start."""

    @property
    def progress(self) -> Progress:
        """Of the job that runs, or of the one that ended last."""
        return self.job.background.progress if self.job else Progress()

    @property
    def running(self) -> bool:
        """Whether there is more to come."""
        return self.progress.state.running

    @property
    def failures(self) -> list[Failure]:
        """Why jobs since the last start have failed."""
        return [job.background.failure for job in self.ended if job.background.failure]

    def start(self, jobs: Iterable[Job]) -> None:
        """Begin the jobs, one after the other.

        Raises:
            InputError: Others are running.
        """
        if self.running:
            raise InputError("Lipreel is at work already", how="Wait for it, or cancel it")
        self.waiting = deque(jobs)
        self.ended = []
        self._next()

    def tick(self) -> bool:
        """Do what is due; whether there is more to come."""
        if self.job is None or not self.running:
            return False
        try:
            state = self.job.tick()
        except Exception as error:  # a timer that raises is dropped in silence, and its thread left alone
            self.job.background.cancel()
            self.job.background.join()
            self.job.background.fail(error)
            state = State.FAILED
        if not state.running:
            self.ended.append(self.job)
            log.ended(self.job)
            self._next()  # also after a failure: the others of the queue may be all right
        return self.running

    def cancel(self) -> None:
        """Stop the running job and drop those that wait; frames are kept."""
        if self.job and self.running:
            self.job.dropped = len(self.waiting)
            self.job.background.cancel()
        self.waiting.clear()

    def stop(self) -> None:
        """Cancel, and return when the thread has ended: for File > Open, disabling and quitting."""
        self.cancel()
        if self.job:
            self.job.background.join()
            if (
                self.job.background.poll().state is State.INSERTING
            ):  # it had just finished: no place to insert
                self.job.abandon()

    def forget(self) -> None:
        """Tell no more of what has ended: it was about another file."""
        self.ended = []
        self.job = None

    def pause(self) -> None:
        """Hold the job still while Blender renders."""
        if self.job:
            self.job.background.pause()

    def resume(self) -> None:
        """Go on."""
        if self.job:
            self.job.background.resume()

    def after_undo(self) -> None:
        """The user has taken a step back or forth."""
        if self.job and self.running:
            self.job.after_undo()

    def _next(self) -> None:
        if self.waiting:
            self.job = self.waiting.popleft()
            self.job.begin()
            self.job.background.start()


queue = JobQueue()
"""There is one Blender, and one processor to share."""
