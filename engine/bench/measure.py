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
from ..errors import InputError, LipreelError, install_extra
from ..runtime.monitor import Monitor
from .workload import BASELINES, Workload

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
        what = f"what is measured against needs {', '.join(missing)}"
        raise InputError(what, "bench", install_extra("bench"))


def variants(workload: Workload, precision: str) -> tuple[str, ...]:
    """What there is to measure; `precision` is exact, fast or both."""
    precisions = ["exact", "fast"] if precision == "both" else [precision]
    if load_avatar(workload.avatar).prepared.fast is None and "fast" in precisions:
        precisions.remove("fast")
    long = ["exact_long"] if workload.long_avatar and "exact" in precisions else []
    demo = [f"demo_{name}" for name in precisions] if workload.long_avatar else []
    return (*BASELINES, *precisions, *long, *demo, *(f"bound_{name}" for name in precisions))


def measure(
    workload: Workload, names: tuple[str, ...], repeat: int, folder: Path, monitor: Monitor
) -> list[Run]:
    """Run every variant `repeat` times, one after the other in turn; "bench" counts processes."""
    file = workload.save(folder / "workload.json")
    order = [name for _ in range(repeat) for name in names]
    return [_run(name, file, folder / "out") for name in monitor.steps("bench", order, len(order))]


def summary(runs: list[Run], workload: Workload) -> dict[str, Any]:
    """Medians by variant, as `lipreel bench --json` has them."""
    seconds = {run.variant: median(r.seconds for r in runs if r.variant == run.variant) for run in runs}
    table: dict[str, Any] = {"bound": {}}
    for name in seconds:
        mine = [run for run in runs if run.variant == name]
        if name.startswith("bound_"):
            speed = median(run.found["frames_per_second"] for run in mine)
            table["bound"][name.removeprefix("bound_")] = round(speed, 2)
        else:
            table[name] = _figures(mine, workload, seconds["reference"])
            if name.startswith("demo_"):  # the reference draws with a network of another size
                del table[name]["ratio_to_reference"]
    return table


def _figures(runs: list[Run], workload: Workload, reference: float) -> dict[str, Any]:
    seconds = median(run.seconds for run in runs)
    firsts = [run.first_frame for run in runs if run.first_frame is not None]
    names = runs[0].found["stages"]
    timings = {name: median(run.found["stages"].get(name, 0.0) for run in runs) for name in names}
    threads = 1 if runs[0].variant == "reference" else workload.workers
    timings["idle"] = max(0.0, threads * seconds - sum(timings.values()))
    return {
        "frames_per_second": round(workload.frames / seconds, 2),
        "ratio_to_reference": round(reference / seconds, 3),
        "cpu_seconds_per_frame": round(median(run.found["cpu"] for run in runs) / workload.frames, 4),
        "peak_rss_mb": round(max(run.found["peak_rss_mb"] for run in runs)),
        "first_frame_seconds": round(median(firsts), 2),
        "stages_ms": {name: round(1000 * value / workload.frames, 2) for name, value in timings.items()},
    }


def _run(variant: str, workload: Path, out: Path) -> Run:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    command = [sys.executable, "-m", f"{__package__}.child", variant, str(workload), str(out)]
    begun, clock = time.time(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own)
    seconds = time.perf_counter() - clock
    if done.returncode:
        raise LipreelError(f"{variant} failed: {done.stderr.strip().splitlines()[-1:]}")
    written = [file.stat().st_mtime for file in out.glob("frame_*")]
    first = min(written) - begun if written else None
    return Run(variant, seconds, first, json.loads(done.stdout.splitlines()[-1]))
