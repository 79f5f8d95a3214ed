# SPDX-License-Identifier: GPL-3.0-or-later
"""All that can be seen of the strips of a scene, as plain data: for tests with and without a window."""

from typing import Any

_NOT_LOOKED_AT = {"rna_type", "bl_rna", "fps", "elements"}


def all_strips(scene: Any) -> Any:
    """The strips of a scene and of its meta strips: called sequences before 4.4."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    return editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all


def facts(scene: Any) -> dict[str, dict[str, Any]]:
    """The properties of every strip, by the strips' names."""
    found = {}
    for strip in all_strips(scene):
        seen = _facts(strip)
        if strip.type == "IMAGE":
            seen["elements"] = [[each.filename, each.orig_width, each.orig_height] for each in strip.elements]
        seen["modifiers"] = [_facts(modifier) for modifier in strip.modifiers]
        seen["custom"] = {key: str(strip[key]) for key in strip.keys() if key != "lipreel"}  # noqa: SIM118
        found[strip.name] = seen
    return found


def keyframes(scene: Any) -> dict[str, list[list[float]]]:
    """The keyframes of a scene, by their data paths."""
    return {
        curve.data_path: [[float(point.co[0]), float(point.co[1])] for point in curve.keyframe_points]
        for curve in _curves(scene)
    }


def _curves(scene: Any) -> list[Any]:
    animation = scene.animation_data
    if animation is None or animation.action is None:
        return []
    action = animation.action
    if hasattr(action, "fcurves"):
        return list(action.fcurves)
    bags = [strip.channelbag(animation.action_slot) for layer in action.layers for strip in layer.strips]
    return [curve for bag in bags if bag is not None for curve in bag.fcurves]


def _facts(thing: Any, deep: int = 2) -> dict[str, Any]:
    """The properties of a strip, a transform, a crop, a modifier ..."""
    found: dict[str, Any] = {}
    for prop in thing.bl_rna.properties:
        name = prop.identifier
        if name in _NOT_LOOKED_AT or name.startswith("lipreel"):
            continue
        try:
            value = getattr(thing, name)
        except (AttributeError, RuntimeError):
            continue
        if prop.type in ("BOOLEAN", "INT", "FLOAT", "STRING", "ENUM"):
            if isinstance(value, set):
                value = sorted(value)
            found[name] = list(value) if getattr(prop, "is_array", False) else value
        elif prop.type == "POINTER" and value is not None and deep:
            named = getattr(value, "name", None)
            found[name] = named if isinstance(named, str) else _facts(value, deep - 1)
    return found
