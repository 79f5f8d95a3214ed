# SPDX-License-Identifier: GPL-3.0-or-later
"""A network as a list of operations that can be rewritten: read, asked, and written again."""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ..errors import AvatarError, InputError, install_extra

if TYPE_CHECKING:
    from onnx import NodeProto

Shape = tuple[int, ...]


@dataclass
class Graph:
    """A network for a batch of one; rewriting changes it in place."""

    nodes: list[NodeProto]
    """In an order in which they can be computed."""
    weights: dict[str, NDArray[Any]]
    inputs: dict[str, Shape]
    outputs: tuple[str, ...]
    opsets: list[Any]
    shapes: dict[str, Shape] = field(default_factory=dict)
    """Of every value, as far as known; made anew by `settle`."""

    def producers(self) -> dict[str, NodeProto]:
        """The node that makes each value."""
        return {name: node for node in self.nodes for name in node.output}

    def uses(self) -> Counter[str]:
        """How often each value is read; the network's outputs count too."""
        return Counter([*self.outputs, *(name for node in self.nodes for name in node.input)])

    def settle(self) -> None:
        """After a rewrite: drop what nobody reads, put nodes in order, work out the shapes."""
        self._drop_unread()
        self._sort()
        self.shapes = self._infer()

    def save(self, path: Path) -> Path:
        """Write it as an .onnx file."""
        path.write_bytes(self._model().SerializeToString(deterministic=True))
        return path

    def part(self, nodes: Sequence[NodeProto], inputs: Sequence[str], outputs: Sequence[str]) -> Graph:
        """The network of some of the nodes."""
        shapes = {name: self.shapes[name] for name in inputs}
        graph = Graph(list(nodes), self.weights, shapes, tuple(outputs), self.opsets)
        graph.settle()
        return graph

    def _drop_unread(self) -> None:
        wanted = set(self.outputs)
        kept = []
        for node in reversed(self._sorted()):
            if wanted.intersection(node.output):
                kept.append(node)
                wanted.update(node.input)
        self.nodes = kept[::-1]
        self.weights = {name: array for name, array in self.weights.items() if name in wanted}

    def _sort(self) -> None:
        self.nodes = self._sorted()

    def _sorted(self) -> list[NodeProto]:
        """The nodes, each behind those that it needs; otherwise in the order that they have."""
        known = {"", *self.weights, *self.inputs}
        waiting, done = list(self.nodes), []
        while waiting:
            ready = [node for node in waiting if known.issuperset(node.input)]
            if not ready:
                raise ValueError("a graph that has no beginning")
            first = ready[0]
            waiting.remove(first)
            known.update(first.output)
            done.append(first)
        return done

    def _infer(self) -> dict[str, Shape]:
        import onnx

        inferred = onnx.shape_inference.infer_shapes(self._model(), strict_mode=True, data_prop=True).graph
        values = [*inferred.input, *inferred.value_info, *inferred.output]
        return {value.name: _dims(value) for value in values}

    def _model(self) -> Any:
        from onnx import TensorProto, helper, numpy_helper

        def values(names: Sequence[str], shapes: Mapping[str, Shape]) -> list[Any]:
            kind = TensorProto.FLOAT
            return [helper.make_tensor_value_info(name, kind, shapes.get(name)) for name in names]

        weights = [numpy_helper.from_array(array, name) for name, array in self.weights.items()]
        ends = values(list(self.inputs), self.inputs), values(self.outputs, self.shapes)
        graph = helper.make_graph(self.nodes, "generator", *ends, weights)
        return helper.make_model(graph, opset_imports=self.opsets, ir_version=8)


def read_graph(file: Path, inputs: Mapping[str, Shape]) -> Graph:
    """A network with all shapes fixed and whatever is constant computed.

    Args:
        file: An .onnx file.
        inputs: The shapes of its inputs, without the batch, which becomes 1.

    Raises:
        InputError: The package `onnx` is missing.
        AvatarError: The file is not a network.
    """
    try:
        import onnx
    except ImportError as error:
        what = "preparing a network needs the package onnx"
        raise InputError(what, str(file), install_extra("prepare")) from error
    fixed = {name: (1, *shape) for name, shape in inputs.items()}
    with tempfile.TemporaryDirectory(prefix="lipreel-") as folder:
        simple = Path(folder) / "simple.onnx"
        _simplify(file, fixed, simple)
        model = onnx.load(simple)
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    outputs = tuple(value.name for value in model.graph.output)
    used = {node.domain for node in model.graph.node}
    opsets = [opset for opset in model.opset_import if opset.domain in used | {""}]
    graph = Graph(list(model.graph.node), weights, fixed, outputs, opsets)
    graph.settle()
    return graph


def macs(graph: Graph, node: NodeProto) -> int:
    """Multiplications of a convolution; of anything else 0."""
    if node.op_type != "Conv":
        return 0
    return math.prod(graph.weights[node.input[1]].shape) * math.prod(graph.shapes[node.output[0]][2:])


def _simplify(file: Path, inputs: Mapping[str, Shape], target: Path) -> None:
    """Let onnxruntime do what it does for any machine: fold constants, merge normalisations."""
    import onnx
    import onnxruntime

    try:
        model = onnx.load(file)
    except Exception as error:  # protobuf's errors share no narrower class
        raise AvatarError("not a network that can be read", str(file)) from error
    for value in model.graph.input:
        for axis, size in zip(value.type.tensor_type.shape.dim, inputs[value.name], strict=True):
            axis.dim_value = size
    del model.graph.value_info[:]
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(target)
    options.log_severity_level = 4
    onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _dims(value: Any) -> Shape:
    return tuple(axis.dim_value for axis in value.type.tensor_type.shape.dim)
