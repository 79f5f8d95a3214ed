# SPDX-License-Identifier: GPL-3.0-or-later
"""The windows of clips against the contract, stated in Fractions and frame by frame."""

from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from lipreel.engine.avatar.avatar_types import Loop
from lipreel.engine.features.front_ends import clip_windows
from lipreel.engine.features.logmel import HOP
from lipreel.engine.features.windows import ZEROS, row_count
from lipreel.engine.frames.plan import clip_plan, make_plan
from lipreel.engine.inference.families import FAMILIES
from lipreel.engine.sound.clip import Clip

NTSC = Fraction(30000, 1001)
RATE = 16000


def stated(clip: Clip, samples: int, family: str) -> list[list[int]]:
    """What each frame takes, in the words of the contract."""
    end = min(samples, ceil(clip.end * RATE))
    first = ceil(80 * clip.begin)
    mel_frames = max(1 + end // HOP, first + 16)
    rows = []
    for k in clip.numbers:
        moment = (k + clip.lead) / clip.fps + clip.shift
        if family == "wav2lip":
            row = [min(max(floor(80 * moment), first), mel_frames - 16)]
        elif family == "ultralight":
            pairs = [floor(50 * moment) + 2 * j for j in range(-4, 4)]
            there = max(0, (end - 400) // 320 + 1)
            row = [p if p >= 50 * clip.begin and p + 1 < there else ZEROS for p in pairs]
        elif family == "ultralight-wenet":
            chunks = [floor(20 * moment) + j for j in range(-4, 4)]
            there = 1 + max(0, ceil(Fraction((end + 67 * 160 - 400) // 160 + 1 - 67, 5)))
            row = [c if 20 * clip.begin <= c < there else ZEROS for c in chunks]
        else:
            row = []
            for r in range(-9, 7):
                start = min(max(floor((moment + Fraction(r, 25)) * 80), first), mel_frames - 16)
                early = floor(25 * (moment - clip.begin)) + r < -1
                late = floor(25 * moment) + r > row_count(mel_frames)
                row.append(ZEROS if early or late else start)
        rows.append(row)
    return rows


CLIPS = [
    Clip(0, 130, Fraction(25), Fraction(0), Fraction(5)),
    Clip(-40, 300, Fraction(60), Fraction(0), Fraction(5)),
    Clip(30, 90, NTSC, Fraction(101, 100), Fraction(7, 2), lead=2),
    Clip(-7, 200, Fraction(24), Fraction(1, 3), Fraction(100), shift=Fraction(-1, 7), lead=-3),
    Clip(20, 40, Fraction(30), Fraction(1), Fraction(21, 20), shift=Fraction(1, 1000)),
    Clip(0, 40, Fraction(25), Fraction(49, 10), Fraction(50), shift=Fraction(4)),
    Clip(0, 40, Fraction(25), Fraction(9), Fraction(10)),
]


HEARING = [name for name, family in FAMILIES.items() if not family.takes_track]


@pytest.mark.parametrize("family", HEARING)
@pytest.mark.parametrize("clip", CLIPS)
def test_the_contract(clip: Clip, family: str) -> None:
    samples = 5 * RATE
    part = clip.samples(RATE, samples)
    first = ceil(80 * clip.begin)
    mel_frames = max(1 + part.stop // HOP, first + 16)
    windows = clip_windows(clip, part.stop, mel_frames, FAMILIES[family].audio, "zeros")
    if part:
        assert windows.tolist() == stated(clip, samples, family)
    else:
        assert windows.max() <= first  # nothing of the sound


@pytest.mark.parametrize("family", HEARING)
@pytest.mark.parametrize("fps", [Fraction(24), Fraction(25), NTSC, Fraction(60)])
def test_all_of_a_sound_is_the_plan_of_the_sound(family: str, fps: Fraction) -> None:
    duration = Fraction(79999, RATE)
    plan = make_plan(duration, fps, 400, FAMILIES[family].audio, "zeros", Loop(7, Fraction(25), 1))
    clip = Clip(0, ceil(duration * fps), fps, Fraction(0), duration)
    windows = clip_windows(clip, 79999, 400, FAMILIES[family].audio, "zeros")
    again = clip_plan(clip, windows, plan.hold, Loop(7, Fraction(25), 1))
    for name in ("numbers", "templates", "windows", "hold"):
        assert np.array_equal(getattr(plan, name), getattr(again, name))


def test_the_template_plays_on_the_clock_of_the_sound() -> None:
    windows, hold = np.zeros((20, 1), np.int32), np.zeros(20, np.float32)
    clip = Clip(-3, 20, Fraction(25), Fraction(0), Fraction(5), lead=4)
    plan = clip_plan(clip, windows, hold, Loop(4, Fraction(25), 1))
    assert plan.numbers[:5].tolist() == [-2, -1, 0, 1, 2]
    assert plan.templates[:8].tolist() == [2, 1, 0, 1, 2, 3, 2, 1]  # 1 at frame 0, and so it was before
    shifted = Clip(-3, 20, Fraction(25), Fraction(0), Fraction(5), shift=Fraction(3, 25))
    assert clip_plan(shifted, windows, hold, Loop(4, Fraction(25), 1)).templates[:3].tolist() == [1, 2, 3]
