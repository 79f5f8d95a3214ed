# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiny avatars for tests: a family's true interface, arithmetic done by hand, nothing to download."""

import hashlib
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

GENERATORS = {
    # family: (image input, its shape, sound input, its shape, output)
    "synctalk2d": ("input", (6, 320, 320), "audio", (32, 16, 16), "output"),
    "wav2lip": ("video_frames", (6, 96, 96), "mel_spectrogram", (1, 80, 16), "predicted_frames"),
    "mouth": ("input", (6, 320, 320), "mouth", (6,), "output"),
}

SQUARE_SIZE = 160


def make_avatar(
    folder: Path,
    family: str = "synctalk2d",
    *,
    count: int = 5,
    size: tuple[int, int] = (400, 300),
    images: str = "jpg",
    feather_px: float = 0,
    **paste: str,
) -> Path:
    """Make an avatar with `count` template frames of `size` (width, height) and return its folder.

    `images` is jpg, png or video; `paste` may name a silence and a colour_match, as TOML. Face square
    k lies at (100 + 3k, 60 + 2k) and has sides of SQUARE_SIZE.
    """
    (folder / "frames").mkdir(parents=True)
    for index in range(count):
        if images != "video":
            path = folder / "frames" / f"{index:04d}.{images}"
            path.write_bytes(cv2.imencode(path.suffix, picture(index, size))[1].tobytes())
    if images == "video":
        _write_video(folder / "template.avi", count, size)
    squares = [f"{100 + 3 * index},{60 + 2 * index},{SQUARE_SIZE}\n" for index in range(count)]
    (folder / "squares.csv").write_text("".join(squares))
    save_generator(folder / "generator.onnx", family)
    audio = '[audio]\nfront_end = "logmel80"'
    if family == "synctalk2d":
        save_encoder(folder / "audio_encoder.onnx")
        audio += '\nencoder = "audio_encoder.onnx"\nedge = "zeros"'
    if family == "mouth":
        audio = ""
    frames = f'frames = "frames/{{:04d}}.{images}"\nfirst = 0'
    if images == "video":
        frames = 'video = "template.avi"'
    more = "".join(f"{key} = {value}\n" for key, value in paste.items())
    (folder / "avatar.toml").write_text(f"""schema = 1
id = "tiny"
name = "Tiny"
licence = "CC0-1.0"

{audio}

[generator]
family = "{family}"
file = "generator.onnx"

[template]
fps = 25
{frames}
count = {count}
order = "pingpong"
squares = "squares.csv"

[paste]
feather_px = {feather_px}
{more}
[files]
""")
    rehash(folder)
    return folder


def edit(folder: Path, old: str, new: str) -> None:
    """Replace one piece of text in avatar.toml; it must be there."""
    path = folder / "avatar.toml"
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    path.write_text(text.replace(old, new), "utf-8")


def rehash(folder: Path) -> None:
    """Write the table [files] anew after a file was changed."""
    path = folder / "avatar.toml"
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file != path)
    lines = [
        f'"{file.relative_to(folder).as_posix()}" = "{hashlib.sha256(file.read_bytes()).hexdigest()}"\n'
        for file in files
    ]
    head = path.read_text("utf-8").partition("[files]\n")[0]
    path.write_text(head + "[files]\n" + "".join(lines), "utf-8")


def picture(index: int, size: tuple[int, int] = (400, 300)) -> NDArray[np.uint8]:
    """Template frame `index`: smooth ramps, another for each colour, that move with the index."""
    width, height = size
    x = np.linspace(0, 200, width)[None, :] + 8 * index
    y = np.linspace(0, 200, height)[:, None]
    colours = [x + 0 * y, y + 0 * x, (x + y) / 2]
    return np.stack(colours, axis=-1).astype(np.uint8)


def save_encoder(path: Path) -> None:
    """Write an encoder: emb[b, k] = sum over j of (mean of mel frame j) * ((j + k) % 7) / 64."""
    j, k = np.mgrid[0:16, 0:512]
    weights = (((j + k) % 7) / 64).astype(np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["mel"], ["means"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["means", "weights"], ["emb"]),
    ]
    save_network(path, nodes, {"mel": (1, 80, 16)}, {"emb": (512,)}, {"weights": weights})


def save_generator(
    path: Path,
    family: str = "synctalk2d",
    *,
    picture_shape: Sequence[int] | None = None,
    sound_shape: Sequence[int] | None = None,
    batch: int | str = "b",
    work: int = 0,
) -> None:
    """Write a generator: output = input[0:3]/2 + input[3:6]/4 + sigmoid(mean of the sound)/4, in 0 ... 1.

    `picture_shape` and `sound_shape` (without the batch) and a fixed `batch` make a wrong interface on
    purpose; `work` adds that many products of 512 x 512 matrices, which take time and change nothing.
    """
    image, true_image_shape, sound, true_sound_shape, output = GENERATORS[family]
    image_shape = tuple(picture_shape or true_image_shape)
    sound_shape = tuple(sound_shape or true_sound_shape)
    axes = list(range(1, 1 + len(sound_shape)))
    constants: dict[str, NDArray[Any]] = {
        "zero": np.array([0], np.int64),
        "three": np.array([3], np.int64),
        "six": np.array([6], np.int64),
        "colours": np.array([1], np.int64),
        "half": np.array(0.5, np.float32),
        "quarter": np.array(0.25, np.float32),
        "column": np.array([-1, 1, 1, 1], np.int64),
    }
    nodes = [
        helper.make_node("Slice", [image, "zero", "three", "colours"], ["first"]),
        helper.make_node("Slice", [image, "three", "six", "colours"], ["second"]),
        helper.make_node("ReduceMean", [sound], ["mean"], axes=axes, keepdims=0),
        helper.make_node("Sigmoid", ["mean"], ["level"]),
        helper.make_node("Reshape", ["level", "column"], ["levels"]),
        helper.make_node("Mul", ["first", "half"], ["a"]),
        helper.make_node("Mul", ["second", "quarter"], ["b"]),
        helper.make_node("Mul", ["levels", "quarter"], ["c0"]),
        *_busy_work(work, constants, "c0", "c"),
        helper.make_node("Add", ["a", "b"], ["ab"]),
        helper.make_node("Add", ["ab", "c"], [output]),
    ]
    inputs = {image: image_shape, sound: sound_shape}
    save_network(path, nodes, inputs, {output: (3, *image_shape[1:])}, constants, batch)


def _busy_work(
    count: int, constants: dict[str, NDArray[Any]], source: str, target: str
) -> list[onnx.NodeProto]:
    """Nodes that hand `source` [1, 1, 1, 1] on to `target` by way of `count` large products."""
    if not count:
        return [helper.make_node("Identity", [source], [target])]
    side = 512
    constants["grid"] = np.array([1, 1, side, side], np.int64)
    constants["average"] = np.full((side, side), 1 / side, np.float32)
    products = [
        helper.make_node("MatMul", [f"busy{index}", "average"], [f"busy{index + 1}"])
        for index in range(count)
    ]
    first = helper.make_node("Expand", [source, "grid"], ["busy0"])
    last = helper.make_node("ReduceMean", [f"busy{count}"], [target], axes=[2, 3], keepdims=1)
    return [first, *products, last]


def save_sound(path: Path, seconds: float, rate: int = 16000, seed: int = 0) -> Path:
    """Write a mono wav of 16 bits: a tone whose loudness and pitch wander, as those of speech do."""
    time = np.arange(round(seconds * rate)) / rate
    loudness = np.clip(np.sin(2 * np.pi * (1.3 + seed) * time), 0, 1)
    samples = 0.5 * loudness * np.sin(2 * np.pi * (150 + 40 * np.sin(3 * time)) * time)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def save_network(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: Mapping[str, tuple[int | str, ...]],
    outputs: Mapping[str, tuple[int | str, ...]],
    constants: dict[str, NDArray[Any]],
    batch: int | str = "b",
) -> None:
    """Write a network of these nodes; the shapes are without the batch."""

    def values(shapes: Mapping[str, tuple[int | str, ...]]) -> list[onnx.ValueInfoProto]:
        return [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *shape])
            for name, shape in shapes.items()
        ]

    weights = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, path.stem, values(inputs), values(outputs), weights)
    # Opset 17 is the oldest that the engine promises to read; IR version 8 belongs to it.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def _write_video(path: Path, count: int, size: tuple[int, int]) -> None:
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 25, size)
    for index in range(count):
        video.write(picture(index, size))
    video.release()
