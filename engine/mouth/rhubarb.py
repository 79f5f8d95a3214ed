# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of Rhubarb Lip Sync: TSV, XML and JSON, written and read. Times have two decimals."""

import json
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from xml.etree import ElementTree

from .mouth_file import Sheet
from .shapes import SHAPES, Cue


def write_tsv(sheet: Sheet) -> str:
    """A line a cue, its start and its shape; the last is the end of the sound."""
    lines = [f"{float(cue.start):.2f}\t{cue.shape}" for cue in sheet.cues]
    return "\n".join([*lines, f"{float(sheet.duration):.2f}\t{sheet.rest}", ""])


def write_xml(sheet: Sheet) -> str:
    """rhubarbResult, with metadata and mouthCues."""
    root = ElementTree.Element("rhubarbResult")
    metadata = ElementTree.SubElement(root, "metadata")
    ElementTree.SubElement(metadata, "soundFile").text = sheet.sound
    ElementTree.SubElement(metadata, "duration").text = f"{float(sheet.duration):.2f}"
    cues = ElementTree.SubElement(root, "mouthCues")
    for start, end, shape in _spans(sheet):
        ElementTree.SubElement(cues, "mouthCue", start=f"{start:.2f}", end=f"{end:.2f}").text = shape
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def write_json(sheet: Sheet) -> str:
    """An object of metadata and mouthCues."""
    cues = [
        {"start": round(start, 2), "end": round(end, 2), "value": shape}
        for start, end, shape in _spans(sheet)
    ]
    metadata = {"soundFile": sheet.sound, "duration": round(float(sheet.duration), 2)}
    return json.dumps({"metadata": metadata, "mouthCues": cues}, indent=2) + "\n"


def _spans(sheet: Sheet) -> list[tuple[float, float, str]]:
    return [
        (float(cue.start), float(end), cue.shape) for cue, end in zip(sheet.cues, sheet.ends(), strict=True)
    ]


def read_tsv(text: str) -> tuple[list[Cue], Fraction]:
    """The cues and where they end; ValueError says what is wrong."""
    rows = [line.split("\t") for line in text.splitlines() if line.strip()]
    if len(rows) < 2 or any(len(row) != 2 for row in rows):
        raise ValueError("not two columns, a time and a shape")
    cues = [Cue(_time(time), _shape(shape)) for time, shape in rows]
    return _rising(cues[:-1], cues[-1].start), cues[-1].start


def read_xml(text: str) -> tuple[list[Cue], Fraction]:
    """The cues and where they end; ValueError says what is wrong."""
    if "<!" in text:  # no entities, no types of its own: nothing of a mouth needs them
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
    try:
        seconds = Fraction(str(value).strip())
    except (ValueError, ZeroDivisionError):
        raise ValueError(f'"{value}" is no time in seconds') from None
    if not 0 <= seconds < 10**6:
        raise ValueError(f'"{value}" is no time in seconds')
    return seconds


def _shape(text: str) -> str:
    shape = text.strip()
    if len(shape) != 1 or shape not in SHAPES:
        raise ValueError(f'"{shape}" is none of the shapes {SHAPES}')
    return shape
