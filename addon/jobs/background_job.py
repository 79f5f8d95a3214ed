# SPDX-License-Identifier: GPL-3.0-or-later
"""One job in one background thread: a small state machine that its owner polls. Nothing here knows Blender.

    idle -> preparing -> generating -> inserting -> done
    and from any of the middle three: cancelled or failed

The thread runs the engine and never touches bpy; it says how it comes along through a queue. "inserting" is
the owner's turn: the work is done, and the thread has ended.
"""

import os
import platform
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from queue import Empty, SimpleQueue
from typing import Any

from ...engine.errors import InputError, JobCancelled, LipreelError
from ...engine.version import own_version

_NICENESS = 10  # of 19
_PREPARING = ("", "sound", "mouth", "template")  # phases before the first frame


class State(Enum):
    """Where a job stands."""

    IDLE = "idle"
    PREPARING = "preparing"
    GENERATING = "generating"
    INSERTING = "inserting"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def running(self) -> bool:
        """Whether there is more to come."""
        return self in (State.PREPARING, State.GENERATING, State.INSERTING)


EngineCall = Callable[[threading.Event, Callable[[str, int, int], None]], Any]
"""What the thread does, with the event that cancels it and the progress that it reports; what it makes."""


@dataclass(frozen=True)
class Progress:
    """How far a job has come."""

    state: State = State.IDLE
    phase: str = ""
    """What the engine counts: "sound" in seconds, "template" and "frames" in frames, "files" in files."""
    done: int = 0
    total: int = 0
    speed: float = 0.0
    """Of this phase, units a second; 0 while it is not known."""

    @property
    def factor(self) -> float:
        """0 ... 1."""
        return self.done / self.total if self.total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Of this phase, or None while that is not known."""
        return (self.total - self.done) / self.speed if self.speed > 0 else None


@dataclass(frozen=True)
class Failure:
    """Why a job failed."""

    message: str
    """One line for the user."""
    error: BaseException
    """What was raised."""
    report: str
    """With versions and a traceback, to be copied."""


class BackgroundJob:
    """A job from its start to its end. All methods belong to one thread, the owner's."""

    def __init__(self, call: EngineCall, facts: Mapping[str, object] | None = None) -> None:
        """Ready to start.

        Args:
            call: Raises JobCancelled when it is cancelled, and InputError for what the user can mend.
            facts: What a report of a failure should tell of it.
        """
        self.progress = Progress()
        self.result: Any = None
        """What the call made."""
        self.call = call
        self.facts = facts or {}
        self.failure: Failure | None = None
        self._cancel = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._reports: SimpleQueue[_Count | _End | BaseException] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="lipreel-job")
        self._phase_from = (0.0, 0)  # moment and count at which the phase was first heard of

    @property
    def state(self) -> State:
        """As of the last poll."""
        return self.progress.state

    def start(self) -> None:
        """Begin; once."""
        self.progress = Progress(State.PREPARING)
        self._thread.start()

    def poll(self) -> Progress:
        """Take in what the thread has said since the last call, without waiting for it."""
        try:
            while True:
                self._take(self._reports.get_nowait())
        except Empty:
            return self.progress

    def cancel(self) -> None:
        """Ask the thread to stop; it does so within a fraction of a second."""
        self._cancel.set()
        self._go.set()

    def pause(self) -> None:
        """Hold the thread between two frames until `resume`."""
        if not self._cancel.is_set():
            self._go.clear()

    def resume(self) -> None:
        """Go on."""
        self._go.set()

    def join(self, seconds: float | None = None) -> bool:
        """Wait for the thread, at most `seconds`; whether it has ended."""
        if self._thread.ident is not None:
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def inserted(self) -> None:
        """The owner is done with inserting."""
        self._go_to(State.DONE)

    def fail(self, error: BaseException) -> None:
        """The owner's part went wrong, or the thread's did."""
        self.failure = Failure(_message(error), error, report(error, self.facts))
        self._go_to(State.FAILED)

    def _go_to(self, state: State) -> None:
        old = self.progress
        self.progress = Progress(state, old.phase, old.done, old.total)

    def _take(self, news: "_Count | _End | BaseException") -> None:
        if isinstance(news, _Count):
            self._count(news)
            return
        self.join()  # what it says last is the last that it does
        if isinstance(news, JobCancelled):
            self._go_to(State.CANCELLED)
        elif isinstance(news, BaseException):
            self.fail(news)
        else:
            self.result = news.result
            self._go_to(State.INSERTING)

    def _count(self, news: "_Count") -> None:
        now = time.monotonic()
        if news.phase != self.progress.phase:
            self._phase_from = (now, news.done)  # a job that is resumed does not begin at 0
        since, first = self._phase_from
        speed = (news.done - first) / (now - since) if now > since else 0.0
        state = State.PREPARING if news.phase in _PREPARING else State.GENERATING
        self.progress = Progress(state, news.phase, news.done, news.total, speed)

    # From here on: the thread's.

    def _run(self) -> None:
        _stand_back()
        try:
            self._reports.put(_End(self.call(self._cancel, self._report)))
        except ImportError as error:
            self._reports.put(_unloadable(error))
        except BaseException as error:  # the owner hears of everything
            self._reports.put(error)

    def _report(self, phase: str, done: int, total: int) -> None:
        self._reports.put(_Count(phase, done, total))
        self._go.wait()


def _stand_back() -> None:
    """Let Blender's own threads go first: the window is to answer while this thread computes.

    Threads have a priority of their own on Linux alone, and hand it on to those that they start.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


@dataclass(frozen=True)
class _Count:
    phase: str
    done: int
    total: int


@dataclass(frozen=True)
class _End:
    result: Any


def report(error: BaseException, facts: Mapping[str, object]) -> str:
    """What a maintainer wants to know about a failure: versions, what was asked for, and the traceback."""
    versions = [f"Lipreel {own_version()}", f"Python {platform.python_version()}, {platform.platform()}"]
    for name in ("bpy", "numpy", "cv2", "onnxruntime", "soundfile", "soxr"):
        if module := sys.modules.get(name):  # of what is loaded: asking is not to load anything
            app = getattr(module, "app", None)
            version = app.version_string if name == "bpy" and app else getattr(module, "__version__", "?")
            versions.append(f"{name} {version}")
    asked = [f"{name}: {fact}" for name, fact in facts.items()]
    return "\n".join([*versions, *asked, "", *traceback.format_exception(error)])


def _message(error: BaseException) -> str:
    """One line for the user."""
    if isinstance(error, LipreelError):
        return str(error)
    return f"A defect of Lipreel: {type(error).__name__}: {error}. Please report it, with the details"


def _unloadable(error: ImportError) -> InputError:
    """The user's view of a library that does not start: it is his system that can be mended."""
    # Blender for Windows brings a C++ runtime of its own, and that one is used: first a newer Blender.
    how = {
        "win32": "Use Blender's newest version, or else install Microsoft's newest Visual C++ runtime",
        "darwin": "Lipreel needs macOS 14 or later; with that, install it again, with the zip for macOS",
    }.get(sys.platform, "Install Lipreel again, with the zip for this system")
    first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
    unloadable = InputError(f"a library of Lipreel cannot be loaded ({first_line})", how=how)
    unloadable.__cause__ = error
    return unloadable
