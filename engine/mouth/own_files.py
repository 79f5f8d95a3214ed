# SPDX-License-Identifier: GPL-3.0-or-later
"""Lipreel's own files of a mouth: all six curves and the shapes, as JSON or CSV, written and read back."""

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from ..arrays import Doubles
from .mouth_file import Sheet
from .shapes import SHAPES, Cue
from .track import CHANNELS, DECIMALS, RATE, MouthTrack

KIND = "lipreel mouth track"
SCHEMA = 1
_COLUMNS = ("time", *CHANNELS, "shape")
_NUMBERS = _COLUMNS[:-1]
_BEGIN = re.compile(r"\d{1,6}(\.\d{1,20})?(e-\d\d)?")
_FACT = re.compile(r"\b(sound|network|begin) ([^;,\t\"\r]+)")
_MOST = 10**7  # values: 35 hours


def write_own_json(sheet: Sheet) -> str:
    """An object with a row of six numbers for each 1/80 s."""
    values = [[round(float(number), DECIMALS) for number in row] for row in sheet.track.values]
    data = {
        "kind": KIND,
        "schema": SCHEMA,
        "sound": sheet.track.sound,
        "network": sheet.track.network,
        "begin": float(sheet.track.begin),
        "rate": RATE,
        "fps": str(sheet.fps),
        "channels": list(CHANNELS),
        "shapes": [{"start": round(float(cue.start), 4), "shape": cue.shape} for cue in sheet.cues],
    }
    rows = ",\n".join(json.dumps(row) for row in values)
    return f'{json.dumps(data)[:-1]}, "values": [\n{rows}\n]}}\n'


def write_own_csv(sheet: Sheet) -> str:
    """A row for each 1/80 s: time, six numbers, and the shape; the first line says what it was heard in."""
    out = io.StringIO()
    facts = {
        "sound": sheet.track.sound,
        "network": sheet.track.network,
        "begin": f"{float(sheet.track.begin):g}",
    }
    told = "; ".join(f"{name} {fact or '-'}" for name, fact in facts.items())
    out.write(f"# {KIND} {SCHEMA}; {told}\n")
    table = csv.writer(out, lineterminator="\n")
    table.writerow(_COLUMNS)
    times = np.arange(len(sheet.track.values)) / RATE
    starts = np.array([float(cue.start) for cue in sheet.cues])
    cues = (np.searchsorted(starts, times + 1e-9) - 1).clip(0)
    for time, row, cue in zip(times, sheet.track.values, cues, strict=True):
        numbers = (f"{number:.{DECIMALS}f}" for number in row)
        table.writerow([f"{time:.4f}", *numbers, sheet.cues[cue].shape])
    return out.getvalue()


def read_own_json(data: object) -> tuple[MouthTrack, list[Cue]]:
    """The track and its shapes; ValueError says what is wrong."""
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise ValueError("it is no mouth track of Lipreel")
    if data.get("schema") != SCHEMA:
        raise ValueError("it is of another version of Lipreel")
    if data.get("channels") != list(CHANNELS):
        raise ValueError(f"its channels are not {', '.join(CHANNELS)}")
    rate = data.get("rate")
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 1 <= rate <= 1000:
        raise ValueError(f"a rate of {rate!r} values a second")
    rows = data.get("values")
    if not isinstance(rows, list) or not 0 < len(rows) <= _MOST:
        raise ValueError('there is no list "values"')
    values = _values(rows)
    times = np.arange(len(values)) / rate
    shapes = data.get("shapes", [])
    if not isinstance(shapes, list):
        raise ValueError('"shapes" is no list')
    cues = [_cue(cue) for cue in shapes]
    if any(after.start <= before.start for before, after in pairwise(cues)):
        raise ValueError("the times of its shapes do not rise")
    facts = {name: str(data.get(name, "")) for name in ("sound", "network")}
    return _track(values, times, facts["sound"], facts["network"], str(data.get("begin", 0))), cues


def read_own_csv(text: str) -> tuple[MouthTrack, list[Cue]]:
    """The same of a CSV: its times may be of any rate, as long as they rise.

    A table program may have written it anew, with semicolons or tabs, decimal commas, quotes and empty lines.
    """
    head, _, body = text.partition("\n")
    if not is_own_csv(text):
        raise ValueError("its first line is not that of a mouth track of Lipreel")
    facts = dict(_FACT.findall(head))
    body = body.lstrip("\r\n")
    delimiter = max(",;\t", key=body.partition("\n")[0].count)
    table = csv.DictReader(io.StringIO(body), strict=True, delimiter=delimiter)
    names = [name.strip().lower() for name in table.fieldnames or ()]
    if missing := [name for name in _COLUMNS[:-1] if name not in names]:
        raise ValueError(f"there is no {missing[0]} among its columns: they are {', '.join(_COLUMNS)}")
    table.fieldnames = names
    rows = [(table.line_num + 1, row) for row in table if any((cell or "").strip() for cell in _cells(row))]
    if not rows:
        raise ValueError("there are no rows in it")
    comma = delimiter != ","
    numbers = np.array([[_number(row, name, line, comma) for name in _NUMBERS] for line, row in rows])
    times, values = numbers[:, 0], numbers[:, 1:]
    back = np.flatnonzero(np.diff(times) <= 0)
    if len(back) or times[0] < 0:
        line = rows[int(back[0]) + 1][0] if len(back) else rows[0][0]
        raise ValueError(f"line {line}: its times do not rise")
    sound, network = ("" if facts.get(name, "-") == "-" else facts[name] for name in ("sound", "network"))
    return _track(values, times, sound, network, facts.get("begin", "0")), _cues(
        [row for _, row in rows], times
    )


def is_own_csv(text: str) -> bool:
    """Whether a text begins as a CSV of a mouth does, however a table program has saved it."""
    return text.partition("\n")[0].lstrip('"\t ;,').startswith(f"# {KIND} {SCHEMA}")


def _cells(row: dict[str, Any]) -> Iterator[str]:
    for cell in row.values():
        yield from cell if isinstance(cell, list) else [cell or ""]


def _number(row: dict[str, Any], name: str, line: int, comma: bool) -> float:
    text = (row[name] or "").strip()
    try:
        number = float(text.replace(",", ".") if comma else text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f'line {line}: {name} is "{text}", not a number')
    return number


def _cues(rows: Sequence[dict[str, str]], times: Doubles) -> list[Cue]:
    """Where the shape changes."""
    cues: list[Cue] = []
    for row, time in zip(rows, times.tolist(), strict=True):
        shape = (row.get("shape") or "").strip()
        if shape and (not cues or cues[-1].shape != shape):
            cues.append(_cue({"start": time, "shape": shape}))
    return cues


def _cue(data: object) -> Cue:
    if not isinstance(data, dict) or data.get("shape") not in tuple(SHAPES):
        raise ValueError(f"{data!r} is no shape and the time of its start")
    start = data.get("start")
    if isinstance(start, bool) or not isinstance(start, int | float) or not 0 <= start < 10**6:
        raise ValueError(f"{start!r} is no time in seconds")
    return Cue(Fraction(start).limit_denominator(10**6), data["shape"])


def _values(rows: Sequence[object]) -> Doubles:
    try:
        values = np.array(rows, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("there are values that are not numbers") from None
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ValueError("there are values that are not numbers")
    return values


def _track(values: Doubles, times: Doubles, sound: str, network: str, begin: str) -> MouthTrack:
    """At RATE values a second, clipped to 0 ... 1."""
    if not _BEGIN.fullmatch(begin):
        raise ValueError(f'"{begin}" is no time in seconds at which it begins')
    if times[-1] * RATE > _MOST:
        raise ValueError(f"it lasts {times[-1]:g} s, longer than any sound")
    if values.shape[1] != len(CHANNELS):
        raise ValueError(f"there are {values.shape[1]} numbers in a row, not {len(CHANNELS)}")
    count = math.floor(times[-1] * RATE + 1e-6) + 1
    moments = np.arange(count) / RATE
    if len(values) != count or np.abs(times - moments).max() > 1e-4:
        columns = [np.interp(moments, times, values[:, k]) for k in range(len(CHANNELS))]
        values = np.stack(columns, axis=1)
    return MouthTrack(np.clip(values, 0, 1).astype(np.float32), sound, network, Fraction(begin))
