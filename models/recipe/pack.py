# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts what was trained at the mouth: a network that hears, and one that draws the mouth it is told.

python pack.py NETWORKS ../speech ../demo

NETWORKS holds the audio_encoder.onnx and generator.onnx of export.py. Of the encoder and the first part of
the generator it makes speech.onnx: log-mel in, six mouth parameters out, 80 a second, for any length. What is
left of the generator takes the six parameters. Weights are carried over; nothing is trained.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
from draw_geometry import FEATHER
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.utils import Extractor

OPSET = 17
CUT = "/head/Clip_output_0"
"""The six parameters inside of the generator."""

ROWS = np.array([16 * k // 5 for k in range(-9, 7)], np.int64)
"""Mel frames from a moment to the 16 windows that its mouth is heard in: 1/25 s apart, as in training."""

# Savitzky-Golay over five values: what is left of the grain between two mel frames, less a third, and no
# closing of the lips is lost.
SMOOTH = np.array([-3, 12, 17, 12, -3], np.float32) / 35

SPEECH_TOML = """\
schema = 1
id = "speech"
version = "{version}"
licence = "CC0-1.0"

# Mel frames that the network hears before and behind a moment.
before = {before}
behind = {behind}

[files]
"speech.onnx" = "{sha256}"
"""

AVATAR_TOML = """\
schema = 1
id = "demo"
name = "Mina"
licence = "CC0-1.0"

[generator]
family = "mouth"
file = "generator.onnx"

[template]
fps = 25
frames = "frames/{{:04d}}.jpg"
first = 0
count = {count}
order = "pingpong"
start = 0
squares = "squares.csv"

[paste]
feather_px = {feather}

[files]
{files}"""


def weights_of(path: Path) -> dict[str, NDArray[np.float32]]:
    """Weights and biases of a network's convolutions and matrices, in order: 0w, 0b, 1w ..."""
    graph = onnx.load(path).graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    layers = [node for node in graph.node if node.op_type in ("Conv", "Gemm")]
    found = {}
    for place, node in enumerate(layers):
        found |= {f"{place}w": arrays[node.input[1]], f"{place}b": arrays[node.input[2]]}
    return found


def compose(encoder: Path, generator: Path) -> onnx.ModelProto:
    """The network that hears: mel [1, 1, 80, t] and inside [1, 1, t - 15] to mouth [t - 67, 6].

    `inside` is 1 for the windows that the sound has, by their first mel frames; for others, rows of zeros are
    heard, as in training. Value k is the mouth at the moment of mel frame k + 31.
    """
    heard, head = weights_of(encoder), weights_of(generator)
    # The row of a window and the head's first layer are two matrices in a row: one does.
    matrix = head["0w"][:, :, 0].astype(np.float64)
    rows = (matrix @ heard["3w"].astype(np.float64)).reshape(-1, heard["2w"].shape[0], 4)
    extra = len(SMOOTH) - 1
    constants: dict[str, NDArray[np.generic]] = {
        "four": np.array(4, np.float32),
        "bands": np.array([1, heard["1w"].shape[1], -1], np.int64),
        "rows": rows.astype(np.float32),
        "rows_bias": (matrix @ heard["3b"].astype(np.float64)).astype(np.float32),
        "head_bias": head["0b"].reshape(1, -1, 1),
        "places": (ROWS - ROWS[0])[None],
        "span": np.array(ROWS[-1] - ROWS[0], np.int64),
        "stretch": np.array(1.2, np.float32),
        "below": np.array(0.1, np.float32),
        "zero": np.array(0, np.float32),
        "one": np.array(1, np.float32),
        "i0": np.array(0, np.int64),
        "i1": np.array(1, np.int64),
        "axis_0": np.array([0], np.int64),
        "axis_1": np.array([1], np.int64),
        "axis_2": np.array([2], np.int64),
        "length": np.array(2, np.int64),
        "smooth": np.tile(SMOOTH, (6, 1, 1)),
    }
    for name, source in (("picture", heard), ("time_0", heard), ("time_1", heard)):
        place = ("picture", "time_0", "time_1").index(name)
        constants |= {name: source[f"{place}w"], f"{name}_bias": source[f"{place}b"]}
    for place in range(1, 5):
        constants |= {f"head_{place}": head[f"{place}w"], f"head_{place}_bias": head[f"{place}b"]}

    nodes = [
        helper.make_node("Div", ["mel", "four"], ["scaled"]),
        *_layer("picture", "scaled", "drawn", kernel_shape=[8, 3], strides=[4, 1], pads=[2, 0, 2, 0]),
        helper.make_node("Reshape", ["drawn", "bands"], ["flat"]),
        *_layer("time_0", "flat", "early", kernel_shape=[3]),
        *_layer("time_1", "early", "features", kernel_shape=[3]),
        helper.make_node("Conv", ["features", "rows", "rows_bias"], ["all"], kernel_shape=[4], dilations=[3]),
        helper.make_node("Mul", ["all", "inside"], ["there"]),
        helper.make_node("Add", ["there", "head_bias"], ["biased"]),
        helper.make_node("Relu", ["biased"], ["heard"]),
        # The 16 windows of each moment, side by side: [moments, channels, 16].
        helper.make_node("Shape", ["heard"], ["shape"]),
        helper.make_node("Gather", ["shape", "length"], ["windows"]),
        helper.make_node("Sub", ["windows", "span"], ["moments"]),
        helper.make_node("Range", ["i0", "moments", "i1"], ["firsts"]),
        helper.make_node("Unsqueeze", ["firsts", "axis_1"], ["first"]),
        helper.make_node("Add", ["first", "places"], ["taken"]),
        helper.make_node("Gather", ["heard", "taken"], ["one_batch"], axis=2),
        helper.make_node("Squeeze", ["one_batch", "axis_0"], ["by_channel"]),
        helper.make_node("Transpose", ["by_channel"], ["by_moment"], perm=[1, 0, 2]),
        *_layer("head_1", "by_moment", "first_layer", kernel_shape=[3]),
        *_layer("head_2", "first_layer", "second_layer", kernel_shape=[3]),
        *_layer("head_3", "second_layer", "third_layer", kernel_shape=[head["3w"].shape[2]]),
        helper.make_node("Conv", ["third_layer", "head_4", "head_4_bias"], ["logits"], kernel_shape=[1]),
        helper.make_node("Sigmoid", ["logits"], ["soft"]),
        helper.make_node("Mul", ["soft", "stretch"], ["wide"]),
        helper.make_node("Sub", ["wide", "below"], ["lowered"]),
        helper.make_node("Clip", ["lowered", "zero", "one"], ["grainy"]),
        # Smoothed in time: [moments, 6, 1] to [1, 6, moments] and back.
        helper.make_node("Transpose", ["grainy"], ["in_time"], perm=[2, 1, 0]),
        helper.make_node("Conv", ["in_time", "smooth"], ["smoothed"], kernel_shape=[extra + 1], group=6),
        helper.make_node("Transpose", ["smoothed"], ["back"], perm=[2, 1, 0]),
        helper.make_node("Squeeze", ["back", "axis_2"], ["values"]),
        helper.make_node("Clip", ["values", "zero", "one"], ["mouth"]),
    ]
    inputs = [("mel", [1, 1, 80, "t"]), ("inside", [1, 1, "windows_in"])]
    graph = helper.make_graph(
        nodes,
        "speech",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs],
        [helper.make_tensor_value_info("mouth", TensorProto.FLOAT, ["n", 6])],
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def _layer(name: str, source: str, target: str, **attributes: object) -> list[onnx.NodeProto]:
    given = [source, name, f"{name}_bias"]
    return [
        helper.make_node("Conv", given, [f"{name}_sum"], **attributes),
        helper.make_node("Relu", [f"{name}_sum"], [target]),
    ]


def drawing(generator: Path) -> onnx.ModelProto:
    """What is left of the generator: input [b, 6, 320, 320] and mouth [b, 6] to output [b, 3, 320, 320]."""
    model = Extractor(onnx.load(generator)).extract_model(["input", CUT], ["output"])
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            if name == CUT:
                node.input[place] = "mouth"
    for value in model.graph.input:
        if value.name == CUT:
            value.CopyFrom(helper.make_tensor_value_info("mouth", TensorProto.FLOAT, ["b", 6]))
    onnx.checker.check_model(model)
    return model


def write_avatar(folder: Path) -> None:
    """Writes avatar.toml with the hash of every file that a job opens."""
    frames = sorted((folder / "frames").glob("*.jpg"))
    used = [folder / "generator.onnx", folder / "squares.csv", *frames]
    lines = [f'"{path.relative_to(folder).as_posix()}" = "{_sha256(path)}"\n' for path in used]
    toml = AVATAR_TOML.format(count=len(frames), feather=FEATHER, files="".join(lines))
    (folder / "avatar.toml").write_text(toml)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("networks", type=Path)
    parser.add_argument("speech", type=Path)
    parser.add_argument("avatar", type=Path)
    parser.add_argument("--version", default="1")
    args = parser.parse_args()
    encoder, generator = args.networks / "audio_encoder.onnx", args.networks / "generator.onnx"
    hearing, draws = compose(encoder, generator), drawing(generator)
    args.speech.mkdir(parents=True, exist_ok=True)
    onnx.save(hearing, args.speech / "speech.onnx")
    onnx.save(draws, args.avatar / "generator.onnx")
    edge = len(SMOOTH) // 2
    window = 15  # mel frames behind the first of a window
    toml = SPEECH_TOML.format(
        version=args.version,
        before=-ROWS[0] + edge,
        behind=ROWS[-1] + edge + window,
        sha256=_sha256(args.speech / "speech.onnx"),
    )
    (args.speech / "speech.toml").write_text(toml)
    write_avatar(args.avatar)


if __name__ == "__main__":
    main()
