# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks that fail in one of several workers: the frame is named, and the finished ones are kept."""

from pathlib import Path

from lipreel.engine.job.record import read_record
from lipreel.tests.helpers import faults, tiny
from lipreel.tests.soak import jobs

MOST_WORKERS = 4


def faulty(place: Path) -> list[str]:
    """Every fault, with every number of workers; what was unexpected."""
    unexpected = []
    sound = tiny.save_sound(place / "speech.wav", 1)
    for fault in faults.FAULTS:
        avatar = faults.make_faulty_avatar(place / fault, fault)
        for workers in range(1, MOST_WORKERS + 1):
            out = place / f"{fault}-{workers}"
            words = ("generate", str(sound), "--avatar", str(avatar), "--workers", str(workers))
            status, _, errors = jobs.run((*words, "--timeout", "2", "--out"), out)
            said = len(errors.splitlines()) == 1 and f"frame {faults.FRAME}" in errors
            kept = sorted(jobs.frames(out))
            before = [f"frame_{number:06d}.png" for number in range(1, faults.FRAME)]
            whole = kept[: len(before)] == before and jobs.others(out) == {"lipreel.json"}
            if not (status in (1, 2) and said and whole and read_record(out).status == "failed"):
                unexpected.append(
                    f"{fault}, {workers} workers: status {status}, {errors!r}, {len(kept)} frames"
                )
    return unexpected
