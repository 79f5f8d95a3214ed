# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of programs for drawn animation: Moho's switch data and Papagayo's projects."""

import math
from fractions import Fraction

from .mouth_file import Sheet
from .names import preston_blair


def write_moho(sheet: Sheet) -> str:
    """Switch data: a line a change, its frame from 1 and the name on Preston Blair's chart."""
    return _moho(sheet, preston_blair())


def write_moho_letters(sheet: Sheet) -> str:
    """The same with the letters of the shapes, as Rhubarb writes it unless it is told otherwise."""
    return _moho(sheet, {})


def _moho(sheet: Sheet, names: dict[str, str]) -> str:
    shapes: dict[int, str] = {}
    for cue in sheet.cues:
        shapes.setdefault(1 + sheet.frame_of(cue), cue.shape)  # the first of a frame
    shapes.setdefault(1 + sheet.frames, sheet.rest)
    lines = [f"{frame} {names.get(shape, shape)}" for frame, shape in sorted(shapes.items())]
    return "\n".join(["MohoSwitch1", *lines, ""])


def whole_rate(fps: Fraction) -> int:
    """The frame rate of a Papagayo project, which knows whole ones alone."""
    return max(1, round(fps))


def write_papagayo(sheet: Sheet) -> str:
    """A project with one voice, of one phrase with one word, whose phonemes are the shapes."""
    names = preston_blair()
    rate = whole_rate(sheet.fps)
    shapes = [f"\t\t\t\t{round(cue.start * rate)} {names[cue.shape]}" for cue in sheet.cues]
    frames = math.ceil(sheet.frames / sheet.fps * rate)
    last = max(0, frames - 1)
    return "\n".join(
        [
            "lipsync version 1",
            sheet.sound,
            str(rate),
            str(frames),
            "1",
            "\tVoice 1",
            "\tspeech",
            "\t1",
            "\t\tspeech",
            "\t\t0",
            f"\t\t{last}",
            "\t\t1",
            f"\t\t\tspeech 0 {last} {len(shapes)}",
            *shapes,
            "",
        ]
    )
