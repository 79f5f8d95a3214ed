# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's import, in its thread: avatars are copied, and those of other systems made into avatars."""

from functools import partial
from pathlib import Path

from lipreel.addon.jobs.background_job import BackgroundJob, State
from lipreel.addon.jobs.engine_calls import import_avatar
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.painters.networks import check_avatar
from lipreel.tests.helpers import packages, tiny


def finished(source: Path, library: Path) -> BackgroundJob:
    job = BackgroundJob(partial(import_avatar, source, library, False))
    job.start()
    assert job.join(60)
    job.poll()
    return job


def test_a_package_becomes_an_avatar(tmp_path: Path) -> None:
    package = packages.make_clone(tmp_path / "Dora")
    job = finished(package, tmp_path / "avatars")
    assert job.state is State.INSERTING
    assert job.result.folder == tmp_path / "avatars" / "Dora"
    assert job.result.notes == ()
    check_avatar(load_avatar(job.result.folder))
    again = finished(package, tmp_path / "avatars")
    assert again.state is State.FAILED
    assert again.failure is not None
    assert "is there already" in again.failure.message


def test_an_avatar_is_copied(tmp_path: Path) -> None:
    job = finished(tiny.make_avatar(tmp_path / "folder"), tmp_path / "avatars")
    assert job.result.folder == tmp_path / "avatars" / "tiny"


def test_notes_of_an_import_are_kept(tmp_path: Path) -> None:
    package = packages.make_clone(tmp_path / "Dora", crops=False, landmarks=False)
    notes = finished(package, tmp_path / "avatars").result.notes
    assert len(notes) == 1
    assert "could not be checked" in notes[0]
