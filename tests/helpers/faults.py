# SPDX-License-Identifier: GPL-3.0-or-later
"""Avatars whose network goes wrong at one template frame: real networks that really fail, no stand-ins."""

from pathlib import Path

import cv2
import numpy as np
import onnx
from lipreel.tests.helpers import tiny
from onnx import TensorProto, helper, numpy_helper

FAULTS = ("exception", "nan", "shape", "hang")

FRAME = 4
"""The first frame that goes wrong: the first to show the last template frame, the only white one."""

_WHITE_FROM = 0.45  # mean of the image input: about a half for white, a fifth for tiny's own images


def make_faulty_avatar(folder: Path, fault: str) -> Path:
    """A tiny avatar of five template frames, the last of them white, whose network has this fault there."""
    tiny.make_avatar(folder)
    white = np.full((300, 400, 3), 255, np.uint8)
    (folder / "frames" / "0004.jpg").write_bytes(cv2.imencode(".jpg", white)[1].tobytes())
    file = folder / "generator.onnx"
    graph = onnx.load(file).graph
    nodes = list(graph.node)
    nodes[-1].output[0] = "whole"  # what tiny's generator draws
    constants = {value.name: numpy_helper.to_array(value) for value in graph.initializer}
    constants |= {
        "white": np.array(_WHITE_FROM, np.float32),
        "one": np.array(1, np.float32),
        "side": np.array([320], np.int64),
        "rows": np.array([2], np.int64),
    }
    nodes += [
        helper.make_node("ReduceMean", ["input"], ["brightness"], keepdims=0),
        helper.make_node("Greater", ["brightness", "white"], ["found"]),
        helper.make_node("Cast", ["found"], ["gate"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["found"], ["step"], to=TensorProto.INT64),
        *_FAULTS[fault](constants),
    ]
    inputs = {"input": (6, 320, 320), "audio": (32, 16, 16)}
    tiny.save_network(file, nodes, inputs, {"output": (3, "h", "w")}, constants)
    tiny.rehash(folder)
    return folder


def _exception(constants: dict[str, np.ndarray]) -> list[onnx.NodeProto]:
    """The second of one number is asked for."""
    constants["numbers"] = np.array([0], np.float32)
    return [
        helper.make_node("Gather", ["numbers", "step"], ["nothing"]),
        helper.make_node("Add", ["whole", "nothing"], ["output"]),
    ]


def _nan(_constants: dict[str, np.ndarray]) -> list[onnx.NodeProto]:
    """Infinity less infinity."""
    return [
        helper.make_node("Sub", ["one", "gate"], ["rest"]),
        helper.make_node("Div", ["gate", "rest"], ["endless"]),
        helper.make_node("Sub", ["endless", "endless"], ["nothing"]),
        helper.make_node("Add", ["whole", "nothing"], ["output"]),
    ]


def _shape(_constants: dict[str, np.ndarray]) -> list[onnx.NodeProto]:
    """A row less."""
    return [
        helper.make_node("Sub", ["side", "step"], ["end"]),
        helper.make_node("Slice", ["whole", "zero", "end", "rows"], ["output"]),
    ]


def _hang(constants: dict[str, np.ndarray]) -> list[onnx.NodeProto]:
    """A loop of 2^40 rounds, which take weeks."""
    constants["rounds"] = np.array(2**40, np.int64)
    constants["yes"] = np.array(True)
    number = [helper.make_tensor_value_info(name, TensorProto.FLOAT, []) for name in ("x", "y")]
    state = [helper.make_tensor_value_info(name, TensorProto.BOOL, []) for name in ("on", "still")]
    count = helper.make_tensor_value_info("i", TensorProto.INT64, [])
    turn = [helper.make_node("Cos", ["x"], ["y"]), helper.make_node("Identity", ["on"], ["still"])]
    body = helper.make_graph(turn, "body", [count, state[0], number[0]], [state[1], number[1]])
    return [
        helper.make_node("Mul", ["rounds", "step"], ["trips"]),
        helper.make_node("Loop", ["trips", "yes", "gate"], ["end"], body=body),
        helper.make_node("Sub", ["end", "end"], ["nothing"]),
        helper.make_node("Add", ["whole", "nothing"], ["output"]),
    ]


_FAULTS = {"exception": _exception, "nan": _nan, "shape": _shape, "hang": _hang}
