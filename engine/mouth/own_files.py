# SPDX-License-Identifier: GPL-3.0-or-later
"""Lipreel's own files of a mouth: all six curves and the shapes, as JSON or CSV, written and read back."""

import csv
import io
import json
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from ..arrays import Doubles
from .mouth_file import Sheet
from .shapes import SHAPES, Cue
from .track import CHANNELS, RATE, MouthTrack

KIND = "lipreel mouth track"
SCHEMA = 1
_COLUMNS = ("time", *CHANNELS, "shape")
_MOST = 10**7  # values: 35 hours


def write_own_json(sheet: Sheet) -> str:
    """An object with a row of six numbers for each 1/80 s."""
    values = [[round(float(number), 4) for number in row] for row in sheet.track.values]
    data = {
        "kind": KIND,
        "schema": SCHEMA,
        "sound": sheet.track.sound,
        "network": sheet.track.network,
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
    out.write(f"# {KIND} {SCHEMA}; sound {sheet.track.sound or '-'}; network {sheet.track.network or '-'}\n")
    table = csv.writer(out, lineterminator="\n")
    table.writerow(_COLUMNS)
    times = np.arange(len(sheet.track.values)) / RATE
    starts = np.array([float(cue.start) for cue in sheet.cues])
    cues = (np.searchsorted(starts, times + 1e-9) - 1).clip(0)
    for time, row, cue in zip(times, sheet.track.values, cues, strict=True):
        numbers = (f"{number:.4f}" for number in row)
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
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate <= 1000:
        raise ValueError(f"a rate of {rate!r} values a second")
    rows = data.get("values")
    if not isinstance(rows, list) or not 0 < len(rows) <= _MOST:
        raise ValueError('there is no list "values"')
    values = _values(rows)
    times = np.arange(len(values)) / rate
    cues = [_cue(cue) for cue in data.get("shapes", [])]
    return _track(values, times, str(data.get("sound", "")), str(data.get("network", ""))), cues


def read_own_csv(text: str) -> tuple[MouthTrack, list[Cue]]:
    """The same of a CSV: its times may be of any rate, as long as they rise."""
    head, _, body = text.partition("\n")
    if not head.startswith(f"# {KIND} {SCHEMA};"):
        raise ValueError("its first line is not that of a mouth track of Lipreel")
    facts = dict(part.strip().split(" ", 1) for part in head.split(";")[1:] if " " in part.strip())
    table = csv.DictReader(io.StringIO(body), strict=True)
    if table.fieldnames is None or [name for name in _COLUMNS[:-1] if name not in table.fieldnames]:
        raise ValueError(f"its columns are not {', '.join(_COLUMNS)}")
    rows = list(table)
    if not rows:
        raise ValueError("there are no rows in it")
    times = _values([[row["time"]] for row in rows])[:, 0]
    if (np.diff(times) <= 0).any() or times[0] < 0:
        raise ValueError("its times do not rise")
    values = _values([[row[name] for name in CHANNELS] for row in rows])
    sound, network = ("" if facts.get(name, "-") == "-" else facts[name] for name in ("sound", "network"))
    return _track(values, times, sound, network), _cues(rows, times)


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
    except (TypeError, ValueError):
        raise ValueError("there are values that are not numbers") from None
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ValueError("there are values that are not numbers")
    return values


def _track(values: Doubles, times: Doubles, sound: str, network: str) -> MouthTrack:
    """At RATE values a second, clipped to 0 ... 1."""
    if values.shape[1] != len(CHANNELS):
        raise ValueError(f"there are {values.shape[1]} numbers in a row, not {len(CHANNELS)}")
    count = math.floor(times[-1] * RATE + 1e-6) + 1
    moments = np.arange(count) / RATE
    if len(values) != count or np.abs(times - moments).max() > 1e-4:
        columns = [np.interp(moments, times, values[:, k]) for k in range(len(CHANNELS))]
        values = np.stack(columns, axis=1)
    return MouthTrack(np.clip(values, 0, 1).astype(np.float32), sound, network)
