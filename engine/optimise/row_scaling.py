# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels scaled and shifted by what is computed from the sound, row of pixels by row of pixels.

Networks of integers hold the channels of a pixel next to one another. There a number for each channel is
applied to a handful of floats at a time, which takes longer than a convolution; repeated along a row of
pixels, it is applied to thousands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .graph import Graph
from .nodes import make_node

if TYPE_CHECKING:
    from onnx import NodeProto

_SCALING = ("Mul", "Add")


def scale_in_rows(graph: Graph) -> None:
    """Scale or shift images by numbers [1, c, 1, 1] as rows [1, h, w * c]; a Relu behind that, too."""
    done: set[str] = set()
    for node in list(graph.nodes):
        if node.output[0] in done or _scaled(graph, node) is None:
            continue
        steps = _steps(graph, node)
        done.update(step.output[0] for step in steps)
        _put_rows(graph, steps)
    graph.settle()


def _scaled(graph: Graph, node: NodeProto) -> int | None:
    """Which input of a node is an image whose channels the other one scales or shifts, if any."""
    if node.op_type not in _SCALING:
        return None
    shapes = [graph.shapes.get(name, ()) for name in node.input]
    for place, (picture, numbers) in enumerate((shapes, shapes[::-1])):
        if len(picture) == 4 and picture[2] > 1 and numbers == (1, picture[1], 1, 1):
            return place
    return None


def _steps(graph: Graph, first: NodeProto) -> list[NodeProto]:
    """The node and those behind it, as long as each treats its channels in the same manner."""
    steps = [first]
    while True:
        readers = [node for node in graph.nodes if steps[-1].output[0] in node.input]
        if len(readers) != 1 or steps[-1].output[0] in graph.outputs:
            return steps
        if readers[0].op_type != "Relu" and _scaled(graph, readers[0]) is None:
            return steps
        steps.append(readers[0])


def _put_rows(graph: Graph, steps: list[NodeProto]) -> None:
    """Put the same steps on rows in their place."""
    source = steps[0].input[_scaled(graph, steps[0]) or 0]
    _, channels, height, width = graph.shapes[source]
    name = f"{steps[-1].output[0]}_rows"
    whole = {"flat": [1, height, width * channels], "deep": [1, height, width, channels]}
    numbers = whole | {"pixel": [1, 1, channels], "times": [1, 1, width]}
    graph.weights.update((f"{name}_{key}", np.array(shape, np.int64)) for key, shape in numbers.items())
    new = [
        make_node("Transpose", [source], f"{name}_in", perm=[0, 2, 3, 1]),
        make_node("Reshape", [f"{name}_in", f"{name}_flat"], f"{name}_0"),
    ]
    for number, step in enumerate(steps):
        given = [f"{name}_{number}"]
        if step.op_type in _SCALING:
            other = step.input[1 - (_scaled(graph, step) or 0)]
            new.append(make_node("Reshape", [other, f"{name}_pixel"], f"{name}_{number}_pixel"))
            new.append(make_node("Tile", [f"{name}_{number}_pixel", f"{name}_times"], f"{name}_{number}_row"))
            given.append(f"{name}_{number}_row")
        new.append(make_node(step.op_type, given, f"{name}_{number + 1}"))
    new += [
        make_node("Reshape", [f"{name}_{len(steps)}", f"{name}_deep"], f"{name}_out"),
        make_node("Transpose", [f"{name}_out"], steps[-1].output[0], perm=[0, 3, 1, 2]),
    ]
    place = graph.nodes.index(steps[0])
    for step in steps:
        graph.nodes.remove(step)
    graph.nodes[place:place] = new
