# SPDX-License-Identifier: GPL-3.0-or-later
"""The number of a sound strip, which its image strip and its folder carry too.

It is a custom property: copies, cuts, pastes and other files take it along, and a rename does not touch it.
"""

import secrets
from collections.abc import Iterable
from typing import Any

import bpy

from .. import compat

NUMBER = "lipreel_number"
"""The custom property, 1 ... 2**31 - 1; not there before the first Generate."""


def number_of(strip: Any) -> int | None:
    """The number of a strip, if it has one."""
    number = strip.get(NUMBER)
    return number if isinstance(number, int) else None


def number_for(sound: Any, left: Iterable[int], *, alone: bool) -> int:
    """The number that a sound strip has, or is to get.

    Args:
        sound: The sound strip.
        left: Numbers that it may have had and lost: it gets one of them again if no other strip has it.
        alone: It has no image strip: then another strip of its number has more right to it.
    """
    taken = {number_of(strip) for strip in _all("SOUND") if strip != sound}
    own = number_of(sound)
    if own is not None and not (alone and own in taken):
        return own
    taken |= {number_of(strip) for strip in _all("IMAGE")}  # an image that was kept without its sound
    free = [number for number in left if number and number not in taken]
    return free[0] if free else secrets.randbelow(2**31 - 1) + 1


def give(strip: Any, number: int) -> bool:
    """Write a number into a sound strip or an image strip; whether it had another, or none."""
    if number_of(strip) == number:
        return False
    strip[NUMBER] = number
    return True


def _all(kind: str) -> list[Any]:
    """The strips of a type in all scenes."""
    editors = [scene.sequence_editor for scene in bpy.data.scenes if scene.sequence_editor]
    return [strip for editor in editors for strip in compat.all_strips(editor) if strip.type == kind]
