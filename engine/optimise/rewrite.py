# SPDX-License-Identifier: GPL-3.0-or-later
"""The same function in fewer operations. Each rewrite is exact but for the rounding of floats.

All three are about 1x1 convolutions, which are linear in the channels of each pixel by itself: so they
may be merged, shared out over joined inputs, and done before images are enlarged instead of after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .graph import Graph
from .nodes import attribute, by_scales, copy, is_depthwise, is_pointwise, make_node, pointwise

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
        if source is None or not joined or not is_pointwise(graph, node):
            continue
        if len(source.input) != 2 or attribute(source, "axis") not in (1, -3):
            continue
        first = graph.shapes[source.input[0]][1]
        weight, output = graph.weights[node.input[1]], node.output[0]
        terms = []
        for number, part in enumerate((weight[:, :first], weight[:, first:])):
            name = f"{output}_term{number}"
            graph.weights[f"{name}_w"] = np.ascontiguousarray(part)
            bias = list(node.input[2:]) if number else []  # once is enough
            graph.nodes.append(pointwise([source.input[number], f"{name}_w", *bias], name))
            terms.append(name)
        # The term that does not depend on enlarging goes first: onnxruntime adds the other to it in place.
        graph.nodes.append(make_node("Add", terms[::-1], output))
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
        if not (is_pointwise(graph, node) and enlarges and keeps_channels and by_scales(source)):
            continue
        small = f"{node.output[0]}_small"
        graph.nodes.append(pointwise([source.input[0], *node.input[1:]], small))
        late = copy(source)
        late.input[0], late.output[0] = small, node.output[0]
        graph.nodes.append(late)
        graph.nodes.remove(node)


def merge(graph: Graph) -> None:
    """Conv1x1(Conv1x1(x)) = Conv1x1(x) where that is less work for the second."""
    producers = graph.producers()
    for node in list(graph.nodes):
        first = producers.get(node.input[0])
        if first is None or not (is_pointwise(graph, node) and is_pointwise(graph, first)):
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
        graph.nodes.append(pointwise([first.input[0], f"{name}_w", f"{name}_b"], node.output[0]))
        graph.nodes.remove(node)


def fill_up(graph: Graph) -> None:
    """Give odd numbers of channels between convolutions zeros up to a multiple of BLOCK."""
    for node in list(graph.nodes):
        if node.op_type == "Conv" and attribute(node, "group", 1) == 1:
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
            ends = node.op_type == "Conv" and attribute(node, "group", 1) == 1
            if not (ends or is_depthwise(graph, node) or node.op_type == "Relu"):
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
        group = attribute(node, "group", 1)
        ends = number > 0 and group == 1
        weight = node.input[1]
        graph.weights[f"{weight}_wide"] = _with_zeros(graph.weights[weight], 1 if ends else 0, missing)
        node.input[1] = f"{weight}_wide"
        if len(node.input) > 2 and not ends:
            graph.weights[f"{node.input[2]}_wide"] = _with_zeros(graph.weights[node.input[2]], 0, missing)
            node.input[2] = f"{node.input[2]}_wide"
        if group > 1:
            for field in node.attribute:
                if field.name == "group":
                    field.i = group + missing


def _with_zeros(array: Any, axis: int, missing: int) -> Any:
    return np.pad(array, [(0, missing if place == axis else 0) for place in range(array.ndim)])
