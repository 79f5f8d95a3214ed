# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of Rhubarb Lip Sync: TSV, XML and JSON, written and read.

Times have two decimals, as Rhubarb writes them, and are rounded up: who multiplies by the frame rate comes to
the cue's frame, whether he rounds or cuts off. Above 50 frames a second that takes three.
"""

import json
import math
import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from xml.etree import ElementTree

from .mouth_file import Sheet
from .shapes import SHAPES, Cue

_TIME = re.compile(r"\d{1,6}(\.\d{0,20})?([eE]-\d\d?)?")
_MOST_S = 125_000  # 35 hours
_DECLARES = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


def write_tsv(sheet: Sheet) -> str:
    """A line a cue, its start and its shape; the last is the end of the sound."""
    lines = [f"{_text(cue.start, sheet.fps)}\t{cue.shape}" for cue in sheet.cues]
    return "\n".join([*lines, f"{_text(sheet.duration, sheet.fps)}\t{sheet.rest}", ""])


def write_xml(sheet: Sheet) -> str:
    """rhubarbResult, with metadata and mouthCues."""
    root = ElementTree.Element("rhubarbResult")
    metadata = ElementTree.SubElement(root, "metadata")
    ElementTree.SubElement(metadata, "soundFile").text = sheet.sound
    ElementTree.SubElement(metadata, "duration").text = _text(sheet.duration, sheet.fps)
    cues = ElementTree.SubElement(root, "mouthCues")
    for start, end, shape in _spans(sheet):
        ElementTree.SubElement(cues, "mouthCue", start=start, end=end).text = shape
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def write_json(sheet: Sheet) -> str:
    """An object of metadata and mouthCues."""
    cues = [{"start": float(start), "end": float(end), "value": shape} for start, end, shape in _spans(sheet)]
    metadata = {"soundFile": sheet.sound, "duration": float(_text(sheet.duration, sheet.fps))}
    return json.dumps({"metadata": metadata, "mouthCues": cues}, indent=2) + "\n"


def _spans(sheet: Sheet) -> list[tuple[str, str, str]]:
    return [
        (_text(cue.start, sheet.fps), _text(end, sheet.fps), cue.shape)
        for cue, end in zip(sheet.cues, sheet.ends(), strict=True)
    ]


def _text(seconds: Fraction, fps: Fraction) -> str:
    """Rounded up to a hundredth, or to a thousandth where a hundredth is half a frame or more."""
    decimals = 2 if fps <= 50 or seconds * 100 == int(seconds * 100) else 3
    return f"{math.ceil(seconds * 10**decimals) / 10**decimals:.{decimals}f}"


def read_tsv(text: str) -> tuple[list[Cue], Fraction]:
    """The cues and where they end; ValueError says what is wrong."""
    rows = [line.split("\t") for line in text.splitlines() if line.strip()]
    if len(rows) < 2 or any(len(row) != 2 for row in rows):
        raise ValueError("not two columns, a time and a shape")
    cues = [Cue(_time(time), _shape(shape)) for time, shape in rows]
    return _rising(cues[:-1], cues[-1].start), cues[-1].start


def read_xml(text: str) -> tuple[list[Cue], Fraction]:
    """The cues and where they end; ValueError says what is wrong."""
    if _DECLARES.search(text):  # no entities, no types of its own: nothing of a mouth needs them
        raise ValueError("it declares a document type")
    try:
        found = ElementTree.fromstring(text).iter("mouthCue")  # noqa: S314 - without declarations
    except ElementTree.ParseError as error:
        raise ValueError(f"not valid XML: {error}") from error
    rows = [(cue.get("start", ""), cue.get("end", ""), cue.text or "") for cue in found]
    return _from_rows(rows)


def read_json(data: object) -> tuple[list[Cue], Fraction]:
    """The same of parsed JSON."""
    cues = data.get("mouthCues") if isinstance(data, dict) else None
    if not isinstance(cues, list) or not all(isinstance(cue, dict) for cue in cues):
        raise ValueError('there is no list "mouthCues"')
    return _from_rows([(cue.get("start"), cue.get("end"), str(cue.get("value"))) for cue in cues])


def _from_rows(rows: Sequence[tuple[object, object, str]]) -> tuple[list[Cue], Fraction]:
    if not rows:
        raise ValueError("there are no cues in it")
    end = _time(rows[-1][1])
    return _rising([Cue(_time(start), _shape(shape)) for start, _, shape in rows], end), end


def _rising(cues: list[Cue], end: Fraction) -> list[Cue]:
    times = [cue.start for cue in cues] + [end]
    back = next((after for before, after in pairwise(times) if after < before), None)
    if back is not None:
        raise ValueError(f"the time {float(back):g} lies before the one above it")
    return cues


def _time(value: object) -> Fraction:
    text = str(value).strip()
    seconds = Fraction(text) if _TIME.fullmatch(text) else Fraction(-1)
    if not 0 <= seconds <= _MOST_S:
        raise ValueError(f'"{text:.40}" is no time in seconds')
    return seconds


def _shape(text: str) -> str:
    shape = text.strip()
    if len(shape) != 1 or shape not in SHAPES:
        raise ValueError(f'"{shape}" is none of the shapes {SHAPES}')
    return shape
