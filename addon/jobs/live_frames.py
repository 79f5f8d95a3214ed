# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's part of Live: a clip stays open, and the newest question is answered.

Nothing here knows Blender.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..sequencer.request import Request
from .engine_calls import engine_direction, open_request
from .libraries import load_libraries

if TYPE_CHECKING:
    from ...engine.arrays import Floats, Pixels
    from ...engine.runtime.monitor import Progress

_LOOK_S = 0.2  # between two looks at whether it is to end


@dataclass(frozen=True)
class Ask:
    """One frame that is to be seen."""

    moment: int
    direction: Mapping[str, Any] | None
    """At that moment; see Request."""


@dataclass(frozen=True, eq=False)
class Answer:
    """The frame."""

    ask: Ask
    size: tuple[int, int]
    """Width and height."""
    colours: "Floats"
    """RGBA [h, w, 4] in 0 ... 1, with straight alpha; the bottom row first, as graphics cards have it."""


class Mailbox:
    """The newest question and the newest answer, between Blender's thread and the one that draws."""

    def __init__(self) -> None:
        self.answer: Answer | None = None
        """The newest."""
        self._ask: Ask | None = None
        self._news = threading.Condition()

    def put(self, ask: Ask) -> None:
        """Ask; what was asked before and is not begun is dropped."""
        with self._news:
            self._ask = ask
            self._news.notify()

    def take(self, seconds: float) -> Ask | None:
        """The newest question, as soon as there is one; None if there is none so long."""
        with self._news:
            self._news.wait_for(lambda: self._ask is not None, seconds)
            ask, self._ask = self._ask, None
            return ask


def show_frames(request: Request, mailbox: Mailbox, cancel: threading.Event, progress: "Progress") -> None:
    """Answer until it is cancelled. InputError if the clip cannot be opened; JobCancelled."""
    load_libraries()
    from ...engine.job.live_clip import live_clip
    from ...engine.runtime.monitor import Monitor

    kept = request.folder if request.folder.is_dir() else None  # nothing is made only for looking
    with (
        open_request(request) as (recording, avatar, clip, options),
        live_clip(recording, avatar, clip, options, Monitor(progress, cancel), kept) as live,
    ):
        while not cancel.is_set():
            ask = mailbox.take(_LOOK_S)
            if ask is None:
                continue
            fields = ask.direction
            direction = None if fields is None else engine_direction(fields, 1, request.lead)
            mailbox.answer = _answer(ask, live.frame(ask.moment, direction))


def _answer(ask: Ask, pixels: "Pixels") -> Answer:
    import cv2
    import numpy as np

    code = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGBA
    rgba = cv2.cvtColor(pixels, code)[::-1]
    colours = np.divide(rgba, 255, dtype=np.float32)
    return Answer(ask, (pixels.shape[1], pixels.shape[0]), colours)
