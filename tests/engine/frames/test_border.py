# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces that leave the frame: drawn as if the frame went on in the colours of its border."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import tiny
from numpy.typing import NDArray

MARGIN = 90


def frames(avatar: Path, out: Path, overlay: bool) -> list[NDArray[np.uint8]]:
    speech = tiny.save_sound(out.parent / "speech.wav", 0.3)
    generate(open_sound(speech), load_avatar(avatar), out, JobOptions(overlay=overlay))
    files = sorted(out.glob("frame_*.png"))
    return [np.asarray(cv2.imread(str(file), cv2.IMREAD_UNCHANGED), np.uint8) for file in files]


def widened(avatar: Path, target: Path) -> Path:
    """The same avatar with frames that go on by a margin, and its squares where they were."""
    shutil.copytree(avatar, target)
    sides = (MARGIN,) * 4
    for file in (target / "frames").iterdir():
        image = np.asarray(cv2.imread(str(file)))
        cv2.imwrite(str(file), cv2.copyMakeBorder(image, *sides, cv2.BORDER_REPLICATE))
    squares = np.loadtxt(target / "squares.csv", int, delimiter=",") + np.array([MARGIN, MARGIN, 0])
    np.savetxt(target / "squares.csv", squares, "%d", ",")
    tiny.rehash(target)
    return target


@pytest.mark.parametrize("overlay", [False, True])
@pytest.mark.parametrize("place", [(-60, 40), (300, 40), (100, -79), (100, 219), (-60, -60), (310, 210)])
def test_faces_at_the_border(tmp_path: Path, place: tuple[int, int], overlay: bool) -> None:
    avatar = tiny.make_avatar(tmp_path / "avatar", images="png", feather_px=6)
    moved = [f"{place[0] + index // 3},{place[1]},{tiny.SQUARE_SIZE}\n" for index in range(5)]
    (avatar / "squares.csv").write_text("".join(moved))
    tiny.rehash(avatar)
    wide = widened(avatar, tmp_path / "wide")
    drawn, whole = (frames(folder, tmp_path / f"{folder.name} frames", overlay) for folder in (avatar, wide))
    for frame, wider in zip(drawn, whole, strict=True):
        assert frame.shape[:2] == (300, 400)
        assert np.array_equal(frame, wider[MARGIN:-MARGIN, MARGIN:-MARGIN])
