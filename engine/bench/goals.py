# SPDX-License-Identifier: GPL-3.0-or-later
"""What Lipreel is to reach with the network of the true size on two cores, and with the demo avatar."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Found = dict[str, Any]
"""What `lipreel bench --json` prints."""


@dataclass(frozen=True)
class Goal:
    """One figure and its limit."""

    name: str
    wanted: float
    unit: str
    found: Callable[[Found], float]
    """KeyError if it was not measured."""
    at_most: bool = False
    """Whether less is better."""

    def met(self, value: float) -> bool:
        """Whether that is enough."""
        return value <= self.wanted if self.at_most else value >= self.wanted


def _of(variant: str, key: str) -> Callable[[Found], float]:
    return lambda found: float(found[variant][key])


def _of_bound(variant: str) -> Callable[[Found], float]:
    return lambda found: 100 * float(found[variant]["frames_per_second"] / found["bound"][variant])


_RATIO, _MEMORY, _SPEED = "ratio_to_reference", "peak_rss_mb", "frames_per_second"

GOALS = (
    Goal("exact", 1.7, "× reference", _of("exact", _RATIO)),
    Goal("exact, of the network alone", 92, "%", _of_bound("exact")),
    Goal("exact, sound 3 × the template", 2.0, "× reference", _of("exact_long", _RATIO)),
    Goal("fast", 3.5, "× reference", _of("fast", _RATIO)),
    Goal("memory, exact", 600, "MiB", _of("exact", _MEMORY), at_most=True),
    Goal("memory, exact, sound 3 × the template", 600, "MiB", _of("exact_long", _MEMORY), at_most=True),
    Goal("memory, fast", 300, "MiB", _of("fast", _MEMORY), at_most=True),
    Goal("first frame, exact", 1.5, "s", _of("exact", "first_frame_seconds"), at_most=True),
    Goal("demo avatar, exact", 75, "frames/s", _of("demo_exact", _SPEED)),
    Goal("demo avatar, fast", 120, "frames/s", _of("demo_fast", _SPEED)),
    Goal("import of the add-on", 50, "ms", lambda found: float(found["addon_import_ms"]), at_most=True),
)


def compared(found: Found) -> list[tuple[Goal, float]]:
    """The goals that were measured, and what was reached."""
    pairs = []
    for goal in GOALS:
        try:
            pairs.append((goal, goal.found(found)))
        except KeyError:
            continue
    return pairs
