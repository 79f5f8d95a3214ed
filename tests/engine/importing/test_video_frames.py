# SPDX-License-Identifier: GPL-3.0-or-later
"""Videos without PyAV, as in Blender: OpenCV's own reader gives the same frames, with coarser colours."""

import importlib.util
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from lipreel.engine.errors import InputError
from lipreel.engine.importing.importer import import_avatar
from lipreel.engine.media.video_reader import unpack_video, video_frames
from lipreel.engine.runtime.monitor import Monitor
from lipreel.tests.helpers import packages


@pytest.fixture
def without_pyav(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    installed = importlib.util.find_spec

    def find(name: str, package: str | None = None) -> object:
        return None if name == "av" else installed(name, package)

    return lambda: monkeypatch.setattr(importlib.util, "find_spec", find)


@pytest.mark.parametrize("turned", [None, 90])
def test_the_same_frames(tmp_path: Path, without_pyav: Callable[[], None], turned: int | None) -> None:
    video = tmp_path / "video.mp4"
    packages.save_video(video, [packages.face(k) for k in range(6)], packages.NTSC, turned)
    with_pyav = list(video_frames(video))
    without_pyav()
    assert unpack_video(video, tmp_path / "frames", Monitor()).fps == Fraction(30000, 1001)
    frames = list(video_frames(video))
    assert len(frames) == len(with_pyav) == 6
    means = []
    for place, frame in enumerate(frames):
        differences = [np.abs(frame.astype(int) - other).mean() for other in with_pyav]
        assert int(np.argmin(differences)) == place
        assert (np.abs(frame.astype(int).mean(axis=2) - with_pyav[place].mean(axis=2)) > 8).mean() < 0.01
        means.append(differences[place])
    assert max(means) < 2
    print(f"mean difference {np.mean(means):.1f} levels")  # noqa: T201 (the figure, with -s)


def test_a_package_of_videos(tmp_path: Path, without_pyav: Callable[[], None]) -> None:
    without_pyav()
    package = packages.make_clone(tmp_path / "clone", form="videos")
    made = import_avatar(package, tmp_path / "avatar")
    assert made.avatar.template.count == 6
    assert any("read by OpenCV" in note for note in made.notes)


def test_what_is_no_video_or_breaks_off(tmp_path: Path, without_pyav: Callable[[], None]) -> None:
    without_pyav()
    video = tmp_path / "video.mp4"
    video.write_bytes(b"no video" * 100)
    with pytest.raises(InputError, match="cannot be read as a video"):
        list(video_frames(video))
    packages.save_video(video, [packages.face(k) for k in range(40)])
    data = video.read_bytes()
    start = data.index(b"mdat") + 4
    video.write_bytes(data[: start + 9000] + bytes(len(data) - start - 9000 - 4000) + data[-4000:])
    with pytest.raises(InputError, match="breaks off after"):
        list(video_frames(video))
