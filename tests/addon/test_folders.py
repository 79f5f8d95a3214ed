# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders named after strips."""

from pathlib import Path

import pytest
from lipreel.addon.folders import folder_name, frame_file, frames_kept, frames_there
from lipreel.engine.writer import FORMATS, frame_name


@pytest.mark.parametrize(
    ("strip", "folder"),
    [
        ("talk.wav", "talk.wav"),
        ("Gespräch 你好", "Gespräch 你好"),
        ("talk: a/b\\c", "talk_ a_b_c"),
        (" .talk. ", "talk"),
        ("..", "strip"),
        ("", "strip"),
        ("CON", "strip_CON"),
        ("aux.wav", "strip_aux.wav"),
        ("x" * 200, "x" * 80),
    ],
)
def test_a_name_that_every_system_takes(strip: str, folder: str) -> None:
    assert folder_name(strip) == folder


def test_frames_are_counted_to_the_first_gap_or_all(tmp_path: Path) -> None:
    for number in (1, 2, 3, 5):
        (tmp_path / f"frame_{number:06d}.png").touch()
    assert frames_there(tmp_path, "png") == frames_there(tmp_path, "png", 2) == 3
    assert frames_there(tmp_path, "jpg") == 0
    assert frames_there(tmp_path / "none", "png") == 0
    assert [frames_kept(tmp_path / name, "png") for name in (".", "none")] == [4, 0]


@pytest.mark.parametrize("number", [1, 999_999, 1_000_000])
def test_names_are_the_engines(number: int) -> None:
    for suffix in FORMATS:
        assert frame_file(number, suffix) == frame_name(number, suffix)
