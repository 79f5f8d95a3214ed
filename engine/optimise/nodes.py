# SPDX-License-Identifier: GPL-3.0-or-later
"""Single nodes of a graph: what they are, and new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .graph import Graph

if TYPE_CHECKING:
    from onnx import NodeProto


def is_pointwise(graph: Graph, node: NodeProto) -> bool:
    """Whether it is a plain convolution of each pixel by itself, with weights that are known."""
    if node.op_type != "Conv" or node.input[1] not in graph.weights:
        return False
    plain = attribute(node, "group", 1) == 1 and set(attribute(node, "strides", [1])) == {1}
    unpadded = not any(attribute(node, "pads", [0])) and attribute(node, "auto_pad", b"NOTSET") == b"NOTSET"
    return plain and unpadded and graph.weights[node.input[1]].shape[2:] == (1, 1)


def is_depthwise(graph: Graph, node: NodeProto) -> bool:
    """Whether it is a convolution of each channel by itself, with weights that are known."""
    if node.op_type != "Conv" or node.input[1] not in graph.weights:
        return False
    return bool(graph.weights[node.input[1]].shape[:2] == (attribute(node, "group", 1), 1))


def by_scales(resize: NodeProto) -> bool:
    """Whether it enlarges by factors and never looks beyond the image: then its weights sum to 1."""
    crops = attribute(resize, "coordinate_transformation_mode", b"") == b"tf_crop_and_resize"
    return len(resize.input) == 3 and not crops and not attribute(resize, "exclude_outside", 0)


def attribute(node: NodeProto, name: str, default: Any = None) -> Any:
    """The value of an attribute, or `default`."""
    from onnx import helper

    found = [field for field in node.attribute if field.name == name]
    return helper.get_attribute_value(found[0]) if found else default


def pointwise(inputs: list[str], output: str) -> NodeProto:
    """A new convolution of each pixel by itself."""
    return make_node("Conv", inputs, output, kernel_shape=[1, 1], strides=[1, 1], pads=[0, 0, 0, 0])


def make_node(kind: str, inputs: list[str], output: str, **attributes: Any) -> NodeProto:
    """A new node with one output."""
    from onnx import helper

    return helper.make_node(kind, inputs, [output], **attributes)


def copy(node: NodeProto) -> NodeProto:
    """A node of its own with the same contents."""
    twin = type(node)()
    twin.CopyFrom(node)
    return twin
