# SPDX-License-Identifier: GPL-3.0-or-later
"""The same function in fewer operations. Each rewrite is exact but for the rounding of floats.

All three are about 1x1 convolutions, which are linear in the channels of each pixel by itself: so they
may be merged, shared out over joined inputs, and done before pictures are enlarged instead of after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .graph import Graph

if TYPE_CHECKING:
    from onnx import NodeProto

BLOCK = 16
"""Channels that processors take at a time; numbers of channels that it divides need no rearranging."""


def optimise(graph: Graph) -> Graph:
    """Do all rewrites that save work; the graph is changed and handed back."""
    for rewrite in (share_out, enlarge_late, merge, fill_up):
        rewrite(graph)
        graph.settle()
    return graph


def share_out(graph: Graph) -> None:
    """Conv1x1(Concat(a, b)) = Conv1x1(a) + Conv1x1(b)."""
    producers, uses = graph.producers(), graph.uses()
    for node in list(graph.nodes):
        source = producers.get(node.input[0])
        joined = source is not None and source.op_type == "Concat" and uses[source.output[0]] == 1
        if source is None or not joined or not _is_pointwise(graph, node):
            continue
        if len(source.input) != 2 or _attribute(source, "axis") not in (1, -3):
            continue
        first = graph.shapes[source.input[0]][1]
        weight, output = graph.weights[node.input[1]], node.output[0]
        terms = []
        for number, part in enumerate((weight[:, :first], weight[:, first:])):
            name = f"{output}_term{number}"
            graph.weights[f"{name}_w"] = np.ascontiguousarray(part)
            bias = list(node.input[2:]) if number else []  # once is enough
            graph.nodes.append(_pointwise([source.input[number], f"{name}_w", *bias], name))
            terms.append(name)
        # The term that does not depend on enlarging goes first: onnxruntime adds the other to it in place.
        graph.nodes.append(_node("Add", terms[::-1], output))
        graph.nodes.remove(node)


def enlarge_late(graph: Graph) -> None:
    """Conv1x1(Resize(x)) = Resize(Conv1x1(x)), because a pixel's weights in the enlarging sum to 1."""
    producers, uses = graph.producers(), graph.uses()
    for node in list(graph.nodes):
        source = producers.get(node.input[0])
        if source is None or source.op_type != "Resize" or uses[source.output[0]] != 1:
            continue
        enlarges = graph.shapes[source.output[0]][2:] > graph.shapes[source.input[0]][2:]
        keeps_channels = graph.shapes[source.output[0]][:2] == graph.shapes[source.input[0]][:2]
        if not (_is_pointwise(graph, node) and enlarges and keeps_channels and _by_scales(source)):
            continue
        small = f"{node.output[0]}_small"
        graph.nodes.append(_pointwise([source.input[0], *node.input[1:]], small))
        late = _copy(source)
        late.input[0], late.output[0] = small, node.output[0]
        graph.nodes.append(late)
        graph.nodes.remove(node)


def merge(graph: Graph) -> None:
    """Conv1x1(Conv1x1(x)) = Conv1x1(x) where that is less work for the second."""
    producers = graph.producers()
    for node in list(graph.nodes):
        first = producers.get(node.input[0])
        if first is None or not (_is_pointwise(graph, node) and _is_pointwise(graph, first)):
            continue
        inner, outer = (graph.weights[conv.input[1]][:, :, 0, 0].astype(np.float64) for conv in (first, node))
        if inner.shape[1] >= inner.shape[0]:
            continue
        bias = np.zeros(len(outer))
        if len(node.input) > 2:
            bias += graph.weights[node.input[2]]
        if len(first.input) > 2:
            bias += outer @ graph.weights[first.input[2]]
        name = f"{node.output[0]}_merged"
        graph.weights[f"{name}_w"] = (outer @ inner).astype(np.float32)[:, :, None, None]
        graph.weights[f"{name}_b"] = bias.astype(np.float32)
        graph.nodes.append(_pointwise([first.input[0], f"{name}_w", f"{name}_b"], node.output[0]))
        graph.nodes.remove(node)


def fill_up(graph: Graph) -> None:
    """Give odd numbers of channels between convolutions zeros up to a multiple of BLOCK."""
    for node in list(graph.nodes):
        if node.op_type == "Conv" and _attribute(node, "group", 1) == 1:
            chain = _chain(graph, node)
            missing = -graph.weights[node.input[1]].shape[0] % BLOCK
            if chain and missing and graph.weights[node.input[1]].shape[0] > BLOCK // 2:
                _widen(graph, [node, *chain], missing)


def _chain(graph: Graph, first: NodeProto) -> list[NodeProto]:
    """What the channels of `first` go through, up to the convolutions that mix them; [] if anything else."""
    readers: list[NodeProto] = []
    names, found = [first.output[0]], []
    while names:
        name = names.pop()
        if name in graph.outputs:
            return []
        readers = [node for node in graph.nodes if name in node.input]
        for node in readers:
            ends = node.op_type == "Conv" and _attribute(node, "group", 1) == 1
            alone = node.op_type == "Conv" and graph.weights[node.input[1]].shape[:2] == (
                _attribute(node, "group", 1),
                1,
            )
            if not (ends or alone or node.op_type == "Relu"):
                return []
            found.append(node)
            if not ends:
                names.append(node.output[0])
    return found


def _widen(graph: Graph, nodes: list[NodeProto], missing: int) -> None:
    """More channels out of the first node, through the others, and into those that end the chain."""
    for number, node in enumerate(nodes):
        if node.op_type != "Conv":
            continue
        group = _attribute(node, "group", 1)
        ends = number > 0 and group == 1
        weight = node.input[1]
        graph.weights[f"{weight}_wide"] = _with_zeros(graph.weights[weight], 1 if ends else 0, missing)
        node.input[1] = f"{weight}_wide"
        if len(node.input) > 2 and not ends:
            graph.weights[f"{node.input[2]}_wide"] = _with_zeros(graph.weights[node.input[2]], 0, missing)
            node.input[2] = f"{node.input[2]}_wide"
        if group > 1:
            for attribute in node.attribute:
                if attribute.name == "group":
                    attribute.i = group + missing


def _with_zeros(array: Any, axis: int, missing: int) -> Any:
    return np.pad(array, [(0, missing if place == axis else 0) for place in range(array.ndim)])


def _is_pointwise(graph: Graph, node: NodeProto) -> bool:
    """Whether it is a plain convolution of each pixel by itself, with weights that are known."""
    if node.op_type != "Conv" or node.input[1] not in graph.weights:
        return False
    plain = _attribute(node, "group", 1) == 1 and set(_attribute(node, "strides", [1])) == {1}
    unpadded = not any(_attribute(node, "pads", [0])) and _attribute(node, "auto_pad", b"NOTSET") == b"NOTSET"
    return plain and unpadded and graph.weights[node.input[1]].shape[2:] == (1, 1)


def _by_scales(resize: NodeProto) -> bool:
    """Whether it enlarges by factors and never looks beyond the picture: then its weights sum to 1."""
    crops = _attribute(resize, "coordinate_transformation_mode", b"") == b"tf_crop_and_resize"
    return len(resize.input) == 3 and not crops and not _attribute(resize, "exclude_outside", 0)


def _attribute(node: NodeProto, name: str, default: Any = None) -> Any:
    from onnx import helper

    found = [attribute for attribute in node.attribute if attribute.name == name]
    return helper.get_attribute_value(found[0]) if found else default


def _pointwise(inputs: list[str], output: str) -> NodeProto:
    return _node("Conv", inputs, output, kernel_shape=[1, 1], strides=[1, 1], pads=[0, 0, 0, 0])


def _node(kind: str, inputs: list[str], output: str, **attributes: Any) -> NodeProto:
    from onnx import helper

    return helper.make_node(kind, inputs, [output], **attributes)


def _copy(node: NodeProto) -> NodeProto:
    twin = type(node)()
    twin.CopyFrom(node)
    return twin
