# SPDX-License-Identifier: GPL-3.0-or-later
"""Each variant in a process of its own, in turn, several times; medians of what they took."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from ..avatar.library import load_avatar
from ..errors import InputError, LipreelError
from ..runtime.watch import Watch
from .case import OTHERS, Case

_PACKAGES = {"librosa": "librosa", "onnx": "onnx", "PIL": "Pillow"}


@dataclass(frozen=True)
class Run:
    """One process."""

    variant: str
    seconds: float
    """From the command to its end."""
    first_frame: float | None
    """From the command to the first frame on disk."""
    found: dict[str, Any]
    """What the process says of itself."""


def require_packages() -> None:
    """Raise InputError if the others' libraries are missing."""
    missing = [name for module, name in _PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        how = 'Install them: pip install "lipreel[bench]"'
        raise InputError(f"what is measured against needs {', '.join(missing)}", "bench", how)


def variants(case: Case, precision: str) -> tuple[str, ...]:
    """What there is to measure; `precision` is exact, fast or both."""
    precisions = ["exact", "fast"] if precision == "both" else [precision]
    if load_avatar(case.avatar).prepared.fast is None and "fast" in precisions:
        precisions.remove("fast")
    long = ["exact_long"] if case.long_avatar and "exact" in precisions else []
    demo = [f"demo_{name}" for name in precisions] if case.long_avatar else []
    return (*OTHERS, *precisions, *long, *demo, *(f"bound_{name}" for name in precisions))


def measure(case: Case, names: tuple[str, ...], repeat: int, folder: Path, watch: Watch) -> list[Run]:
    """Run every variant `repeat` times, one after the other in turn; "bench" counts processes."""
    file = case.save(folder / "case.json")
    order = [name for _ in range(repeat) for name in names]
    return [_run(name, file, folder / "out") for name in watch.steps("bench", order, len(order))]


def summary(runs: list[Run], case: Case) -> dict[str, Any]:
    """Medians by variant, as `lipreel bench --json` has them."""
    seconds = {run.variant: median(r.seconds for r in runs if r.variant == run.variant) for run in runs}
    table: dict[str, Any] = {"bound": {}}
    for name in seconds:
        mine = [run for run in runs if run.variant == name]
        if name.startswith("bound_"):
            speed = median(run.found["frames_per_second"] for run in mine)
            table["bound"][name.removeprefix("bound_")] = round(speed, 2)
        else:
            table[name] = _figures(mine, case, seconds["reference"])
            if name.startswith("demo_"):  # the reference draws with a network of another size
                del table[name]["ratio_to_reference"]
    return table


def _figures(runs: list[Run], case: Case, reference: float) -> dict[str, Any]:
    seconds = median(run.seconds for run in runs)
    firsts = [run.first_frame for run in runs if run.first_frame is not None]
    names = runs[0].found["stages"]
    stages = {name: median(run.found["stages"].get(name, 0.0) for run in runs) for name in names}
    threads = 1 if runs[0].variant == "reference" else case.workers
    stages["idle"] = max(0.0, threads * seconds - sum(stages.values()))
    return {
        "frames_per_second": round(case.frames / seconds, 2),
        "ratio_to_reference": round(reference / seconds, 3),
        "cpu_seconds_per_frame": round(median(run.found["cpu"] for run in runs) / case.frames, 4),
        "peak_rss_mb": round(max(run.found["peak_rss_mb"] for run in runs)),
        "first_frame_seconds": round(median(firsts), 2),
        "stages_ms": {name: round(1000 * value / case.frames, 2) for name, value in stages.items()},
    }


def _run(variant: str, case: Path, out: Path) -> Run:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    command = [sys.executable, "-m", f"{__package__}.child", variant, str(case), str(out)]
    begun, clock = time.time(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own)
    seconds = time.perf_counter() - clock
    if done.returncode:
        raise LipreelError(f"{variant} failed: {done.stderr.strip().splitlines()[-1:]}")
    written = [file.stat().st_mtime for file in out.glob("frame_*")]
    first = min(written) - begun if written else None
    return Run(variant, seconds, first, json.loads(done.stdout.splitlines()[-1]))
