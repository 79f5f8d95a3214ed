# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the harness: each takes some minutes, and gives figures as plain data."""

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from lipreel.tests.soak import disks, faulty, hostile, jobs, kills, long, rivals

KILLS = 200
KILL_PARTS = 4
INTERRUPTS = 40
RIVALS = 20
INPUTS = 24_000
HOURS = 2.0

Found = dict[str, Any]
"""Figures, and under "unexpected" a list of lines."""


def _kills(number: int, place: Path, scale: float) -> Found:
    runs = max(3, round(KILLS * scale / KILL_PARTS))
    return vars(kills.killed(jobs.make_case(place), place, runs, seed=number))


def _interrupts(place: Path, scale: float) -> Found:
    runs = max(2, round(INTERRUPTS * scale))
    longest, unexpected = kills.interrupted(jobs.make_case(place), place, runs)
    if longest > kills.TIMEOUT_S:
        unexpected.append(f"an interrupt took {longest:.1f} s")
    return {"runs": runs, "longest": longest, "unexpected": unexpected}


def _rivals(place: Path, scale: float) -> Found:
    rounds = max(1, round(RIVALS * scale))
    return {"rounds": rounds, "unexpected": rivals.rivals(jobs.make_case(place), place, rounds)}


def _disks(place: Path, _scale: float) -> Found:
    case = jobs.make_case(place)
    found = {
        "full, 300 kB": disks.full(case, place),
        "read-only": disks.read_only(case, place),
        "folder moved away while it is written to": disks.removed(case, place),
        "too few open files, 0 to 12 more than at the start": disks.few_files(case, place),
    }
    fast, slow, found["slow, 50 ms a file"] = disks.slow(place)
    unexpected = [line for lines in found.values() for line in lines or []]
    return {"disks": found, "fast_mb": fast, "slow_mb": slow, "unexpected": unexpected}


def _faults(place: Path, _scale: float) -> Found:
    return {"most_workers": faulty.MOST_WORKERS, "unexpected": faulty.faulty(place)}


def _hostile(kind: str, place: Path, scale: float) -> Found:
    each = max(2, round(INPUTS * scale / len(hostile.KINDS)))
    return vars(hostile.fuzzed(place, each, (kind,)))


def _long(place: Path, scale: float) -> Found:
    figures = long.long_job(place, max(0.05, HOURS * scale))
    return dataclasses.asdict(figures) | {"unexpected": long.unexpected(figures)}


PARTS: dict[str, Callable[[Path, float], Found]] = {
    **{f"kills {number}": partial(_kills, number) for number in range(1, KILL_PARTS + 1)},
    "interrupts": _interrupts,
    "two at once": _rivals,
    "disks": _disks,
    "faults": _faults,
    **{f"hostile {kind}": partial(_hostile, kind) for kind in hostile.KINDS},
    "long": _long,
}
"""By their names."""
