# SPDX-License-Identifier: GPL-3.0-or-later
"""A clip that stays open, for looking at one frame after another, each with a direction of its own."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..arrays import Pixels
from ..avatar.avatar_types import Avatar
from ..errors import InputError
from ..frames.render import Frame, render
from ..mouth.direction import Direction
from ..runtime.monitor import Monitor
from ..sound.clip import Clip
from ..sound.recording import Recording
from .clip_setup import PreparedClip, prepared_clip
from .options import JobOptions


@dataclass(frozen=True, eq=False)
class LiveClip:
    """Draws any of a clip's frames at once: nothing is opened or heard for it."""

    _ready: PreparedClip
    _clip: Clip
    _monitor: Monitor

    def frame(self, number: int, direction: Direction | None = None) -> Pixels:
        """The frame of this number, as a job draws it.

        Args:
            number: On the sound's clock.
            direction: In place of that of the options, for an avatar that takes a mouth track; its arrays are
                for this frame alone.

        Returns:
            uint8 BGR [h, w, 3], or as an overlay BGRA [h, w, 4].

        Raises:
            InputError: The clip has no such frame.
            JobCancelled: The monitor says so.
        """
        if number not in self._clip.numbers:
            last = self._clip.numbers[-1]
            raise InputError(f"there is no frame {number}", "clip", f"It has {self._clip.first} to {last}")
        scene, track = self._ready.scene, self._ready.track
        if track is not None and direction is not None:
            mouth = track.mouths(direction, range(number, number + 1))[0]
            scene = replace(scene, hear=lambda _row: mouth)
        place = number - self._clip.first
        one = self._ready.plan.select(slice(place, place + 1))
        with closing(render(one, scene, _pixels, workers=1, monitor=self._monitor)) as drawn:
            return next(drawn)


@contextmanager
def live_clip(
    recording: Recording,
    avatar: Avatar,
    clip: Clip,
    options: JobOptions,
    monitor: Monitor,
    tracks: Path | None = None,
) -> Generator[LiveClip, None, None]:
    """Open a clip; takes what `prepared_clip` takes, and raises what it raises."""
    with prepared_clip(recording, avatar, clip, options, monitor, tracks=tracks) as ready:
        yield LiveClip(ready, clip, monitor)


def _pixels(frame: Frame) -> Pixels:
    return frame.pixels.copy()
