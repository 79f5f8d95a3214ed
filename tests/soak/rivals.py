# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs into one folder: the second is refused while the first lives, and not after it was killed."""

import shutil
import time
from pathlib import Path

from lipreel.engine.job.lock import LOCK_NAME
from lipreel.tests.soak import jobs

_STOP = """
sys.addaudithook(lambda name, words: name == "os.rename" and "{file}" in str(words) and time.sleep(60))
"""


def rivals(case: jobs.Case, place: Path, rounds: int) -> list[str]:
    """So many pairs of runs; what was unexpected."""
    unexpected = []
    for number in range(rounds):
        out = place / f"rivals-{number}"
        # The first stops before its last frame, so that it is there for the second.
        first = jobs.start(case.words, out, _STOP.format(file=max(case.frames)))
        while not jobs.frames(out) and first.poll() is None:
            time.sleep(0.01)
        status, _, errors = jobs.run(case.words, out)
        if status != 2 or len(errors.splitlines()) != 1 or "another run is at work" not in errors:
            unexpected.append(f"the second of two runs: status {status}, {errors!r}")
        if first.poll() is not None:
            unexpected.append(f"the first of two runs ended with {first.returncode}")
        first.kill()
        first.communicate()
        if LOCK_NAME not in jobs.others(out):
            unexpected.append("a killed run left no lock, so that nothing was tried")
        status, _, errors = jobs.run(case.words, out)
        if status or jobs.frames(out) != case.frames or jobs.others(out) != {"lipreel.json"}:
            unexpected.append(f"after the first was killed: status {status}, {errors!r}, {jobs.others(out)}")
        shutil.rmtree(out)
    return unexpected
