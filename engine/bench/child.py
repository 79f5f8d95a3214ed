# SPDX-License-Identifier: GPL-3.0-or-later
"""One measured process: python -m lipreel.engine.bench.child VARIANT CASE OUT prints one JSON object."""

import json
import sys
import threading
import time
from pathlib import Path

from ..avatar.library import load_avatar
from ..job.options import Precision
from ..runtime.exit import exit_process
from ..runtime.memory import peak_rss_mb
from ..runtime.timings import Timings
from .workload import BASELINES, DEMO, Workload, read_workload

_BOUND_FRAMES = 40


def main() -> None:
    """Do the work and say what it took."""
    variant, case_file, out = sys.argv[1:4]
    workload = read_workload(Path(case_file))
    sys.stdout.write(json.dumps(_measure(variant, workload, Path(out))))
    if variant not in BASELINES:
        exit_process(0)  # as the command does


def _measure(variant: str, workload: Workload, out: Path) -> dict[str, object]:
    if variant.startswith("bound_"):
        return {"frames_per_second": _bound(workload, variant.removeprefix("bound_"))}
    timings = Timings()
    if variant in BASELINES:
        from . import baselines

        getattr(baselines, variant)(workload, out, timings)
        seconds = timings.seconds()
    else:
        seconds = _ours(variant, workload, out)
    return {"stages": seconds, "cpu": time.process_time(), "peak_rss_mb": peak_rss_mb()}


def _ours(variant: str, workload: Workload, out: Path) -> dict[str, float]:
    """`lipreel generate`, but for the reading of its options."""
    from ..job.generate import generate
    from ..job.options import JobOptions
    from ..sound.sound import open_sound

    avatars = {"exact_long": workload.long_avatar, "demo_exact": str(DEMO), "demo_fast": str(DEMO)}
    avatar = load_avatar(avatars.get(variant) or workload.avatar)
    precision: Precision = "fast" if variant in ("fast", "demo_fast") else "exact"
    options = JobOptions(
        format=workload.image_format, workers=workload.workers, precision=precision, provider="cpu"
    )
    return dict(generate(open_sound(workload.sound), avatar, out, options).timings)


def _bound(workload: Workload, precision: str) -> float:
    """Frames a second of the network alone, in as many threads, on an image of grey."""
    import numpy as np

    from ..painters.neural import open_generator

    generator = open_generator(load_avatar(workload.avatar), "cpu", precision)
    family = generator.family
    sound = np.zeros((1, *family.audio_shape), np.float32)
    seen = generator.see(np.full((1, *family.image_shape), 0.5, np.float32))

    def work(frames: int) -> None:
        for _ in range(frames):
            generator.draw(seen, sound)

    def together(frames: int) -> float:
        threads = [threading.Thread(target=work, args=(frames,)) for _ in range(workload.workers)]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - begun

    together(2)
    return workload.workers * _BOUND_FRAMES / together(_BOUND_FRAMES)


if __name__ == "__main__":
    main()
