# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutated files by the thousand, read in processes that are bounded in time and memory."""

import json
import os
import queue
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

FILES = ("toml", "squares", "json", "jpg", "png", "onnx", "wav", "flac", "ogg", "mp3", "avi", "mp4")
"""Kinds whose bytes are changed."""

TREES = ("avatar values", "package values", "rectangles", "record", "batch toml", "batch csv")
"""Kinds that parse, and whose values are changed."""

KINDS = (*FILES, *TREES)

TIMEOUT_S = 10.0
"""Seconds that an input may take."""

MOST_MEMORY = 1024
"""MiB that an input may take a process to."""

_LIMITS = {
    resource.RLIMIT_FSIZE: 1 << 26,
    resource.RLIMIT_AS: 8 << 30,  # of addresses, most of them never used: a last stop
}

_START = 60.0  # seconds for the libraries
_WORKER = Path(__file__).with_name("fuzz_worker.py")
_ROOMS = ("engine", "importing")


@dataclass
class FuzzFigures:
    """What came of the inputs."""

    inputs: Counter[str] = field(default_factory=Counter)
    """By kind."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Taken or refused."""
    peak_rss_mb: float = 0
    slowest: float = 0
    """Seconds of the slowest input."""
    unexpected: list[str] = field(default_factory=list)


def fuzzed(place: Path, each: int, kinds: tuple[str, ...] = KINDS) -> FuzzFigures:
    """Read so many mutated files of each kind."""
    figures = FuzzFigures()
    for kind in kinds:
        number = 0
        while number < each:  # a process that dies is followed by one that begins behind what killed it
            number = _run(kind, number, each, place / kind, figures)
        left = {path.name for path in place.iterdir()} - set(kinds)
        if left:
            figures.unexpected.append(f"{kind}: wrote {sorted(left)} beside its folder")
    return figures


def _run(kind: str, first: int, stop: int, place: Path, figures: FuzzFigures) -> int:
    """Run a process until it is done or dies; the first input that is left."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    rooms = os.pathsep.join(str(_WORKER.parents[1] / room) for room in _ROOMS)
    command = [sys.executable, str(_WORKER), kind, str(first), str(stop), str(place)]
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - gone with its last handle
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": rooms, "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(place)},
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        preexec_fn=_limit,
    )
    assert process.stdout is not None
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    reader = threading.Thread(target=_forward, args=(process.stdout, lines))
    reader.start()
    number, timeout_s = first - 1, _START
    try:
        while line := lines.get(timeout=timeout_s):
            said = json.loads(line)
            if "begun" in said:
                number, timeout_s = said["begun"], TIMEOUT_S
                continue
            _count(kind, number, said, figures)
    except queue.Empty:
        figures.unexpected.append(f"{kind} {number}: took more than {timeout_s:g} s")
        process.kill()
    reader.join()
    status = process.wait()
    if status not in (0, -9):
        errors.seek(0)
        last = errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        figures.unexpected.append(" ".join([f"{kind} {number}: the process ended with {status}", *last]))
    return stop if number < first else number + 1


def _limit() -> None:
    for limit, value in _LIMITS.items():
        resource.setrlimit(limit, (value, value))


def _forward(out: TextIO, lines: "queue.SimpleQueue[str]") -> None:
    for line in out:
        lines.put(line)
    lines.put("")


def _count(kind: str, number: int, said: dict[str, Any], figures: FuzzFigures) -> None:
    figures.inputs[kind] += 1
    outcome, memory = said["outcome"], said["peak_rss_mb"]
    known = outcome in ("taken", "refused")
    figures.outcomes[outcome if known else "unexpected"] += 1
    if not known:
        figures.unexpected.append(f"{kind} {number}: {outcome:.200}")
    if memory > MOST_MEMORY:
        figures.unexpected.append(f"{kind} {number}: {memory:.0f} MiB")
    figures.slowest = max(figures.slowest, said["seconds"])
    figures.peak_rss_mb = max(figures.peak_rss_mb, memory)
