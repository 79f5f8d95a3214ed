# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that are full, read-only, gone or slow, and too few open files: status 2, a line, no frame lost."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lipreel.tests.helpers import tiny
from lipreel.tests.soak import jobs

_FEW_FILES = """
import cv2, numpy, onnxruntime, soundfile, soxr
open_now = len(os.listdir("/proc/self/fd"))
resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + {more}, open_now + {more}))
"""

_SLOW = """
sys.addaudithook(lambda name, _: time.sleep(0.05) if name == "os.rename" else None)
"""

_MOST_WAITING = 8  # images more than on a fast disk; there are 75

_MOST_FILES = 12  # over what is open at the start; a job needs fewer


@contextmanager
def disk(place: Path, options: str) -> Iterator[Path | None]:
    """A file system of its own, in memory, or None where this machine lets nobody mount one."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "lipreel-test", str(place)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield place if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", str(place)], check=True)  # noqa: S607 - found on the path


def full(case: jobs.Case, place: Path) -> list[str] | None:
    """A disk of 300 kB; what was unexpected, or None where it cannot be mounted."""
    with disk(place / "full", "size=300k") as there:
        return None if there is None else _refused(case, there / "out", "no room left", some=True)


def read_only(case: jobs.Case, place: Path) -> list[str] | None:
    """A disk that takes nothing."""
    with disk(place / "read-only", "ro") as there:
        return None if there is None else _refused(case, there / "out", "cannot be written")


def removed(case: jobs.Case, place: Path) -> list[str]:
    """A folder that goes while the job writes to it."""
    out = place / "removed"
    process = jobs.start(case.words, out)
    while len(list(out.glob("frame_*"))) < 3 and process.poll() is None:
        time.sleep(0.005)
    out.rename(place / "gone")
    _, errors = process.communicate(timeout=60)
    kept = jobs.frames(place / "gone")
    good = process.returncode == 2 and len(errors.splitlines()) == 1 and kept.items() <= case.frames.items()
    shutil.rmtree(place / "gone")
    return [] if good else [f"removed folder: status {process.returncode}, {errors!r}"]


def few_files(case: jobs.Case, place: Path) -> list[str]:
    """Every number of files that may be open, up to enough of them."""
    unexpected = []
    for more in range(_MOST_FILES + 1):
        out = place / f"files-{more}"
        status, _, errors = jobs.run(case.words, out, _FEW_FILES.format(more=more))
        kept = jobs.frames(out)
        done = status == 0 and kept == case.frames
        said = status == 2 and len(errors.splitlines()) == 1 and kept.items() <= case.frames.items()
        if not (done or said) or (more == _MOST_FILES and not done):
            unexpected.append(f"{more} files: status {status}, {errors!r}")
    return unexpected


def slow(place: Path) -> tuple[float, float, list[str]]:
    """Peak memory in MiB on a fast disk and on a slow one, and what was unexpected.

    The images are large: if those that wait for the disk were all held, it would be by hundreds of MiB.
    """
    avatar = tiny.make_avatar(place / "large", "wav2lip", size=(1920, 1080))
    sound = tiny.save_sound(place / "longer.wav", 3)
    words = ("generate", str(sound), "--avatar", str(avatar), "--workers", "2", "--format", "jpg", "--out")
    peaks, made = [], []
    for name, before in (("fast", ""), ("slow", _SLOW)):
        status, said, errors = jobs.run(words, place / name, before, "--json")
        if status:
            return 0, 0, [f"{name} disk: status {status}, {errors!r}"]
        peaks.append(json.loads(said.splitlines()[-1])["peak_rss_mb"])
        made.append(jobs.frames(place / name))
    unexpected = [] if made[0] == made[1] else ["slow disk: other frames"]
    if peaks[1] > peaks[0] + _MOST_WAITING * 1920 * 1080 * 3 / 2**20:
        unexpected.append(f"slow disk: {peaks[1]:.0f} MiB instead of {peaks[0]:.0f}")
    return peaks[0], peaks[1], unexpected


def _refused(case: jobs.Case, out: Path, word: str, some: bool = False) -> list[str]:
    status, _, errors = jobs.run(case.words, out)
    kept = jobs.frames(out)
    said = status == 2 and len(errors.splitlines()) == 1 and word in errors
    if said and kept.items() <= case.frames.items() and bool(kept) == some:
        return []
    return [f"{out.parent.name} disk: status {status}, {errors!r}, {len(kept)} frames"]
