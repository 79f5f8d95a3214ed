# SPDX-License-Identifier: GPL-3.0-or-later
"""The harness in short; `make soak` is the long one."""

from pathlib import Path

import disks
import jobs
import kills
import pytest


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> jobs.Case:
    return jobs.make_case(tmp_path_factory.mktemp("case"))


def test_killed(case: jobs.Case, tmp_path: Path) -> None:
    figures = kills.killed(case, tmp_path, 8)
    assert figures.unexpected == []
    assert figures.runs == 8


def test_interrupted(case: jobs.Case, tmp_path: Path) -> None:
    _, unexpected = kills.interrupted(case, tmp_path, 2)
    assert unexpected == []


@pytest.mark.parametrize("kind", [disks.full, disks.read_only])
def test_a_disk_that_takes_no_more(kind: "object", case: jobs.Case, tmp_path: Path) -> None:
    assert callable(kind)
    unexpected = kind(case, tmp_path)
    if unexpected is None:
        pytest.skip("no right to mount")
    assert unexpected == []


def test_a_folder_that_goes(case: jobs.Case, tmp_path: Path) -> None:
    assert disks.removed(case, tmp_path) == []


def test_few_open_files(case: jobs.Case, tmp_path: Path) -> None:
    assert disks.few_files(case, tmp_path) == []


def test_a_slow_disk(case: jobs.Case, tmp_path: Path) -> None:
    assert disks.slow(case, tmp_path)[2] == []
