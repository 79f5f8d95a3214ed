# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tests `make test-fast` leaves out."""

from pathlib import Path

import pytest

SLOW = (
    "addon/test_blender.py",
    "docs",
    "engine/avatar/test_demo_avatar.py",
    "engine/bench",
    "engine/cli/test_cluster.py",
    "engine/cli/test_mouth.py",
    "engine/frames/test_silence.py",
    "engine/importing/test_create.py",
    "engine/job/test_faults.py",
    "engine/job/test_generate_clip.py",
    "engine/job/test_lock.py",
    "engine/job/test_strip_folder.py",
    "engine/optimise",
    "exactness",
    "soak",
)
"""Folders and files that together take most of the time of all tests."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow ones."""
    slow = [Path(__file__).parent / name for name in SLOW]
    for item in items:
        if any(item.path.is_relative_to(path) for path in slow):
            item.add_marker("slow")
