# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders such as other systems leave behind, of drawn faces and tiny networks."""

import hashlib
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from lipreel.tests.helpers import tiny
from numpy.typing import NDArray

NTSC = Fraction(30000, 1001)

SIDE = 160
SIZE = (400, 300)
"""Width and height of the images."""

Pixels = NDArray[np.uint8]

Box = tuple[int, int, int]
"""x, y and size of a face square."""


def square(index: int) -> Box:
    """Where face `index` is."""
    return 100 + 5 * index, 60 + 3 * index, SIDE


def face(index: int, size: tuple[int, int] = SIZE) -> Pixels:
    """Image `index`: a head with eyes, brows and a mouth before a wall that stays where it is."""
    width, height = size
    rng = np.random.default_rng(1)
    colours = rng.integers(90, 200, (9, 12, 3), np.uint8)
    wall = cv2.resize(colours, (width, height), interpolation=cv2.INTER_CUBIC)
    x, y, side = square(index)
    middle = (x + side // 2, y + side // 2)
    cv2.ellipse(wall, middle, (side // 2 - 8, side // 2 + 4), 0, 0, 360, (130, 160, 220), -1, cv2.LINE_AA)
    for eye in (x + side // 3, x + 2 * side // 3):
        cv2.circle(wall, (eye, y + side // 3), 9, (250, 250, 250), -1, cv2.LINE_AA)
        cv2.circle(wall, (eye, y + side // 3), 4, (60, 40, 20), -1, cv2.LINE_AA)
        cv2.line(wall, (eye - 12, y + side // 5), (eye + 12, y + side // 5), (40, 50, 70), 3, cv2.LINE_AA)
    mouth = (middle[0], y + 3 * side // 4)
    cv2.ellipse(wall, mouth, (24, 4 + index), 0, 0, 360, (50, 40, 150), -1, cv2.LINE_AA)
    return wall.astype(np.uint8)


def make_clone(
    folder: Path,
    *,
    pictures: Sequence[Pixels] | None = None,
    squares: Sequence[Box] | None = None,
    form: str = "images",
    crops: bool = True,
    landmarks: bool = True,
) -> Path:
    """A digital-clone package, of six drawn faces by default; `form` is images or videos.

    Its JSON files are as stale as real ones.
    """
    pictures = pictures or [face(index) for index in range(6)]
    squares = squares or [square(index) for index in range(len(pictures))]
    cut = [_crop(picture, box) for picture, box in zip(pictures, squares, strict=True)]
    (folder / "models").mkdir(parents=True)
    (folder / "cache").mkdir()
    tiny.save_generator(folder / "models" / "generator.onnx")
    tiny.save_encoder(folder / "models" / "audio_encoder.onnx")
    if form == "images":
        save_pictures(folder / "full_body_img", pictures, first=1)
        if crops:
            save_pictures(folder / "crops_328", cut, first=1)
        save_pictures(folder / "model_inputs", cut, first=1)  # drawn with another mask: never to be used
    else:
        save_video(folder / "full_body_video.mp4", pictures)
        if crops:
            save_video(folder / "crops_328_video.mp4", cut)
    if landmarks:
        save_landmarks(folder / "landmarks", squares)
    save_rectangles(folder, squares)
    write_config(folder)
    stale = {"frame_count": 523, "original_shape": [328, 328], "onnx": {"file": "checkpoint/best.onnx"}}
    for name in ("package_info.json", "dataset_manifest.json"):
        (folder / name).write_text(json.dumps(stale))
    return folder


def make_data_folder(folder: Path, *, count: int = 6) -> Path:
    """The data folder of SyncTalk_2D."""
    save_pictures(folder / "full_body_img", [face(index) for index in range(count)], first=0)
    save_landmarks(folder / "landmarks", [square(index) for index in range(count)])
    (folder / "aud.wav").write_bytes(b"")
    np.save(folder / "aud_ave.npy", np.zeros((count, 512), np.float32))
    return folder


def make_networks(folder: Path) -> tuple[Path, Path]:
    """A generator and an audio encoder of SyncTalk_2D."""
    folder.mkdir(parents=True, exist_ok=True)
    tiny.save_generator(folder / "net.onnx")
    tiny.save_encoder(folder / "ave.onnx")
    return folder / "net.onnx", folder / "ave.onnx"


def save_pictures(folder: Path, pictures: Sequence[Pixels], first: int) -> None:
    """Numbered JPEG files."""
    folder.mkdir(parents=True)
    for number, picture in enumerate(pictures, first):
        (folder / f"{number}.jpg").write_bytes(cv2.imencode(".jpg", picture)[1].tobytes())


def save_video(
    path: Path, pictures: Sequence[Pixels], rate: int | Fraction = 25, turned: int | None = None
) -> None:
    """H.264 as the packages have it, at a good quality; `turned` notes degrees clockwise."""
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w") as video:
        stream = video.add_stream("libx264", rate=rate, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in pictures:
            video.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        video.mux(stream.encode())
    if turned is not None:
        _turn(path, turned)


def _turn(path: Path, degrees: int) -> None:
    """Write a turn clockwise into the matrix of the video's track header (ISO 14496-12, 8.3.2)."""
    data = bytearray(path.read_bytes())
    header = data.index(b"tkhd") + 4
    sine, cosine = {90: (1, 0), -90: (-1, 0), 180: (0, -1)}[degrees]
    matrix = [cosine, sine, 0, -sine, cosine, 0, 0, 0]
    fixed = b"".join((value << 16).to_bytes(4, "big", signed=True) for value in matrix)
    data[header + 40 : header + 72] = fixed
    path.write_bytes(data)


def save_landmarks(folder: Path, squares: Sequence[Box]) -> None:
    """0.lms and so on: 110 points, three of which say where the square is."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(2)
    for index, (x, y, side) in enumerate(squares):
        points = rng.uniform([x, y], [x + side, y + side], (110, 2)).round(2)
        points[1, 0], points[31, 0], points[52, 1] = x + 0.75, x + side + 0.25, y + 0.9
        (folder / f"{index}.lms").write_text("".join(f"{px} {py}\n" for px, py in points.tolist()))


def save_rectangles(folder: Path, squares: Sequence[Box]) -> None:
    """cache/crop_rectangles.json, with the paths of another machine."""
    rectangles = {
        str(key): {
            "rect": [x, y, x + side, y + side],
            "image_path": f"/Users/someone/{key}.jpg",
        }
        for key, (x, y, side) in enumerate(squares)
    }
    (folder / "cache" / "crop_rectangles.json").write_text(json.dumps(rectangles))


def write_config(folder: Path) -> None:
    """onnx_dist_config.json with the hashes of the networks as they are."""
    parts = {}
    for part in ("generator", "audio_encoder"):
        file = f"models/{part}.onnx"
        digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        parts[part] = {"included": True, "file": file, "sha256": digest}
    (folder / "onnx_dist_config.json").write_text(json.dumps({"dataset": "drawn", **parts}))


def _crop(picture: Pixels, box: Box) -> Pixels:
    x, y, side = box
    crop = cv2.resize(picture[y : y + side, x : x + side], (328, 328), interpolation=cv2.INTER_CUBIC)
    return np.asarray(crop, np.uint8)
