# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures that the documents give are those that the tests measure, and no others."""

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "avatars.md"


def assert_before_and_after(fault: str, figure: str, before: str, after: str, by: str) -> None:
    """Assert that the table of faults in docs/avatars.md has this line; the failure says what to write."""
    line = f"| {fault} | {figure} | {before} | {after} | {by} |"
    assert line in PAGE.read_text("utf-8").splitlines(), f"{PAGE.name} should say:\n{line}"
