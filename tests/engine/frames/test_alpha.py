# SPDX-License-Identifier: GPL-3.0-or-later
"""Transparent templates give transparent frames: the mouth in front, and alpha as it was."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.errors import InputError
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import tiny
from numpy.typing import NDArray
from PIL import Image


def cut_out(avatar: Path, bits: int = 8) -> list[NDArray[np.uint8]]:
    """Make the template's images transparent outside of a circle; their alpha."""
    rows, columns = np.ogrid[:300, :400]
    found = []
    for index, file in enumerate(sorted((avatar / "frames").iterdir())):
        away = np.hypot(rows - 140 - index, columns - 200)
        alpha = np.clip((130 - away) * 20, 0, 255).astype(np.uint8)
        image = np.dstack([np.asarray(cv2.imread(str(file))), alpha])
        cv2.imwrite(str(file), image.astype(np.uint16) * 257 if bits == 16 else image.astype(np.uint8))
        found.append(alpha)
    tiny.rehash(avatar)
    return found


def made(avatar: Path, out: Path, **options: object) -> list[NDArray[np.uint8]]:
    speech = tiny.save_sound(out.parent / "speech.wav", 0.3)
    generate(open_sound(speech), load_avatar(avatar), out, JobOptions(template_start=0, **options))  # type: ignore[arg-type]  # of tests
    return [np.asarray(Image.open(file)) for file in sorted(out.glob("frame_*"))]


@pytest.mark.parametrize("bits", [8, 16])
def test_frames_have_the_templates_alpha_and_the_same_colours(tmp_path: Path, bits: int) -> None:
    avatar = tiny.make_avatar(tmp_path / "avatar", images="png", feather_px=6)
    opaque = made(avatar, tmp_path / "opaque")
    alphas = cut_out(avatar, bits)
    frames = made(avatar, tmp_path / "frames")
    assert [frame.shape for frame in frames] == [(300, 400, 4)] * 8
    for frame, plain, alpha in zip(frames, opaque, [*alphas, *alphas[-2:0:-1]], strict=False):
        assert np.array_equal(frame[:, :, 3], alpha)
        assert np.array_equal(frame[:, :, :3], plain)


def test_an_overlay_is_transparent_where_its_template_is(tmp_path: Path) -> None:
    avatar = tiny.make_avatar(tmp_path / "avatar", images="png", feather_px=6)
    before = made(avatar, tmp_path / "before", overlay=True)[0][:, :, 3]
    alpha = cut_out(avatar)[0]
    after = made(avatar, tmp_path / "after", overlay=True)[0][:, :, 3]
    assert np.array_equal(after[alpha == 255], before[alpha == 255])
    assert after[alpha == 0].max() == 0
    assert (after <= np.minimum(before, alpha)).all()


def test_an_opaque_alpha_is_none(tmp_path: Path) -> None:
    avatar = tiny.make_avatar(tmp_path / "avatar", images="png")
    for file in (avatar / "frames").iterdir():
        Image.open(file).convert("RGBA").save(file)
    tiny.rehash(avatar)
    assert made(avatar, tmp_path / "png")[0].shape == (300, 400, 3)
    assert made(avatar, tmp_path / "jpg", format="jpg")[0].shape == (300, 400, 3)


def test_a_jpg_cannot_be_transparent(tmp_path: Path) -> None:
    avatar = tiny.make_avatar(tmp_path / "avatar", images="png")
    cut_out(avatar)
    with pytest.raises(InputError, match="a jpg has no transparency"):
        made(avatar, tmp_path / "frames", format="jpg")


def test_grey_with_alpha(tmp_path: Path) -> None:
    avatar = tiny.make_avatar(tmp_path / "avatar", images="png")
    for file in (avatar / "frames").iterdir():
        grey = Image.open(file).convert("LA")
        grey.putalpha(128)
        grey.save(file)
    tiny.rehash(avatar)
    frame = made(avatar, tmp_path / "frames")[0]
    assert (frame[:, :, 3] == 128).all()
