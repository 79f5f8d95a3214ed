# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats of mouths: which there are, by their names and endings, and reading whatever was given."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..errors import InputError
from .live_link import write_live_link
from .mouth_file import MouthFile, Sheet
from .own_files import KIND, is_own_csv, read_own_csv, read_own_json, write_own_csv, write_own_json
from .rhubarb import read_json, read_tsv, read_xml, write_json, write_tsv, write_xml
from .shapes import Cue, as_values
from .timing_sheets import write_moho, write_moho_letters, write_papagayo
from .track import MouthTrack


@dataclass(frozen=True)
class MouthFormat:
    """How a mouth is written."""

    endings: tuple[str, ...]
    """Of file names that stand for it; () if it must be named."""
    write: Callable[[Sheet], str]


FORMATS: dict[str, MouthFormat] = {
    "lipreel": MouthFormat((".mouth.json",), write_own_json),
    "lipreel-csv": MouthFormat((".mouth.csv",), write_own_csv),
    "rhubarb-tsv": MouthFormat((".tsv",), write_tsv),
    "rhubarb-xml": MouthFormat((".xml",), write_xml),
    "rhubarb-json": MouthFormat((".json",), write_json),
    "moho": MouthFormat((".dat",), write_moho),
    "moho-letters": MouthFormat((), write_moho_letters),
    "papagayo": MouthFormat((".pgo",), write_papagayo),
    "livelink-csv": MouthFormat((), write_live_link),
}

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_MOST_BYTES = 1 << 29


def format_of(name: str) -> str:
    """The format that a file's name stands for.

    Raises:
        InputError: None does, or several might.
    """
    lower = name.lower()
    endings = [(ending, key) for key, row in FORMATS.items() for ending in row.endings]
    for ending, key in sorted(endings, key=lambda pair: -len(pair[0])):  # .mouth.json before .json
        if lower.endswith(ending):
            return key
    what = (
        "a .csv may be of several formats" if lower.endswith(".csv") else "its ending is of no known format"
    )
    raise InputError(what, name, f"Name one: --format {'|'.join(FORMATS)}")


def read_mouth(path: Path) -> MouthFile:
    """A mouth out of a file: Lipreel's own, or Rhubarb's TSV, XML or JSON, by what is in it.

    Raises:
        InputError: It cannot be read, or is none of them.
    """
    where = str(path)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError("it is too large for a mouth track", where)
        data = path.read_bytes()
        text = data.decode("utf-16" if data[:2] in _UTF_16 else "utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where, "Check the path") from error
    except UnicodeDecodeError as error:
        raise InputError("not a text", where, _KNOWN) from error
    try:
        return _parsed(text)
    except (ValueError, RecursionError, csv.Error) as error:
        raise InputError(f"not a mouth track: {error}", where, _KNOWN) from error


_KNOWN = "Give a .mouth.json or .mouth.csv of Lipreel, or Rhubarb's .tsv, .xml or .json"


def _parsed(text: str) -> MouthFile:
    start = text.lstrip()[:1]
    if start == "<":
        return _of_shapes(*read_xml(text))
    if start == "{":
        data = json.loads(text)
        if isinstance(data, dict) and data.get("kind") == KIND:
            track, cues = read_own_json(data)
            return MouthFile(track, True, track.duration, cues)
        return _of_shapes(*read_json(data))
    if start == "#" or is_own_csv(text):
        track, cues = read_own_csv(text)
        return MouthFile(track, True, track.duration, cues)
    return _of_shapes(*read_tsv(text))


def _of_shapes(cues: list[Cue], end: Fraction) -> MouthFile:
    return MouthFile(MouthTrack(as_values(cues, end)), False, end, cues)
