# SPDX-License-Identifier: GPL-3.0-or-later
"""From the plan to pixels, with networks whose arithmetic is done by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lipreel.engine.avatar import template
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.avatar.template import TemplateFrames
from lipreel.engine.errors import AvatarError
from lipreel.engine.features.front_ends import Hear
from lipreel.engine.frames.plan import Plan
from lipreel.engine.frames.render import Frame, Scene, render
from lipreel.engine.painters.networks import open_networks
from lipreel.tests.helpers import tiny
from numpy.typing import NDArray

# Frame numbers, their templates, and for each a window start; not in the order of anything.
PLAN = Plan(
    np.array([3, 9, 4, 5, 7, 1], np.int32),
    np.array([0, 4, 2, 2, 1, 3], np.int32),
    np.array([[0], [1], [0], [1], [1], [0]], np.int32),
    np.zeros(6, np.float32),
)


def loud(window: NDArray[np.int32]) -> NDArray[np.float32]:
    """A sound input that tiny's generator hears as sigmoid(0) = 1/2, or as sigmoid(large) = 1."""
    return np.full((16, 512), 100 * window[0], np.float32)


@contextmanager
def scene(folder: Path, hear: Hear = loud, feather_px: float = 0, overlay: bool = False) -> Iterator[Scene]:
    avatar = load_avatar(folder)
    with TemplateFrames(avatar) as templates:
        generator, _ = open_networks(avatar, "cpu")
        yield Scene(avatar.generator.family, generator, templates, hear, feather_px, overlay)


def frames(scene: Scene, workers: int = 2, plan: Plan = PLAN) -> list[Frame]:
    return list(render(plan, scene, lambda frame: frame, workers=workers))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.make_avatar(tmp_path_factory.mktemp("avatars") / "tiny", images="png")


def test_each_row_of_the_plan_is_drawn_in_its_order(folder: Path) -> None:
    with scene(folder) as shared:
        result = frames(shared)
    assert [frame.number for frame in result] == PLAN.numbers.tolist()
    for row, frame in enumerate(result):
        shown = int(PLAN.templates[row])
        expected = tiny.picture(shown).astype(np.float64)
        x, y, half = 100 + 3 * shown, 60 + 2 * shown, tiny.SQUARE_SIZE // 2
        middle = slice(y + 10, y + 150), slice(x + 10, x + 150)
        # In the mask: reference / 2 + black / 4 + level / 4, where the level is 1/2 or 1.
        level = 255 * (1 if PLAN.windows[row, 0] else 0.5) / 4
        assert np.abs(frame.pixels[middle] - (expected[middle] / 2 + level)).max() <= 2
        # Below the mask, which ends at row 309 of 320: reference / 2 + reference / 4 + level / 4.
        low = y + tiny.SQUARE_SIZE - 4, x + half
        assert np.abs(frame.pixels[low] - np.minimum(expected[low] * 0.75 + level, 255)).max() <= 6
        outside = np.ones((300, 400), bool)
        outside[y : y + tiny.SQUARE_SIZE, x : x + tiny.SQUARE_SIZE] = False
        assert np.array_equal(frame.pixels[outside], tiny.picture(shown)[outside])


def test_masked_picture_comes_first_for_wav2lip(tmp_path: Path) -> None:
    folder = tiny.make_avatar(tmp_path / "tiny", "wav2lip", images="png")
    with scene(folder, hear=lambda _: np.zeros((80, 16), np.float32)) as shared:
        frame = frames(shared, plan=PLAN.select(slice(0, 1)))[0]
    expected = tiny.picture(0).astype(np.float64)
    low, high = (slice(150, 210), slice(110, 250)), (slice(70, 130), slice(110, 250))
    assert np.abs(frame.pixels[low] - (expected[low] / 4 + 255 / 8)).max() <= 2
    assert np.abs(frame.pixels[high] - (expected[high] * 0.75 + 255 / 8)).max() <= 2


@pytest.mark.parametrize("overlay", [False, True])
def test_pixels_do_not_depend_on_the_workers(folder: Path, overlay: bool) -> None:
    plan = Plan(
        np.arange(1, 41, dtype=np.int32),
        (np.arange(40) % 5).astype(np.int32),
        (np.arange(40)[:, None] % 2).astype(np.int32),
        np.zeros(40, np.float32),
    )
    with scene(folder, feather_px=12, overlay=overlay) as shared:
        one, many = frames(shared, 1, plan), frames(shared, 5, plan)
    assert one[0].pixels.shape == (300, 400, 4 if overlay else 3)
    for a, b in zip(one, many, strict=True):
        assert a.number == b.number
        assert np.array_equal(a.pixels, b.pixels)


def test_frames_of_a_small_stretch_come_nearly_in_order(folder: Path) -> None:
    plan = Plan(
        np.arange(1, 41, dtype=np.int32),
        (np.arange(40) % 5).astype(np.int32),
        (np.arange(40)[:, None] % 2).astype(np.int32),
        np.zeros(40, np.float32),
    )
    with scene(folder) as shared:
        whole = list(render(plan, shared, lambda frame: frame, workers=2))
        parts = list(render(plan, shared, lambda frame: frame, workers=2, stretch=10))
    assert [frame.number for frame in whole][:3] == [1, 6, 11]
    assert [frame.number for frame in parts][:12] == [1, 6, 2, 7, 3, 8, 4, 9, 5, 10, 11, 16]
    pixels = {frame.number: frame.pixels for frame in whole}
    assert all(np.array_equal(frame.pixels, pixels[frame.number]) for frame in parts)


@pytest.mark.parametrize(
    ("templates", "again"), [([0, 0, 1, 1, 2, 2], False), ([0, 1, 2, 2, 1, 0], True), ([0, 1, 0, 1], False)]
)
def test_a_template_frame_that_comes_back_in_a_later_stretch(templates: list[int], again: bool) -> None:
    count = len(templates)
    numbers = np.arange(1, count + 1, dtype=np.int32)
    windows = np.zeros((count, 1), np.int32)
    plan = Plan(numbers, np.array(templates, np.int32), windows, np.zeros(count, np.float32))
    assert plan.comes_back(4) is again


def test_a_template_frame_that_comes_back_is_decoded_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = []
    decode = template._decode

    def count(file: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
        decoded.append(file)
        return decode(file, size)

    monkeypatch.setattr(template, "_decode", count)
    plan = PLAN.select(np.array([0, 1, 2, 4, 5, 5, 4, 2, 1, 0]))
    with scene(folder) as shared, TemplateFrames(load_avatar(folder), kept_bytes=1) as templates:
        forgetful = replace(shared, templates=templates)
        assert len(list(render(plan, forgetful, lambda frame: frame, workers=1, stretch=5))) == 10
    images = [file for file in decoded if file.suffix != ".npy"]
    assert len(images) == len(set(images)) == 5


def test_a_network_that_draws_no_numbers(folder: Path) -> None:
    def broken(_: NDArray[np.int32]) -> NDArray[np.float32]:
        return np.full((16, 512), np.nan, np.float32)

    with scene(folder, broken) as shared, pytest.raises(AvatarError, match="not finite"):
        frames(shared)


def test_finish_works_in_the_workers_and_its_failure_ends_it(folder: Path) -> None:
    finished = []

    def finish(frame: Frame) -> int:
        finished.append(frame.number)
        if frame.number == 4:
            raise OSError("disk")
        return frame.number

    with scene(folder) as shared:
        result = render(PLAN, shared, finish, workers=1)
        assert [next(result), next(result)] == [3, 9]
        with pytest.raises(OSError, match="disk"):
            next(result)
    assert 1 not in finished[:3]
