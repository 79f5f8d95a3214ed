# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image strip shows, and what it is to show next: pure arithmetic, without Blender.

Moments are frames counted from the beginning of the sound's content, so that they stay the same whatever
becomes of the strips: see placement.SoundStrip.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """The files of an image strip, and the part of them that its handles let through."""

    first: int
    """The moment that the first file shows."""
    files: tuple[str, ...]
    """A file name a moment, without a gap."""
    seen: range
    """The moments between the handles."""

    @property
    def moments(self) -> range:
        """The moments that there are files for."""
        return range(self.first, self.first + len(self.files))

    def with_files(self, made: Mapping[int, str]) -> "Shown":
        """The same with other files for some moments, and longer where those go on at its ends.

        What is made but does not touch what is there waits: a strip has no gaps.
        """
        files = [made.get(moment, file) for moment, file in zip(self.moments, self.files, strict=True)]
        first, end = self.first, self.moments.stop
        while end in made:
            files.append(made[end])
            end += 1
        before: list[str] = []
        while first - 1 in made:
            first -= 1
            before.append(made[first])
        return Shown(first, (*reversed(before), *files), self.seen)

    def grown(self, wanted: range) -> "Shown":
        """The same with handles moved outwards to what is wanted, as far as there are files."""
        first = min(self.seen.start, max(wanted.start, self.first))
        end = max(self.seen.stop, min(wanted.stop, self.moments.stop))
        return Shown(self.first, self.files, range(first, end))

    def cut_to(self, wanted: range, held: range | None = None) -> "Shown":
        """The same with handles where they are wanted, as far as there are files.

        An end of `held`, where the handles were, may lie beyond the files: the user has pulled it out, and
        Blender holds the image there.
        """
        first, end = max(wanted.start, self.first), min(wanted.stop, self.moments.stop)
        if held is not None:
            first = wanted.start if wanted.start == held.start else first
            end = wanted.stop if wanted.stop == held.stop else end
        return Shown(self.first, self.files, range(first, end)) if first < end else self


def begun(first: int, made: Mapping[int, str]) -> Shown | None:
    """A new strip of what is made from the moment `first` on without a gap; None if that is nothing."""
    if first not in made:
        return None
    shown = Shown(first, (made[first],), range(first, first + 1)).with_files(
        {moment: file for moment, file in made.items() if moment > first}
    )
    return shown.cut_to(shown.moments)


@dataclass(frozen=True)
class Then:
    """What an image strip and its sound showed when it was last made."""

    seen: range
    sound: range


def wanted(shown: Shown, then: Then, sound: range, cuts: Collection[int] = ()) -> range:
    """The moments that an image strip should show after its sound was trimmed to those of `sound`.

    An end follows the sound's if it lay there, or where the files end, and was not touched since; also one at
    which the strip was cut (`cuts`), as its sound was. One that the user has put elsewhere stays there, as
    long as the sound still has those moments; pulled out beyond the sound, it holds an image, and stays too.
    """
    seen, moments = shown.seen, shown.moments
    first = seen.start if seen.start < min(then.sound.start, moments.start) else max(seen.start, sound.start)
    end = seen.stop if seen.stop > max(then.sound.stop, moments.stop) else min(seen.stop, sound.stop)
    untouched = seen.start == then.seen.start and seen.start in (then.sound.start, moments.start)
    if untouched or seen.start in cuts:
        first = sound.start
    untouched = seen.stop == then.seen.stop and seen.stop in (then.sound.stop, moments.stop)
    if untouched or seen.stop in cuts:
        end = sound.stop
    return range(first, end) if first < end else seen


def to_make(asked: range, shown: range | None) -> range:
    """The moments to make so that the strip has no gap: also those between what it has and what is asked."""
    if shown is None or not len(shown):
        return asked
    if asked.start > shown.stop:
        return range(shown.stop, asked.stop)
    if asked.stop < shown.start:
        return range(asked.start, shown.start)
    return asked
