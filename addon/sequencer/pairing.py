# SPDX-License-Identifier: GPL-3.0-or-later
"""Which image strip belongs to which sound strip: by a number that both carry, never by name.

Copies carry the number along, so several strips may have the same one: then it is what they show that tells
them apart. Pure; without Blender.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A sound strip or an image strip, as far as pairing looks at it."""

    strip: str
    """Its name, which is its own in a scene."""
    family: frozenset[str]
    """What it may be paired by: its number, and for strips of Lipreel 0.1 the sound's file."""
    zero: int
    """The frame of the scene at which moment 0 of the sound lies."""
    moments: range
    """What it shows."""
    meta: str
    """The meta strip that it lies in, or ""."""
    channel: int


def assign(sounds: Sequence[Part], images: Sequence[Part]) -> dict[str, str]:
    """The image strip of each sound strip that has one, by their names.

    An image strip belongs to the sounds under which it lies aligned, else to the nearest one that it shows a
    part of. Each sound takes one, and first the pairs that are nearest: in the same meta strip, aligned, with
    the most in common. Two sounds share one where a sound was cut and its image was not: they show other
    moments of it. A copy that shows the same moments has no part in it.
    """
    families: dict[str, list[Part]] = {}
    for sound in sounds:
        for name in sound.family:
            families.setdefault(name, []).append(sound)
    candidates = [
        (sound, image)
        for image in images
        for sound in _owners(image, [sound for name in image.family for sound in families.get(name, ())])
    ]
    candidates.sort(key=lambda pair: (_distance(*pair), pair[0].strip))
    found: dict[str, str] = {}
    owners: dict[str, list[Part]] = {}
    for sharing in (False, True):
        for sound, image in candidates:
            others = owners.setdefault(image.strip, [])
            if sound.strip in found or (others and not sharing):
                continue
            if all(not _overlap(sound.moments, other.moments) for other in others):
                found[sound.strip] = image.strip
                others.append(sound)
    return found


def _owners(image: Part, related: Sequence[Part]) -> list[Part]:
    """Those of the sounds of its family that an image strip belongs to."""
    related = [sound for sound in related if _common(sound, image)]
    aligned = [sound for sound in related if sound.zero == image.zero]
    if aligned or not related:
        return aligned
    return [min(related, key=lambda sound: _distance(sound, image))]


def _distance(sound: Part, image: Part) -> tuple[bool, bool, int, int, int, str]:
    """How far they are from being a pair; the least is the best."""
    return (
        sound.meta != image.meta,
        sound.zero != image.zero,
        -_common(sound, image),
        abs(sound.zero - image.zero),
        abs(sound.channel - image.channel),
        image.strip,
    )


def _common(sound: Part, image: Part) -> int:
    """How many moments both show."""
    return _overlap(sound.moments, image.moments)


def _overlap(one: range, other: range) -> int:
    return max(0, min(one.stop, other.stop) - max(one.start, other.start))
