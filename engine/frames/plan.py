# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: one row an output frame, made before any inference.

Plain data, so that resuming, chunks for other machines and grouping are slices of it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bools, Floats, Ints
from ..avatar.avatar_types import Loop
from ..features.front_ends import clip_windows
from ..features.loudness import Stretch
from ..features.windows import Edge
from ..frame_times import NO_TIME, frame_count
from ..inference.families import AudioKind
from ..sound.clip import Clip
from ..sound.sound import RATE
from .silence import hold_weights
from .template_order import template_index


@dataclass(frozen=True, eq=False)
class Plan:
    """What to draw: row k of every array belongs to the same output frame."""

    numbers: Ints
    """[n] frame numbers as they stand in the file names, from 1; in a clip, less before the sound begins."""
    templates: Ints
    """[n] template frames, from 0."""
    windows: Ints
    """[n, w] first mel frames (HuBERT: rows; WeNet: chunks) of a frame's w windows; or windows.ZEROS."""
    hold: Floats
    """[n] how much of the mouth is the avatar's own closed one, 0 ... 1; see silence.hold_weights."""

    def __len__(self) -> int:
        """Number of output frames."""
        return len(self.numbers)

    def select(self, rows: slice | Bools | NDArray[np.integer[Any]]) -> Plan:
        """The plan of some of the rows: a slice, a mask [n], or row indices."""
        return Plan(self.numbers[rows], self.templates[rows], self.windows[rows], self.hold[rows])

    def within(self, numbers: range) -> Plan:
        """The plan of those frames whose numbers are in the range, in steps of 1."""
        return self.select((self.numbers >= numbers.start) & (self.numbers < numbers.stop))

    def without(self, done: Collection[int]) -> Plan:
        """The plan less the frames whose numbers are in `done`."""
        return self.select(~np.isin(self.numbers, list(done)))

    def groups(self, stretch: int, most: int) -> Iterator[NDArray[np.integer[Any]]]:
        """Its rows in groups of at most `most` with the same template frame, gathered from `stretch` rows.

        Groups come in the order of their first rows, so that the plan's beginning is done first.
        """
        for first in range(0, len(self), stretch):
            part = self.templates[first : first + stretch]
            order = np.argsort(part, kind="stable")
            same = np.split(order, np.flatnonzero(np.diff(part[order])) + 1)
            groups = [rows[at : at + most] for rows in same for at in range(0, len(rows), most)]
            yield from (first + rows for rows in sorted(groups, key=lambda rows: int(rows[0])))

    def comes_back(self, stretch: int) -> bool:
        """Whether a template frame of one stretch of so many rows is there again in another."""
        firsts = range(0, len(self), stretch)
        parts = [np.unique(self.templates[first : first + stretch]) for first in firsts]
        return sum(map(len, parts)) > len(np.unique(self.templates))


def frames_a_template(duration: Fraction, fps: Fraction, loop: Loop) -> float:
    """How many frames of a whole sound share a template frame, on average; arguments as by `make_plan`.

    Counted over the first few times that the template plays there and back; it goes on in the same way, and a
    file may claim to be weeks long.
    """
    count = frame_count(duration, fps)
    there_and_back = frame_count(2 * loop.count / loop.fps, fps)
    templates = _templates(range(min(count, 4 * there_and_back)), fps, loop)
    return count / len(np.unique(templates))


def make_plan(
    duration: Fraction,
    fps: Fraction,
    mel_frames: int,
    kind: AudioKind,
    edge: Edge,
    loop: Loop,
    silences: Sequence[Stretch] = (),
    lead: int = 0,
) -> Plan:
    """The plan of a whole sound, for a generator that hears for itself.

    Args:
        duration: Seconds of sound; the plan has ceil(duration * fps) frames.
        fps: Output frames a second.
        mel_frames: Mel frames of the sound, at least windows.WINDOW_FRAMES.
        kind: What the generator hears.
        edge: What an encoder's rows are outside the sound; windows of the mel itself never leave it.
        loop: How the template plays.
        silences: Where the mouth is to rest.
        lead: Frames by which the mouth comes early.
    """
    clip = Clip(0, frame_count(duration, fps), fps, Fraction(0), duration, lead=lead)
    hold = hold_weights(silences, mel_frames, clip)
    windows = clip_windows(clip, math.ceil(duration * RATE), mel_frames, kind, edge)
    return clip_plan(clip, windows, hold, loop)


def clip_plan(clip: Clip, windows: Ints, hold: Floats, loop: Loop) -> Plan:
    """The plan of a clip from its windows [count, w] and how much of each mouth is held [count]."""
    numbers = np.array(clip.numbers, np.int32) + np.int32(1)
    templates = _templates(clip.numbers, clip.fps, loop, clip.shift)
    return Plan(numbers, templates, windows, hold)


def _templates(frames: range, fps: Fraction, loop: Loop, shift: Fraction = NO_TIME) -> Ints:
    """The template frame of each of the frames."""
    indices = (template_index(i, fps, loop, shift) for i in frames)
    return np.fromiter(indices, np.int32, len(frames))
