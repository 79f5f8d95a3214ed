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

    An image strip belongs to the sounds under which it lies aligned, of which there are two when a sound was
    cut and its picture was not; else to the nearest one that it shows a part of. A sound that several belong
    to takes the one that is aligned, in its own meta strip, shows most of it, and is nearest.
    """
    families: dict[str, list[Part]] = {}
    for sound in sounds:
        for name in sound.family:
            families.setdefault(name, []).append(sound)
    belonging: dict[str, list[Part]] = {}
    for image in images:
        related = [sound for name in image.family for sound in families.get(name, ())]
        for sound in _owners(image, related):
            belonging.setdefault(sound.strip, []).append(image)
    return {
        sound.strip: min(belonging[sound.strip], key=lambda image: _distance(sound, image)).strip
        for sound in sounds
        if sound.strip in belonging
    }


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
    start = max(sound.moments.start, image.moments.start)
    return max(0, min(sound.moments.stop, image.moments.stop) - start)
