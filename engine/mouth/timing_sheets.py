# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of programs for drawn animation: Moho's switch data and Papagayo's projects."""

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


def write_papagayo(sheet: Sheet) -> str:
    """A project with one voice, of one phrase with one word, whose phonemes are the shapes."""
    names = preston_blair()
    shapes = [f"\t\t\t\t{sheet.frame_of(cue)} {names[cue.shape]}" for cue in sheet.cues]
    last = max(0, sheet.frames - 1)
    rate = round(sheet.fps)  # a whole number is all that it reads
    return "\n".join(
        [
            "lipsync version 1",
            sheet.sound,
            str(rate),
            str(sheet.frames),
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
