# SPDX-License-Identifier: GPL-3.0-or-later
"""Materials and shapes that the character is put together from (`bpy` module)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import bpy
import numpy as np
from face import FloatArray

Colour = tuple[float, float, float]


def vinyl(name: str, colour: Colour, roughness: float = 0.42, coat: float = 0.0) -> Any:
    """A soft plastic. No subsurface light: it costs a third of the time and the toy looks the same."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour, 1.0)
    shader.inputs["Roughness"].default_value = roughness
    shader.inputs["Coat Weight"].default_value = coat
    shader.inputs["Coat Roughness"].default_value = 0.12
    return material


def glow(name: str) -> Any:
    """A small white light of the eye."""
    material = vinyl(name, (1.0, 1.0, 1.0), 0.3)
    material.node_tree.nodes["Principled BSDF"].inputs["Emission Color"].default_value = (1, 1, 1, 1)
    material.node_tree.nodes["Principled BSDF"].inputs["Emission Strength"].default_value = 1.2
    return material


def mesh_object(name: str, points: FloatArray, faces: Any, material: Any, parent: Any = None) -> Any:
    """A smooth-shaded object."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points.reshape(-1, 3).tolist(), [], faces.tolist())
    mesh.shade_smooth()
    mesh.materials.append(material)
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    thing.parent = parent
    return thing


def grid_faces(rings: int, columns: int) -> Any:
    """Quads of a grid that closes on itself along its columns."""
    i = np.arange(rings - 1)[:, None] * columns
    j = np.arange(columns)[None, :]
    k = (j + 1) % columns
    return np.stack([i + j, i + columns + j, i + columns + k, i + k], axis=-1).reshape(-1, 4)


def move_vertices(thing: Any, points: FloatArray) -> None:
    """New vertex places for an object whose mesh stays the same otherwise."""
    thing.data.vertices.foreach_set("co", np.ascontiguousarray(points, dtype=np.float32).ravel())
    thing.data.update()


def globe(rings: int = 48, columns: int = 64) -> FloatArray:
    """Unit directions of a sphere, poles along z, as a grid [rings, columns, 3]."""
    a = np.linspace(1e-3, math.pi - 1e-3, rings)[:, None]
    b = np.arange(columns)[None, :] * (2 * math.pi / columns)
    return np.stack([np.sin(a) * np.cos(b), np.sin(a) * np.sin(b), np.cos(a) * np.ones_like(b)], axis=-1)


def blob(
    name: str,
    centre: Sequence[float],
    radii: Sequence[float],
    material: Any,
    parent: Any = None,
    power: float = 1.0,
    shape: Callable[[FloatArray], FloatArray] | None = None,
) -> Any:
    """A (super)ellipsoid; power below 1 makes it boxy; shape bends its points before they are placed."""
    d = globe()
    p = np.sign(d) * np.abs(d) ** power * np.asarray(radii)
    p = p if shape is None else shape(p)
    return mesh_object(name, p + np.asarray(centre), grid_faces(*d.shape[:2])[:, ::-1], material, parent)


def tube(
    name: str, path: FloatArray, radius: FloatArray, material: Any, parent: Any = None, flat: float = 1.0
) -> Any:
    """A round bar along a path ([n, 3]) with a radius for each of its points; flat squeezes it in depth."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side = np.cross(tangent, [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    depth = np.cross(side, tangent)
    a = np.arange(24) * (2 * math.pi / 24)
    ring = side[:, None] * np.cos(a)[None, :, None] + depth[:, None] * np.sin(a)[None, :, None] * flat
    return mesh_object(
        name, path[:, None] + ring * radius[:, None, None], grid_faces(len(path), 24), material, parent
    )


def flat_ring(name: str, path: FloatArray, thick: float, material: Any, parent: Any) -> Any:
    """A closed bar in a horizontal plane."""
    out = path - path.mean(axis=0)
    out[:, 2] = 0
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    a = np.arange(24) * (2 * math.pi / 24)
    ring = out[:, None] * np.cos(a)[None, :, None] + np.array([0, 0, 1.0]) * np.sin(a)[None, :, None] * 0.8
    return mesh_object(name, path[:, None] + ring * thick, grid_faces(len(path), 24), material, parent)
