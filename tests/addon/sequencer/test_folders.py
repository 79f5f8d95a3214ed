# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders named after strips."""

import os
from pathlib import Path

import pytest
from lipreel.addon.sequencer.folders import folder_name, home_folder, numbers_there, strip_folder


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


@pytest.mark.parametrize(
    ("blend", "strip", "folder"),
    [
        ("/films/one.blend", "talk.wav", "one/talk.wav-0000002a"),
        ("", "talk.wav", "untitled/talk.wav-0000002a"),
        ("/films/aux.blend", "a:b", "strip_aux/a_b-0000002a"),
    ],
)
def test_a_strip_has_a_folder_by_its_number(tmp_path: Path, blend: str, strip: str, folder: str) -> None:
    assert strip_folder(home_folder(tmp_path, blend), strip, 42) == tmp_path / folder


def test_a_renamed_strip_keeps_its_folder(tmp_path: Path) -> None:
    first = strip_folder(tmp_path, "talk", 42)
    first.mkdir(parents=True)
    assert strip_folder(tmp_path, "speech", 42) == first


@pytest.mark.parametrize(("one", "two"), [("line", "Line"), ("a:b", "a?b"), ("talk", "talk ")])
def test_no_two_strips_share_a_folder(tmp_path: Path, one: str, two: str) -> None:
    """Also on disks that take upper and lower case for one."""
    folders = {str(strip_folder(tmp_path, name, n)).lower() for n, name in ((1, one), (2, two))}
    assert len(folders) == 2


def test_folders_that_lost_their_strip_are_found_the_latest_first(tmp_path: Path) -> None:
    names = ["talk-00000001", "talk-0000002a", "talk-2-00000003", "talk-nonsense", "other-00000004"]
    for age, name in enumerate(names):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (age, age))
    (tmp_path / "talk-00000005").write_text("no folder")
    assert numbers_there(tmp_path, "talk") == [42, 1]
    assert numbers_there(tmp_path / "none", "talk") == []
