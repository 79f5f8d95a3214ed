# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of this Blender: one runs, others wait; polled from the main thread, never waited for."""

from collections import deque
from collections.abc import Iterable

from ...engine.errors import InputError
from . import log
from .background_job import Failure, Progress, State
from .running import Run


class Session:
    """All jobs of this Blender, one at a time."""

    def __init__(self) -> None:
        self.waiting: deque[Run] = deque()
        self.run: Run | None = None
        """What runs, or what ended last."""
        self.ended: list[Run] = []
        """What has ended since the last start."""

    @property
    def progress(self) -> Progress:
        """Of the job that runs, or of the one that ended last."""
        return self.run.job.progress if self.run else Progress()

    @property
    def running(self) -> bool:
        """Whether there is more to come."""
        return self.progress.state.running

    @property
    def failures(self) -> list[Failure]:
        """Why jobs since the last start have failed."""
        return [run.job.failure for run in self.ended if run.job.failure]

    def start(self, runs: Iterable[Run]) -> None:
        """Begin the jobs, one after the other.

        Raises:
            InputError: Others are running.
        """
        if self.running:
            raise InputError("Lipreel is at work already", how="Wait for it, or cancel it")
        self.waiting = deque(runs)
        self.ended = []
        self._next()

    def tick(self) -> bool:
        """Do what is due; whether there is more to come."""
        if self.run is None or not self.running:
            return False
        try:
            state = self.run.tick()
        except Exception as error:  # a timer that raises is dropped in silence, and its thread left alone
            self.run.job.cancel()
            self.run.job.join()
            self.run.job.fail(error)
            state = State.FAILED
        if not state.running:
            self.ended.append(self.run)
            log.ended(self.run)
            self._next()  # also after a failure: the others of the queue may be all right
        return self.running

    def cancel(self) -> None:
        """Stop the running job and drop those that wait; frames are kept."""
        if self.run and self.running:
            self.run.dropped = len(self.waiting)
            self.run.job.cancel()
        self.waiting.clear()

    def stop(self) -> None:
        """Cancel, and return when the thread has ended: for File > Open, disabling and quitting."""
        self.cancel()
        if self.run:
            self.run.job.join()
            if self.run.job.poll().state is State.INSERTING:  # it had just finished: nothing to insert into
                self.run.abandon()

    def pause(self) -> None:
        """Hold the job still while Blender renders."""
        if self.run:
            self.run.job.pause()

    def resume(self) -> None:
        """Go on."""
        if self.run:
            self.run.job.resume()

    def after_undo(self) -> None:
        """The user has taken a step back or forth."""
        if self.run and self.running:
            self.run.after_undo()

    def _next(self) -> None:
        if self.waiting:
            self.run = self.waiting.popleft()
            self.run.begin()
            self.run.job.start()


session = Session()
"""There is one Blender, and one processor to share."""
