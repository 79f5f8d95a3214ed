# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a template's images comes first; from 0 on, an overlay lies on its own footage."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.cli import main
from lipreel.engine.errors import AvatarError, InputError
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import tiny
from numpy.typing import NDArray

THERE_AND_BACK = (0, 1, 2, 3, 4, 3, 2, 1, 0, 1)


@pytest.fixture
def avatar(tmp_path: Path) -> Path:
    return tiny.make_avatar(tmp_path / "avatar", images="png", feather_px=8)


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    return tiny.save_sound(tmp_path / "speech.wav", 0.4)


def made(avatar: Path, speech: Path, out: Path, **options: Any) -> list[NDArray[np.uint8]]:
    generate(open_sound(speech), load_avatar(avatar), out, JobOptions(**options))
    files = sorted(out.glob("frame_*.png"))
    return [np.asarray(cv2.imread(str(file), cv2.IMREAD_UNCHANGED), np.uint8) for file in files]


def over(overlay: NDArray[np.uint8], footage: NDArray[np.uint8]) -> NDArray[np.uint8]:
    alpha = overlay[:, :, 3:] / 255.0
    return np.rint(overlay[:, :, :3] * alpha + footage * (1 - alpha)).astype(np.uint8)


@pytest.mark.parametrize("how", ["avatar", "option"])
def test_an_overlay_lies_on_its_own_footage(avatar: Path, speech: Path, tmp_path: Path, how: str) -> None:
    if how == "avatar":
        tiny.edit(avatar, 'order = "pingpong"', 'order = "pingpong"\nstart = 0')
    options: dict[str, Any] = {} if how == "avatar" else {"template_start": 0}
    plain = made(avatar, speech, tmp_path / "plain", **options)
    overlays = made(avatar, speech, tmp_path / "overlay", overlay=True, **options)
    footage = [cv2.imread(str(avatar / "frames" / f"{index:04d}.png")) for index in range(5)]
    for place, (frame, overlay) in enumerate(zip(plain, overlays, strict=True)):
        laid = over(overlay, np.asarray(footage[THERE_AND_BACK[place]], np.uint8))
        assert np.abs(laid.astype(int) - frame).max() <= 1


def test_packages_keep_their_systems_order(avatar: Path, speech: Path, tmp_path: Path) -> None:
    first = made(avatar, speech, tmp_path / "first")[0]
    second = made(avatar, speech, tmp_path / "second", template_start=0)[1]
    outside = np.s_[:50]  # above all faces
    assert np.array_equal(first[outside], second[outside])


def test_what_is_no_start(avatar: Path, speech: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="5 is none of its 5 images"):
        made(avatar, speech, tmp_path / "out", template_start=5)
    assert not (tmp_path / "out").exists()
    arguments = ["generate", str(speech), "--avatar", str(avatar), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--template-start", "-1"]) == 2
    assert main([*arguments, "--template-start", "4"]) == 0
    tiny.edit(avatar, 'order = "pingpong"', 'order = "pingpong"\nstart = 5')
    with pytest.raises(AvatarError, match="start: 5 is none of 5 images"):
        load_avatar(avatar)
