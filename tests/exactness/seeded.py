# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiny networks with seeded weights in which every input matters: each plane, each row, each place in it."""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

INTERFACES = {
    # family: (picture input, its side, sound input, its shape, output)
    "synctalk2d": ("input", 320, "audio", (32, 16, 16), "output"),
    "ultralight": ("input", 160, "audio", (16, 32, 32), "output"),
    "wav2lip": ("video_frames", 96, "mel_spectrogram", (1, 80, 16), "predicted_frames"),
}
_GRID = 4  # the sound colours so many tiles a side


def save_generator(path: Path, family: str, seed: int = 0) -> Path:
    """Output = sigmoid(six planes mixed to three + tiles that the sound colours)."""
    picture, side, sound, shape, output = INTERFACES[family]
    random = np.random.default_rng(seed)
    size = int(np.prod(shape))
    weights = {
        "mix": random.normal(0, 1.5, (3, 6, 3, 3)).astype(np.float32) / 3,
        "bias": random.normal(0, 0.5, 3).astype(np.float32),
        "colours": (random.normal(0, 1, (size, 3 * _GRID**2)) / np.sqrt(size)).astype(np.float32),
        "tiles": np.array([-1, 3, _GRID, _GRID], np.int64),
        "scales": np.array([1, 1, side / _GRID, side / _GRID], np.float32),
    }
    nodes = [
        helper.make_node("Conv", [picture, "mix", "bias"], ["mixed"], pads=[1, 1, 1, 1]),
        helper.make_node("Flatten", [sound], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "colours"], ["coloured"]),
        helper.make_node("Reshape", ["coloured", "tiles"], ["small"]),
        helper.make_node("Resize", ["small", "", "scales"], ["large"], mode="nearest"),
        helper.make_node("Add", ["mixed", "large"], ["sum"]),
        helper.make_node("Sigmoid", ["sum"], [output]),
    ]
    inputs = {picture: (6, side, side), sound: shape}
    return _save(path, nodes, inputs, {output: (3, side, side)}, weights)


def save_encoder(path: Path, seed: int = 0) -> Path:
    """Emb = the 80 x 16 values of the window times a matrix."""
    weights = {"matrix": (np.random.default_rng(seed).normal(0, 1, (1280, 512)) / 30).astype(np.float32)}
    nodes = [
        helper.make_node("Flatten", ["mel"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "matrix"], ["emb"]),
    ]
    return _save(path, nodes, {"mel": (1, 80, 16)}, {"emb": (512,)}, weights)


def _save(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: dict[str, tuple[int, ...]],
    outputs: dict[str, tuple[int, ...]],
    weights: dict[str, NDArray],
) -> Path:
    def values(shapes: dict[str, tuple[int, ...]]) -> list[onnx.ValueInfoProto]:
        return [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["b", *shape])
            for name, shape in shapes.items()
        ]

    constants = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "seeded", values(inputs), values(outputs), constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path
