# SPDX-License-Identifier: GPL-3.0-or-later
"""Squares that jitter: smoothed on request, without lag, by no more than two pixels."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from lipreel.engine.avatar.avatar_types import Square
from lipreel.engine.importing.import_plan import ImportOptions
from lipreel.engine.importing.importer import import_avatar
from lipreel.engine.importing.steady import MOST_PX, jitter, smoothed
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import images, packages, seeded, tiny
from lipreel.tests.helpers.documented import assert_before_and_after

COUNT = 48


def trembling(seed: int = 0, pace: float = 0.25) -> list[Square]:
    """A square that moves on slowly, with a pixel of chance."""
    chance = np.random.default_rng(seed).integers(-1, 2, (COUNT, 3))
    return [
        Square(round(100 + pace * k) + int(dx), 60 + int(dy), 160 + int(size))
        for k, (dx, dy, size) in enumerate(chance)
    ]


def test_half_the_tremble_and_no_lag() -> None:
    before = trembling()
    after = smoothed(before, (400, 300))
    assert jitter(after) < 0.5 * jitter(before)
    for a, b in zip(after, before, strict=True):
        assert max(abs(a.x - b.x), abs(a.y - b.y), abs(a.size - b.size)) <= MOST_PX
    true = 100 + 0.25 * np.arange(COUNT) + 80
    error = np.array([square.x + square.size / 2 for square in after]) - true
    assert abs(error.mean()) < 0.3
    assert np.abs(error).max() <= 1.25


def test_even_movements_and_the_edge_stay() -> None:
    even = [Square(10 + 3 * k, 20, 100) for k in range(30)]
    assert smoothed(even, (400, 300)) == tuple(even)
    assert jitter(even) == 0
    edge = [Square(0, 0, 100 - k % 2) for k in range(30)]
    assert all(square.x >= 0 and square.x + square.size <= 100 for square in smoothed(edge, (100, 100)))
    assert jitter(even[:2]) == 0


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images that do not move, landmarks that jitter, and a network that always draws the same."""
    folder = tmp_path_factory.mktemp("source") / "May"
    packages.save_pictures(folder / "full_body_img", [packages.face(0)] * COUNT, first=0)
    squares = [(square.x, square.y, square.size) for square in trembling(pace=0)]
    packages.save_landmarks(folder / "landmarks", squares)
    seeded.save_spot(folder / "net.onnx")
    seeded.save_encoder(folder / "ave.onnx")
    return folder


def spots(source: Path, out: Path, smooth: bool) -> tuple[float, tuple[str, ...]]:
    """How much the drawn spot jitters in the frames, in pixels a frame squared, and the import's notes."""
    options = ImportOptions(source / "net.onnx", source / "ave.onnx", smooth_squares=smooth)
    made = import_avatar(source, out / "avatar", options)
    sound = tiny.save_sound(out / "speech.wav", 1.5)
    generate(open_sound(sound), made.avatar, out / "frames", JobOptions(feather=0, silence="model"))
    middles = []
    for path in sorted((out / "frames").glob("*.png")):
        picture = images.read(path, cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        x, y, size = 100, 60, 160
        bright = picture[y + 30 : y + size - 30, x + 30 : x + size - 30].astype(float)
        ys, xs = np.mgrid[: bright.shape[0], : bright.shape[1]]
        middles.append(((xs * bright).sum() / bright.sum(), (ys * bright).sum() / bright.sum()))
    accelerations = np.diff(np.array(middles), 2, axis=0)
    return float(np.sqrt(np.square(accelerations).sum(axis=1).mean())), made.notes


def test_what_is_drawn_trembles_less(source: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    before, hint = spots(source, tmp_path / "a", smooth=False)
    after, told = spots(source, tmp_path / "b", smooth=True)
    assert before > 1
    assert after < 0.35 * before
    assert "--smooth-squares steadies them" in hint[0]
    assert "were smoothed" in told[0]
    assert_before_and_after(
        "Face squares jitter by a pixel",
        "acceleration of what is drawn, in pixels a frame squared (root mean square)",
        f"{before:.1f}",
        f"{after:.1f}",
        "`--smooth-squares`",
    )
