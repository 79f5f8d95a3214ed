# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames that are looked at are those that a job writes, whatever their direction and order."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from lipreel.engine.arrays import Pixels
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.errors import InputError, JobCancelled
from lipreel.engine.job.generate_clip import ClipResult, generate_clip
from lipreel.engine.job.live_clip import live_clip
from lipreel.engine.job.options import JobOptions
from lipreel.engine.mouth.direction import Direction
from lipreel.engine.runtime.monitor import Monitor
from lipreel.tests.helpers import tiny
from lipreel.tests.helpers.recorded import recording, speech, whole

SHOWN = (17, 4, 30, 31, 17)


def pixels(result: ClipResult, number: int) -> Pixels:
    data = np.fromfile(result.out / result.files[number], np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), np.uint8)


@pytest.mark.parametrize("overlay", [False, True])
@pytest.mark.parametrize("family", list(tiny.GENERATORS))
def test_frames_are_those_of_the_job(tmp_path: Path, family: str, overlay: bool) -> None:
    avatar, sound = load_avatar(tiny.make_avatar(tmp_path / "a", family, feather_px=5)), recording(speech(2))
    clip, options = whole(sound), JobOptions(overlay=overlay)
    made = generate_clip(sound, avatar, clip, tmp_path / "out", options)
    with live_clip(sound, avatar, clip, options, Monitor()) as live:
        for number in SHOWN:
            assert np.array_equal(live.frame(number), pixels(made, number))


@pytest.mark.parametrize("hold", [1, 3])
def test_every_frame_has_the_direction_it_is_given(tmp_path: Path, hold: int) -> None:
    avatar, sound = load_avatar(tiny.make_avatar(tmp_path / "a", "mouth")), recording(speech(2))
    clip = replace(whole(sound), lead=2)
    jaw = np.linspace(0, 1, clip.count)
    offset = np.zeros((clip.count, 6), np.float32)
    offset[:, 0] = jaw
    keyed = Direction(offset=offset, intensity=2 - jaw, hold=hold, lead=2)
    made = generate_clip(sound, avatar, clip, tmp_path / "out", JobOptions(), direction=keyed)
    with live_clip(sound, avatar, clip, JobOptions(), Monitor(), tmp_path / "out") as live:
        plain = live.frame(17)
        for number in SHOWN:
            held = number - number % hold  # what is keyed is held with the mouth
            now = Direction(offset=offset[held], intensity=float(2 - jaw[held]), hold=hold, lead=2)
            assert np.array_equal(live.frame(number, now), pixels(made, number))
        assert np.array_equal(live.frame(17), plain)
        assert not np.array_equal(plain, pixels(made, 17))


def test_a_part_of_a_sound_and_a_frame_that_is_not_in_it(tmp_path: Path) -> None:
    avatar, sound = load_avatar(tiny.make_avatar(tmp_path / "a", "mouth")), recording(speech(6))
    clip = replace(whole(sound), first=50, count=25)
    made = generate_clip(sound, avatar, clip, tmp_path / "out", JobOptions())
    monitor = Monitor()
    with live_clip(sound, avatar, clip, JobOptions(), monitor, tmp_path / "out") as live:
        assert np.array_equal(live.frame(61), pixels(made, 11))
        for number in (49, 75, -1):
            with pytest.raises(InputError, match=f"there is no frame {number}.*50 to 74"):
                live.frame(number)
        monitor.cancel.set()
        with pytest.raises(JobCancelled):
            live.frame(61)
