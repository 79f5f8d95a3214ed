# SPDX-License-Identifier: GPL-3.0-or-later
"""An avatar comes into a folder of avatars whole, or not at all."""

from pathlib import Path

import pytest
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.errors import AvatarError, InputError, JobCancelled
from lipreel.engine.importing.install import install_avatar
from lipreel.engine.painters.networks import check_avatar
from lipreel.engine.runtime.monitor import Monitor
from lipreel.tests.helpers import tiny


def test_it_is_whole_and_alone(tmp_path: Path) -> None:
    source = tiny.make_avatar(tmp_path / "source")
    (source / "notes.txt").write_text("not part of it")
    told: list[int] = []
    folder = install_avatar(source, tmp_path / "library", Monitor(lambda _, done, __: told.append(done)))
    check_avatar(load_avatar(folder))
    assert not (folder / "notes.txt").exists()
    assert told == list(range(len(load_avatar(folder).used_files()) + 2))
    assert install_avatar(source, tmp_path / "library", Monitor()) == folder


def test_another_of_the_same_id_is_left_alone(tmp_path: Path) -> None:
    library = tmp_path / "library"
    first = install_avatar(tiny.make_avatar(tmp_path / "one"), library, Monitor())
    before = load_avatar(first).fingerprint
    with pytest.raises(InputError, match='another avatar of the id "tiny"'):
        install_avatar(tiny.make_avatar(tmp_path / "two", count=4), library, Monitor())
    assert load_avatar(first).fingerprint == before


def test_nothing_is_left_of_a_bad_or_cancelled_one(tmp_path: Path) -> None:
    source, library = tiny.make_avatar(tmp_path / "source"), tmp_path / "library"
    monitor = Monitor()
    monitor.cancel.set()
    with pytest.raises(JobCancelled):
        install_avatar(source, library, monitor)
    assert list(library.iterdir()) == []
    (source / "generator.onnx").write_bytes(b"")
    with pytest.raises(AvatarError, match="SHA-256"):
        install_avatar(source, library, Monitor())
    assert list(library.iterdir()) == []
