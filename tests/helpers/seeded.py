# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiny networks with seeded weights in which every input matters: each plane, each row, each place in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

INTERFACES = {
    # family: (image input, its side, sound input, its shape, output)
    "synctalk2d": ("input", 320, "audio", (32, 16, 16), "output"),
    "ultralight": ("input", 160, "audio", (16, 32, 32), "output"),
    "ultralight-wenet": ("input", 160, "audio", (128, 16, 32), "output"),
    "wav2lip": ("video_frames", 96, "mel_spectrogram", (1, 80, 16), "predicted_frames"),
}
_GRID = 4  # the sound colours so many tiles a side


def save_generator(path: Path, family: str, seed: int = 0) -> Path:
    """Output = sigmoid(six planes mixed to three + tiles that the sound colours)."""
    picture, side, sound, shape, output = INTERFACES[family]
    random = np.random.default_rng(seed)
    size = int(np.prod(shape))
    weights: dict[str, NDArray[Any]] = {
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


def save_spot(path: Path) -> Path:
    """A generator of SyncTalk_2D that always draws a bright spot in the middle of a dark image."""
    y, x = np.mgrid[:320, :320] - 159.5
    weights: dict[str, NDArray[Any]] = {
        "spot": np.tile(np.clip(60 - np.hypot(x, y), 0, 1).astype(np.float32), (1, 3, 1, 1)),
        "nothing": np.zeros(1, np.float32),
    }
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["seen"], axes=[1, 2, 3]),
        helper.make_node("ReduceMean", ["audio"], ["heard"], axes=[1, 2, 3]),
        helper.make_node("Add", ["seen", "heard"], ["both"]),
        helper.make_node("Mul", ["both", "nothing"], ["none"]),
        helper.make_node("Add", ["none", "spot"], ["output"]),
    ]
    inputs = {"input": (6, 320, 320), "audio": (32, 16, 16)}
    return _save(path, nodes, inputs, {"output": (3, 320, 320)}, weights)


def save_encoder(path: Path, seed: int = 0) -> Path:
    """Emb = the 80 x 16 values of the window times a matrix."""
    weights: dict[str, NDArray[Any]] = {
        "matrix": (np.random.default_rng(seed).normal(0, 1, (1280, 512)) / 30).astype(np.float32)
    }
    nodes = [
        helper.make_node("Flatten", ["mel"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "matrix"], ["emb"]),
    ]
    return _save(path, nodes, {"mel": (1, 80, 16)}, {"emb": (512,)}, weights)


def save_hubert(path: Path, seed: int = 0) -> Path:
    """Rows = tanh(400 samples every 320 times a matrix + what all of the clip makes of itself).

    As in the true network a row depends on all of its clip, and names and axes are those of its export.
    """
    random = np.random.default_rng(seed)
    weights: dict[str, NDArray[Any]] = {
        "filters": (random.normal(0, 1, (1024, 1, 400)) / 20).astype(np.float32),
        "tint": (random.normal(0, 1, (1024, 1)) * 3).astype(np.float32),
        "one": np.array([1], np.int64),
    }
    nodes = [
        helper.make_node("Unsqueeze", ["input_values", "one"], ["channel"]),
        helper.make_node("Conv", ["channel", "filters"], ["seen"], strides=[320]),
        helper.make_node("Mul", ["input_values", "input_values"], ["power"]),
        helper.make_node("ReduceMean", ["power"], ["clip"], axes=[1], keepdims=1),
        helper.make_node("Unsqueeze", ["clip", "one"], ["whole"]),
        helper.make_node("Mul", ["whole", "tint"], ["tinted"]),
        helper.make_node("Add", ["seen", "tinted"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["bounded"]),
        helper.make_node("Transpose", ["bounded"], ["last_hidden_state"], perm=[0, 2, 1]),
    ]
    return _save(path, nodes, {"input_values": ("n",)}, {"last_hidden_state": ("t", 1024)}, weights)


def save_wenet(path: Path, seed: int = 0) -> Path:
    """Output = tanh(the 67 x 80 values of a chunk times a matrix), and what it does with its caches."""
    matrix = np.random.default_rng(seed).normal(0, 1, (67 * 80, 16 * 512)) / 700
    weights: dict[str, NDArray[Any]] = {
        "matrix": matrix.astype(np.float32),
        "shape": np.array([1, 16, 512], np.int64),
    }
    nodes = [
        helper.make_node("Flatten", ["chunk"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "matrix"], ["rows"]),
        helper.make_node("Reshape", ["rows", "shape"], ["seen"]),
        helper.make_node("ReduceSum", ["att_cache"], ["attended"], keepdims=0),
        helper.make_node("Add", ["seen", "attended"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["output"]),
        helper.make_node("Identity", ["cnn_cache"], ["r_cnn_cache"]),
        helper.make_node("Identity", ["offset"], ["r_offset"]),
    ]
    value, kinds = helper.make_tensor_value_info, TensorProto
    inputs = [
        value("chunk", kinds.FLOAT, [1, 1, 67, 80]),
        value("offset", kinds.INT64, [1]),
        value("att_cache", kinds.FLOAT, [3, 8, 16, 128]),
        value("cnn_cache", kinds.FLOAT, [3, 1, 512, 14]),
    ]
    outputs = [
        value("output", kinds.FLOAT, [1, 16, 512]),
        value("r_cnn_cache", kinds.FLOAT, [3, 1, 512, 14]),
        value("r_offset", kinds.INT64, [1]),
    ]
    constants = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "seeded", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def _save(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: Mapping[str, tuple[int | str, ...]],
    outputs: Mapping[str, tuple[int | str, ...]],
    weights: Mapping[str, NDArray[Any]],
) -> Path:
    def values(shapes: Mapping[str, tuple[int | str, ...]]) -> list[onnx.ValueInfoProto]:
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
