# SPDX-License-Identifier: GPL-3.0-or-later
"""The widest images made a few channels at a time, so that a run never holds them whole.

A U-Net's last blocks widen images of the full size to many channels, treat each channel by itself and mix
them again. The mixing is a sum over channels, so it may be done part after part: the same work, a fraction
of the memory, and parts that a processor's cache can hold.
"""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from .graph import Graph
from .nodes import attribute, by_scales, copy, is_depthwise, is_pointwise, make_node, pointwise
from .rewrite import BLOCK

if TYPE_CHECKING:
    from onnx import NodeProto

MOST_AT_ONCE = 4 << 20
"""Floats in one value; with the network of the true size, half of this saves little more and is slower."""


def tiled(graph: Graph, most: int = MOST_AT_ONCE) -> Graph:
    """Conv1x1(f(x)) = Conv1x1(f(a)) + Conv1x1(f(b)), where f treats channels one by one and a, b are x's.

    Done where a value on the way holds more than `most` floats; the graph is changed and handed back.
    """
    producers, uses = graph.producers(), graph.uses()
    for mixing in list(graph.nodes):
        if not is_pointwise(graph, mixing):
            continue
        outputs, channels = graph.weights[mixing.input[1]].shape[:2]
        steps = _steps(graph, mixing.input[0], producers, uses)
        if not steps or 2 * outputs > channels:
            continue
        largest = max(math.prod(graph.shapes[step.output[0]]) for step in steps)
        if parts := _parts(channels, largest, most):
            _take_turns(graph, mixing, steps, parts)
    graph.settle()
    return graph


def _steps(
    graph: Graph, value: str, producers: dict[str, NodeProto], uses: dict[str, int]
) -> list[NodeProto]:
    """What makes `value` from the convolutions that widened it, in order; [] if that cannot be parted."""
    step = producers.get(value)
    if step is None or uses[value] > 1:
        return []
    if step.op_type == "Conv" and attribute(step, "group", 1) == 1 and step.input[1] in graph.weights:
        return [step]
    sources = {"Relu": 1, "Add": 2, "Resize": 1, "Conv": 1}.get(step.op_type, 0)
    if step.op_type == "Conv" and not is_depthwise(graph, step):
        return []
    if step.op_type == "Resize" and not by_scales(step):
        return []
    before = [_steps(graph, name, producers, uses) for name in step.input[:sources]]
    return [*chain.from_iterable(before), step] if before and all(before) else []


def _parts(channels: int, largest: int, most: int) -> list[slice]:
    """The parts of the channels, each a multiple of BLOCK; [] if that need not or cannot be."""
    widths = [width for width in range(BLOCK, channels, BLOCK) if channels % width == 0]
    if largest <= most or not widths:
        return []
    fitting = [width for width in widths if largest // channels * width <= most]
    width = max(fitting, default=widths[0])
    return [slice(first, first + width) for first in range(0, channels, width)]


def _take_turns(graph: Graph, mixing: NodeProto, steps: list[NodeProto], parts: list[slice]) -> None:
    """Put the parts of the steps, each mixed and added to those before, in the place of the whole."""
    new: list[NodeProto] = []
    output, weight = mixing.output[0], mixing.input[1]
    bias = list(mixing.input[2:])
    total = ""
    for number, part in enumerate(parts):
        own = f"_turn{number}"
        new += [_of_part(graph, step, {s.output[0] for s in steps}, part, own) for step in steps]
        graph.weights[f"{weight}{own}"] = np.ascontiguousarray(graph.weights[weight][:, part])
        mixed = f"{output}{own}_mixed"
        new.append(pointwise([f"{mixing.input[0]}{own}", f"{weight}{own}", *bias], mixed))
        bias = []  # once is enough
        if total:
            last = part is parts[-1]
            new.append(make_node("Add", [mixed, total], output if last else f"{output}{own}_total"))
        total = new[-1].output[0]
    place = graph.nodes.index(mixing)
    graph.nodes[place : place + 1] = new


def _of_part(graph: Graph, step: NodeProto, made: set[str], part: slice, own: str) -> NodeProto:
    """The step for a part of the channels; names of that part end in `own`."""
    twin = copy(step)
    twin.name = ""
    twin.output[0] += own
    for place, name in enumerate(step.input):
        if name in made:
            twin.input[place] = f"{name}{own}"
        elif step.op_type == "Conv" and place > 0:
            twin.input[place] = f"{name}{own}"
            graph.weights[f"{name}{own}"] = np.ascontiguousarray(graph.weights[name][part])
    for field in twin.attribute:
        if field.name == "group" and field.i > 1:
            field.i = part.stop - part.start
    return twin
