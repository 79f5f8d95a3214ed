# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiny avatars with a mouth: a drawn face that speaks in its template, and networks with faults."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from lipreel.tests.helpers import tiny
from numpy.typing import NDArray
from onnx import helper

SIZE = (400, 300)
SKIN, LIPS, INSIDE = (150, 175, 225), (90, 90, 190), (25, 15, 45)


def make_avatar(
    folder: Path, openings: Sequence[float], family: str = "synctalk2d", *, feather_px: float = 0
) -> Path:
    """An avatar whose template shows these openings of the mouth (0 ... 1), in png files.

    The head moves by the squares of `tiny`, so in the face square it stands still.
    """
    tiny.make_avatar(folder, family, count=len(openings), size=SIZE, images="png", feather_px=feather_px)
    for index, opening in enumerate(openings):
        cv2.imwrite(str(folder / "frames" / f"{index:04d}.png"), picture(index, opening))
    tiny.rehash(folder)
    return folder


def picture(index: int, opening: float) -> NDArray[np.uint8]:
    """Template frame `index`: a face over a grey wall, its mouth open that far."""
    frame = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
    left, top, side = 100 + 3 * index, 60 + 2 * index, tiny.SQUARE_SIZE
    cv2.ellipse(frame, (left + side // 2, top + side // 2), (side // 2, side * 3 // 4), 0, 0, 360, SKIN, -1)
    draw_mouth(frame, (left + side // 2, top + side * 5 // 8), side, opening)
    return frame


def draw_mouth(picture: NDArray[np.uint8], at: tuple[int, int], side: int, opening: float) -> None:
    """Lips in a face square of `side`, and between them the dark inside."""
    height = round(opening * side / 8)
    cv2.ellipse(picture, at, (side // 5, height + side // 40), 0, 0, 360, LIPS, -1)
    if height:
        cv2.ellipse(picture, at, (side // 6, height), 0, 0, 360, INSIDE, -1)


def save_restless_generator(path: Path, cast: tuple[float, float, float] = (0, 0, 0)) -> None:
    """Write a generator of synctalk2d whose mouth never shuts: output = face + opening * (inside - face).

    The opening is a fixed ellipse of opacity 0.8 + sigmoid(mean of the sound) / 5, so it is there in
    silence too; `cast` is a false colour (BGR, in 0 ... 1) of all that it draws.
    """
    side = 320
    shape = np.zeros((side, side, 3), np.uint8)
    draw_mouth(shape, (side // 2, side * 5 // 8), side, 1)
    opening = (shape == INSIDE).all(axis=2).astype(np.float32)
    colours = np.array(INSIDE, np.float32).reshape(1, 3, 1, 1) / 255
    constants = {
        "zero": np.array([0], np.int64),
        "three": np.array([3], np.int64),
        "colours": np.array([1], np.int64),
        "fifth": np.array(0.2, np.float32),
        "least": np.array(0.8, np.float32),
        "column": np.array([-1, 1, 1, 1], np.int64),
        "opening": opening[None, None],
        "inside": colours,
        "cast": np.array(cast, np.float32).reshape(1, 3, 1, 1),
        "black": np.array(0, np.float32),
        "white": np.array(1, np.float32),
    }
    nodes = [
        helper.make_node("Slice", ["input", "zero", "three", "colours"], ["face"]),
        helper.make_node("ReduceMean", ["audio"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Sigmoid", ["mean"], ["level"]),
        helper.make_node("Mul", ["level", "fifth"], ["more"]),
        helper.make_node("Add", ["more", "least"], ["opacities"]),
        helper.make_node("Reshape", ["opacities", "column"], ["opacity"]),
        helper.make_node("Mul", ["opening", "opacity"], ["share"]),
        helper.make_node("Sub", ["inside", "face"], ["towards"]),
        helper.make_node("Mul", ["towards", "share"], ["change"]),
        helper.make_node("Add", ["face", "change"], ["drawn"]),
        helper.make_node("Add", ["drawn", "cast"], ["bright"]),
        helper.make_node("Clip", ["bright", "black", "white"], ["output"]),
    ]
    tiny.save_network(
        path, nodes, {"input": (6, side, side), "audio": (32, 16, 16)}, {"output": (3, side, side)}, constants
    )
