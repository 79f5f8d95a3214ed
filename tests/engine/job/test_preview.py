# SPDX-License-Identifier: GPL-3.0-or-later
"""A frame by itself is the job's own frame, byte for byte."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.errors import InputError
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.job.preview import preview
from lipreel.engine.sound.sound import Sound, open_sound
from lipreel.tests.helpers import tiny


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    return open_sound(tiny.save_sound(tmp_path_factory.mktemp("sounds") / "speech.wav", 1.41))


@pytest.mark.parametrize(
    "options", [{}, {"format": "jpg", "quality": 80}, {"overlay": True}, {"fps": "30000/1001"}], ids=str
)
def test_it_is_the_frame_of_the_job(options: dict[str, Any], sound: Sound, tmp_path: Path) -> None:
    if "fps" in options:
        options = {**options, "fps": Fraction(options["fps"])}
    avatar = load_avatar(tiny.make_avatar(tmp_path / "tiny", feather_px=12))
    wanted = JobOptions(**options)
    result = generate(sound, avatar, tmp_path / "out", wanted)
    for number in (1, 2, 17, result.frames):
        file = tmp_path / "out" / f"frame_{number:06d}.{wanted.format}"
        assert preview(sound, avatar, number, wanted) == file.read_bytes(), number


@pytest.mark.parametrize("number", [0, 37])
def test_there_is_no_such_frame(number: int, sound: Sound, tmp_path: Path) -> None:
    avatar = load_avatar(tiny.make_avatar(tmp_path / "tiny"))
    with pytest.raises(InputError, match="There are frames 1 to 36"):
        preview(sound, avatar, number, JobOptions())
