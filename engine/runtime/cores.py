# SPDX-License-Identifier: GPL-3.0-or-later
"""How many cores there are, and who gets them."""

import os

MOST_WORKERS = 8
"""Frames that are drawn at once: eight of a network of the true size take 0.9 GB, in two halves 1 GB."""


def usable_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share_cores(cores: int) -> tuple[int, int]:
    """Workers, and the threads of a network's session that keep as many cores busy.

    A session's threads are the one that calls it and those of its pool, which all calls share.
    """
    workers = min(cores, MOST_WORKERS)
    return workers, cores - workers + 1
