# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of the true size and shape with random weights, for tests and measurements that need no character.

The same seed gives the same bytes. The layers are those of the published
networks, with each batch normalisation folded into its convolution, as exporters do. The weights keep the
signal's size from layer to layer, so images come out grey and noisy, but depend on every input.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
WIDTHS = (32, 64, 128, 256, 512)
"""Channels from the largest images of the U-Net to its bottleneck."""
EXPANSION = 2
"""How many times wider an inverted residual block is inside."""


def make_stand_in(path: Path, seed: int = 0) -> Path:
    """Write a generator of SyncTalk_2D: input [b,6,320,320], audio [b,32,16,16] → output [b,3,320,320].

    12.19 million parameters as trained (12.15 with the normalisations folded), 4.886 GMAC a frame, 49 MB.

    Returns:
        `path`.
    """
    net = _Builder(seed)
    narrow, *_, wide = WIDTHS
    levels = [net.block("input", 6, narrow)]
    for before, after in zip((narrow, *WIDTHS), WIDTHS, strict=False):
        levels.append(net.pair(levels[-1], before, after, stride=2))
    joined = net.node("Concat", [levels.pop(), _sound_branch(net)], axis=1)
    x = net.pair(net.pair(joined, 2 * wide, wide), wide, wide // 2)
    for channels, after in ((512, 128), (256, 64), (128, 32), (64, 32), (64, 16)):
        x = net.node("Concat", [net.upsample(x), levels.pop()], axis=1)
        x = net.pair(x, channels, after)
    x = net.conv(x, 16, 3, kernel=1, relu=False)
    net.node("Sigmoid", [x], output="output")
    inputs: dict[str, tuple[int, ...]] = {"input": (6, 320, 320), "audio": (32, 16, 16)}
    return net.save(path, "generator", inputs, {"output": (3, 320, 320)})


def make_encoder_stand_in(path: Path, seed: int = 0) -> Path:
    """Write an audio encoder: mel [b,1,80,16] → emb [b,512].

    2.81 million parameters, 0.093 GMAC a window, 11 MB.

    Returns:
        `path`.
    """
    net = _Builder(seed)
    x = "mel"
    for before, after, stride, residuals in (
        (1, 32, (1, 1), 2),
        (32, 64, (3, 1), 2),
        (64, 128, (3, 3), 2),
        (128, 256, (3, 2), 1),
    ):
        x = net.conv(x, before, after, stride=stride)
        for _ in range(residuals):
            x = net.node("Relu", [net.node("Add", [net.conv(x, after, after, relu=False), x])])
    x = net.conv(x, 256, 512, padding=0)
    x = net.conv(x, 512, 512, kernel=1)
    net.node("Flatten", [x], output="emb", axis=1)
    return net.save(path, "audio_encoder", {"mel": (1, 80, 16)}, {"emb": (512,)})


def _sound_branch(net: _Builder) -> str:
    """From 32x16x16 rows of the encoder to the 512x10x10 that join the image at its smallest."""
    x = net.block(net.block("audio", 32, 64), 64, 128)
    x = net.residual(net.conv(x, 128, 256), 256)
    x = net.conv(x, 256, 512, stride=(2, 2), padding=3)
    return net.residual(net.residual(x, 512), 512)


class _Builder:
    """A graph in the making; every method returns the name of its result."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        output = output or f"x{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def conv(
        self,
        x: str,
        before: int,
        after: int,
        *,
        kernel: int = 3,
        stride: tuple[int, int] = (1, 1),
        padding: int | None = None,
        groups: int = 1,
        relu: bool = True,
    ) -> str:
        """A convolution with a bias; with a ReLU behind it, weights of He, else of LeCun."""
        fan_in = before // groups * kernel * kernel
        spread = math.sqrt((2 if relu else 1) / fan_in)
        shape = (after, before // groups, kernel, kernel)
        weight = self._constant(self._random.normal(0, spread, shape))
        # Random signs of the bias keep the mean of the layers from growing to one side.
        bias = self._constant(self._random.normal(0, 0.05, after))
        pads = [kernel // 2 if padding is None else padding] * 4
        x = self.node(
            "Conv", [x, weight, bias], kernel_shape=[kernel] * 2, strides=stride, pads=pads, group=groups
        )
        return self.node("Relu", [x]) if relu else x

    def block(self, x: str, before: int, after: int, stride: int = 1) -> str:
        """An inverted residual without its sum: widen, convolve each channel by itself, narrow."""
        wide = before * EXPANSION
        y = self.conv(x, before, wide, kernel=1)
        y = self.conv(y, wide, wide, stride=(stride, stride), groups=wide)
        return self.conv(y, wide, after, kernel=1, relu=False)

    def residual(self, x: str, channels: int) -> str:
        """An inverted residual that is added to what it was given."""
        return self.node("Add", [x, self.block(x, channels, channels)])

    def pair(self, x: str, before: int, after: int, stride: int = 1) -> str:
        """Two blocks; the second is added to what it was given."""
        return self.residual(self.block(x, before, after, stride), after)

    def upsample(self, x: str) -> str:
        """Twice the size, bilinear, corners on corners."""
        scales = self._constant(np.array([1, 1, 2, 2]))
        return self.node(
            "Resize", [x, "", scales], mode="linear", coordinate_transformation_mode="align_corners"
        )

    def save(
        self, path: Path, name: str, inputs: dict[str, tuple[int, ...]], outputs: dict[str, tuple[int, ...]]
    ) -> Path:
        def values(shapes: dict[str, tuple[int, ...]]) -> list[onnx.ValueInfoProto]:
            return [
                helper.make_tensor_value_info(key, TensorProto.FLOAT, ["b", *shape])
                for key, shape in shapes.items()
            ]

        graph = helper.make_graph(self._nodes, name, values(inputs), values(outputs), self._weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        path.write_bytes(model.SerializeToString(deterministic=True))
        return path

    def _constant(self, values: NDArray[Any]) -> str:
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name
