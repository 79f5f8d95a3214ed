# SPDX-License-Identifier: GPL-3.0-or-later
"""A network in two: what does not depend on the sound, and the rest."""

import math
from dataclasses import dataclass
from typing import Any

from .graph import Graph, macs

LEAST_SHARE = 0.1
"""Of a network's work, below which a half of its own does not pay."""


MOST_HANDED = 4 << 20
"""Floats in a value that one half hands to the other; more costs as much as to make them."""


@dataclass(frozen=True, eq=False)
class Halves:
    """Two networks that are one when the outputs of the first are given to the second."""

    template: Graph
    sound: Graph


def split(graph: Graph, sound: str) -> Halves | None:
    """Cut a network at what depends on its input `sound`; None if too little of it does not."""
    hearing = {sound}
    deaf = []
    for node in graph.nodes:
        if hearing.intersection(node.input):
            hearing.update(node.output)
        else:
            deaf.append(node)
    work = sum(macs(graph, node) for node in graph.nodes)
    if not work or sum(macs(graph, node) for node in deaf) < LEAST_SHARE * work:
        return None
    hearing.update(_made_twice_as_well(graph, deaf, hearing))
    deaf = [node for node in deaf if not hearing.intersection(node.output)]
    rest = [node for node in graph.nodes if hearing.intersection(node.output)]
    made = {name for node in deaf for name in node.output}
    heard = {name for node in rest for name in node.input}
    between = sorted(made & heard)
    pictures = sorted((graph.inputs.keys() - {sound}) & heard)
    template = graph.part(deaf, [name for name in graph.inputs if name != sound], between)
    return Halves(template, graph.part(rest, [*pictures, *between, sound], graph.outputs))


def _made_twice_as_well(graph: Graph, deaf: list[Any], hearing: set[str]) -> set[str]:
    """Values that the second half makes itself, because they are larger than what they are made from."""
    heard = {name for node in graph.nodes if hearing.intersection(node.output) for name in node.input}
    moved = set()
    for node in deaf:
        name = node.output[0]
        given = [math.prod(graph.shapes[value]) for value in node.input if value not in graph.weights]
        if name in heard and math.prod(graph.shapes[name]) > max(MOST_HANDED, *given):
            moved.add(name)
    return moved
