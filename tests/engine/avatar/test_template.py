# SPDX-License-Identifier: GPL-3.0-or-later
"""Template frames: the right pixels, a bounded number of them, and sizes from headers."""

import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.avatar.template import TemplateFrames
from lipreel.engine.errors import JobCancelled
from lipreel.engine.media.image_size import image_size
from lipreel.engine.runtime.monitor import Monitor
from lipreel.tests.helpers import tiny


@pytest.mark.parametrize("images", ["png", "video"])
def test_frames_are_those_of_the_avatar(tmp_path: Path, images: str) -> None:
    avatar = load_avatar(tiny.make_avatar(tmp_path / "tiny", images=images))
    with TemplateFrames(avatar) as templates:
        assert len(templates) == 5
        assert templates.size == (400, 300)
        for index in (4, 0, 2, 2):
            assert np.array_equal(templates[index].frame, tiny.picture(index))
            assert templates[index].square == avatar.template.squares[index]
            assert templates[index].crop.shape == (328, 328, 3)


def test_video_frames_are_gone_after_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    avatar = load_avatar(tiny.make_avatar(tmp_path / "tiny", images="video"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = set(tmp_path.iterdir())
    with TemplateFrames(avatar):
        assert set(tmp_path.iterdir()) > before
    assert set(tmp_path.iterdir()) == before
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(JobCancelled):
        TemplateFrames(avatar, Monitor(cancel=cancelled))
    assert set(tmp_path.iterdir()) == before


def test_only_so_many_bytes_are_kept(tmp_path: Path) -> None:
    avatar = load_avatar(tiny.make_avatar(tmp_path / "tiny", count=8))
    one = 400 * 300 * 3 + 328 * 328 * 3
    with TemplateFrames(avatar, kept_bytes=3 * one) as templates:
        first = [templates[index] for index in range(4)]
        kept = [templates[index] is first[index] for index in (3, 2, 1, 0)]
    assert kept == [True, True, True, False]


def test_a_frame_larger_than_all_that_may_be_kept(tmp_path: Path) -> None:
    avatar = load_avatar(tiny.make_avatar(tmp_path / "tiny", images="png"))
    with TemplateFrames(avatar, kept_bytes=1) as templates:
        assert np.array_equal(templates[1].frame, tiny.picture(1))


def test_threads_share_the_frames(tmp_path: Path) -> None:
    avatar = load_avatar(tiny.make_avatar(tmp_path / "tiny", images="png"))
    order = [index % 5 for index in range(100)]
    with TemplateFrames(avatar, kept_bytes=2_000_000) as templates, ThreadPoolExecutor(4) as pool:
        for index, template in zip(order, pool.map(templates.__getitem__, order), strict=True):
            assert np.array_equal(template.frame, tiny.picture(index))


@pytest.mark.parametrize("size", [(1, 1), (640, 360), (361, 7)])
@pytest.mark.parametrize(
    ("suffix", "settings"),
    [
        (".png", []),
        (".jpg", []),
        (".jpg", [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
        (".jpg", [cv2.IMWRITE_JPEG_RST_INTERVAL, 4]),
    ],
)
def test_size_from_the_header(size: tuple[int, int], suffix: str, settings: list[int]) -> None:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    assert image_size(cv2.imencode(suffix, pixels, settings)[1].tobytes()) == size


def test_size_behind_long_segments_and_fill_bytes() -> None:
    """ITU-T T.81, B.1.1.2: any marker may be preceded by fill bytes FF; cameras write long APP segments."""
    data = cv2.imencode(".jpg", np.zeros((30, 50, 3), np.uint8))[1].tobytes()
    segment = b"\xff\xe1" + (60000).to_bytes(2, "big") + b"\xff\xc0" * 29999
    assert image_size(data[:2] + segment * 2 + b"\xff\xff" + data[2:]) == (50, 30)


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"\xff\xd8", b"\xff\xd8\xff\xc0\x00\x11", b"\x89PNG\r\n\x1a\n1234"]
)
def test_no_size(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a PNG or JPEG|breaks off"):
        image_size(data)


def test_a_glance_shows_the_face_as_the_crop_does() -> None:
    """Of JPEG files, decoded to half their lines; no shift would bring it nearer."""
    demo = load_avatar("demo")
    with TemplateFrames(demo) as templates:
        for index in (0, 37, 99):
            face, glance = templates[index], templates.glance(index)
            assert glance.shape == (face.square.size // 2,) * 2
            grey = cv2.cvtColor(face.crop, cv2.COLOR_BGR2GRAY)
            whole = cv2.resize(grey, glance.shape, interpolation=cv2.INTER_AREA).astype(float)
            apart = {
                (x, y): np.abs(np.roll(glance, (y, x), (0, 1)) - whole)[1:-1, 1:-1].mean()
                for x in (-1, 0, 1)
                for y in (-1, 0, 1)
            }
            assert min(apart, key=lambda shift: apart[shift]) == (0, 0)
            assert apart[0, 0] < 2  # levels
