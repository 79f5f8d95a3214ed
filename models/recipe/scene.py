# SPDX-License-Identifier: GPL-3.0-or-later
"""The character on its set, as a Blender scene (`bpy` module, Cycles)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import bpy
import numpy as np
from face import (
    RINGS_POCKET,
    FloatArray,
    Grid,
    Mouth,
    head,
    head_point,
    jaw_rotation,
    smoothstep,
)
from shapes import Colour, blob, flat_ring, globe, glow, grid_faces, mesh_object, move_vertices, tube, vinyl

WIDTH, HEIGHT = 1280, 720
PIXELS_PER_UNIT = 208.0
CAMERA_HEIGHT = -0.02
NECK = np.array([0.0, 0.22, -0.75])  # what the head turns about
LOWER_BACK = 0.09  # how far behind the upper teeth the lower ones stand

SKIN: Colour = (0.82, 0.40, 0.255)
BLUSH: Colour = (0.78, 0.20, 0.13)
LIPS: Colour = (0.56, 0.105, 0.095)
POCKET: Colour = (0.24, 0.018, 0.022)
TONGUE: Colour = (0.66, 0.12, 0.12)
TEETH: Colour = (0.90, 0.86, 0.78)
HAIR: Colour = (0.020, 0.075, 0.135)
SWEATER: Colour = (0.80, 0.40, 0.055)
COLLAR: Colour = (0.86, 0.78, 0.62)
WALL: Colour = (0.30, 0.56, 0.53)
IRIS: Colour = (0.10, 0.26, 0.13)


class Pose(NamedTuple):
    """Everything of a moment but the mouth. Angles in radians, blink 0 open .. 1 shut, breath -1..1."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    blink: float = 0.0
    look_x: float = 0.0
    look_z: float = 0.0
    brow: float = 0.0
    breath: float = 0.0


def head_material() -> Any:
    """Skin, blush, lips and the inside of the mouth, mixed by the colour that each vertex carries."""
    material = vinyl("Skin", SKIN, 0.44, 0.06)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = nodes["Principled BSDF"]
    paint = nodes.new("ShaderNodeAttribute")
    paint.attribute_name = "paint"
    links.new(paint.outputs["Color"], shader.inputs["Base Color"])
    links.new(paint.outputs["Alpha"], shader.inputs["Roughness"])
    return material


def head_paint(grid: Grid) -> FloatArray:
    """[rings, columns, 4]: colour, and roughness in place of alpha."""
    skin = np.array([*SKIN, 0.46])
    neutral = head(Mouth()).points
    x, z = neutral[..., 0], neutral[..., 2]
    front = smoothstep(0.0, -0.4, neutral[..., 1])
    blush = np.exp(-(((np.abs(x) - 0.52) / 0.19) ** 2) - ((z + 0.27) / 0.14) ** 2) * 0.55 * front
    blush = blush + 0.30 * np.exp(-((x / 0.14) ** 2) - ((z + 0.14) / 0.09) ** 2) * front
    paint = skin + (np.array([*BLUSH, 0.46]) - skin) * blush[..., None]
    paint = paint + (np.array([*LIPS, 0.30]) - paint) * grid.lip[..., None]
    return paint + (np.array([*POCKET, 0.55]) - paint) * grid.pocket[..., None]


def arch(x: FloatArray) -> FloatArray:
    """How far the row of teeth curves back at x."""
    return 0.9 * x**2 + 2.2 * x**4


class Character:
    """The head and what moves with it; `set` puts the whole into a pose with a mouth shape."""

    def __init__(self) -> None:
        neutral = head(Mouth())
        self.mouth_centre = neutral.points[RINGS_POCKET].mean(axis=0)
        self.root = bpy.data.objects.new("Head", None)
        bpy.context.scene.collection.objects.link(self.root)
        rings, columns = neutral.points.shape[:2]
        self.head = mesh_object(
            "Face", neutral.points, grid_faces(rings, columns), head_material(), self.root
        )
        paint = self.head.data.attributes.new("paint", "FLOAT_COLOR", "POINT")
        paint.data.foreach_set("color", head_paint(neutral).astype(np.float32).ravel())
        self._mouth()
        self._eyes()
        self._hair()
        self._ears()
        self._body()

    def _mouth(self) -> None:
        _, y0, z0 = self.mouth_centre
        enamel = vinyl("Teeth", TEETH, 0.22, 0.3)
        gum = vinyl("Gums", (0.45, 0.05, 0.06), 0.4, 0.2)
        tongue = vinyl("Tongue", TONGUE, 0.33, 0.25)
        self.jaw_parts: list[tuple[Any, FloatArray]] = []
        for side, top, size in ((1.0, z0 + 0.065, 0.088), (-1.0, z0 - 0.125, 0.066)):
            widths = [0.075, 0.066, 0.064, 0.060, 0.056] if side > 0 else [0.054, 0.054, 0.058, 0.056, 0.054]
            edge = 0.0
            for index, w in enumerate(widths):
                centre = edge + w / 2
                edge += w
                for mirror in (-1.0, 1.0):
                    tall = size * (1.0 - 0.04 * index - (0.06 if index == 1 and side > 0 else 0.0))
                    place = (
                        mirror * centre,
                        y0 + 0.105 + arch(np.array(centre)) + (LOWER_BACK if side < 0 else 0.0),
                        top + (size - tall) * side,
                    )
                    tooth = blob("Tooth", place, (w * 0.53, 0.035, tall), enamel, self.root, 0.55)
                    if side < 0:
                        self._keep(tooth)
            row = np.linspace(-0.30, 0.30, 40)
            path = np.stack(
                [
                    row,
                    y0 + 0.125 + arch(row) + (LOWER_BACK if side < 0 else 0.0),
                    np.full(40, top + side * size * 1.0),
                ],
                axis=1,
            )
            gums = tube("Gums", path, np.full(40, 0.045), gum, self.root)
            if side < 0:
                self._keep(gums)
        d = globe()
        self.tongue_rest = d * np.array([0.20, 0.28, 0.085]) + np.array([0.0, y0 + 0.42, z0 - 0.105])
        groove = np.exp(-((d[..., 0] / 0.22) ** 2)) * smoothstep(0.2, 0.9, d[..., 2])
        self.tongue_rest[..., 2] -= 0.022 * groove
        self.tongue_front = smoothstep(0.1, -0.95, d[..., 1])
        self.tongue = mesh_object(
            "Tongue", self.tongue_rest, grid_faces(*d.shape[:2])[:, ::-1], tongue, self.root
        )

    def _keep(self, thing: Any) -> None:
        """Remembers a part that goes with the jaw, as it is at rest."""
        points = np.empty(len(thing.data.vertices) * 3, dtype=np.float32)
        thing.data.vertices.foreach_get("co", points)
        self.jaw_parts.append((thing, points.reshape(-1, 3).astype(np.float64)))

    def _eyes(self) -> None:
        white = vinyl("Eye", (0.92, 0.91, 0.88), 0.12, 0.6)
        iris, pupil = vinyl("Iris", IRIS, 0.12, 1.0), vinyl("Pupil", (0.004, 0.004, 0.005), 0.06, 1.0)
        lid = vinyl("Lid", tuple(0.90 * c for c in SKIN), 0.46, 0.05)  # type: ignore[arg-type]  # three numbers
        hair = vinyl("Brow", HAIR, 0.45)
        self.eyes, self.lids, self.brows = [], [], []
        for mirror in (-1.0, 1.0):
            eye = bpy.data.objects.new("Eye", None)
            bpy.context.scene.collection.objects.link(eye)
            eye.parent = self.root
            eye.location = (mirror * 0.365, -0.665, 0.175)
            r = 0.225
            blob("Ball", (0, 0, 0), (r, r, r), white, eye)
            # iris and pupil are caps of slightly larger balls, cut by their own shape
            for name, size, depth, material in (
                ("Iris", 0.112, 0.203, iris),
                ("Pupil", 0.060, 0.2165, pupil),
            ):
                blob(name, (0.0, -depth, 0.0), (size, 0.028, size), material, eye)
            blob("Spark", (0.045, -0.238, 0.055), (0.022, 0.010, 0.022), glow("Spark"), eye)
            self.eyes.append(eye)
            for upper in (True, False):
                shell = self._lid(r * 1.07, upper, lid, hair if upper else None)
                shell.location = eye.location
                shell.parent = self.root
                self.lids.append((shell, upper, mirror))
            x = np.linspace(-1.0, 1.0, 32)
            path = np.stack(
                [mirror * (0.39 + 0.20 * x), np.zeros(32), 0.50 + 0.045 * (1 - x**2) - 0.02 * x], axis=1
            )
            path[:, 1] = [front_of(px, pz) - 0.015 for px, _, pz in path]
            radius = 0.042 * np.sqrt(np.clip(1.0 - np.abs(x) ** 3, 0.02, 1.0)) * (1.05 - 0.25 * x)
            self.brows.append((tube("Brow", path, radius, hair, self.root, 0.8), mirror))

    def _lid(self, radius: float, upper: bool, material: Any, lash: Any) -> Any:
        """Half a shell over the eye: the rim lies at z = 0 in front, and turning it about x shuts it."""
        a = np.linspace(0.0, math.pi, 40)[:, None]  # from the rim in front over the top to the back
        b = np.linspace(0.0, math.pi, 48)[None, :]  # ear to ear
        sign = 1.0 if upper else -1.0
        p = radius * np.stack(
            [np.cos(b) * np.ones_like(a), -np.sin(b) * np.cos(a), sign * np.sin(b) * np.sin(a)], -1
        )
        j, i = np.meshgrid(np.arange(47), np.arange(39))
        faces = np.stack([i * 48 + j, i * 48 + j + 1, (i + 1) * 48 + j + 1, (i + 1) * 48 + j], -1).reshape(
            -1, 4
        )
        shell = mesh_object("Lid", p, faces, material)
        solid = shell.modifiers.new("Thick", "SOLIDIFY")
        solid.thickness, solid.offset = 0.018, 1.0
        if lash is not None:
            b = np.linspace(0.12, math.pi - 0.12, 40)
            path = radius * 1.03 * np.stack([np.cos(b), -np.sin(b), np.zeros_like(b)], -1)
            tube("Lash", path, 0.017 * np.sqrt(np.clip(np.sin(b), 0.05, 1.0)), lash, shell)
        return shell

    def _hair(self) -> None:
        material = vinyl("Hair", HAIR, 0.36, 0.25)
        d = globe(260, 300)
        p = head_point(d)
        x, y, z = d[..., 0], d[..., 1], d[..., 2]
        # the hairline: across the forehead with a sweep to one side, down before the ears, low at the back
        frontal = np.clip(-y / np.maximum(np.hypot(x, y), 1e-6), -1, 1)
        line = np.where(frontal > 0, 0.60 + 0.08 * x - 0.075 * np.cos(6.5 * (x - 0.30)) * frontal, 0.0)
        line = np.where(
            frontal > 0, line * smoothstep(0.0, 0.62, frontal) - 0.10 * smoothstep(0.62, 0.0, frontal), -0.10
        )
        line = line - 0.40 * smoothstep(0.05, -0.6, frontal)
        inside = smoothstep(-0.035, 0.045, z - line)
        thick = (
            0.15
            + 0.10 * smoothstep(0.3, 1.0, z)
            + 0.03 * np.sin(9.0 * x + 3.0 * z - 2.0) * smoothstep(0.2, 0.9, z) * frontal.clip(0)
        )
        thick = thick + 0.022 * np.sin(26.0 * (x * 0.9 + 0.25 * z + 0.1 * x * z)) * smoothstep(0.35, 0.75, z)
        p = p * (1.0 + thick * inside - 0.10 * (1.0 - inside))[..., None]
        faces = grid_faces(*d.shape[:2])[:, ::-1]
        faces = faces[
            (inside.ravel()[faces] > 0.0).any(axis=1)
        ]  # nothing of it inside the head, where the mouth is
        mesh_object("Hair", p, faces, material, self.root)
        for at, r in (((0.10, 0.10, 1.36), (0.36, 0.34, 0.26)), ((-0.14, -0.02, 1.50), (0.20, 0.19, 0.17))):
            blob("Tuft", at, r, material, self.root, 1.0)

    def _ears(self) -> None:
        skin = vinyl("Ear", SKIN, 0.46, 0.05)
        inner = vinyl("Inner Ear", BLUSH, 0.5)
        for mirror in (-1.0, 1.0):
            blob("Ear", (mirror * 1.00, 0.06, -0.02), (0.15, 0.09, 0.225), skin, self.root)
            blob("Inner Ear", (mirror * 1.035, -0.025, -0.02), (0.075, 0.03, 0.13), inner, self.root)

    def _body(self) -> None:
        skin = vinyl("Neck", tuple(0.93 * c for c in SKIN), 0.5)  # type: ignore[arg-type]  # three numbers
        knit, collar = vinyl("Sweater", SWEATER, 0.62), vinyl("Collar", COLLAR, 0.6)
        z = np.linspace(-0.55, -1.75, 30)
        neck = np.stack([np.zeros(30), np.full(30, 0.20), z], 1)
        tube("Neck", neck, 0.36 + 0.04 * smoothstep(-1.2, -1.7, z), skin)
        self.body = bpy.data.objects.new("Body", None)
        bpy.context.scene.collection.objects.link(self.body)
        blob("Chest", (0, 0.34, -2.55), (1.62, 0.74, 1.26), knit, self.body, 0.80, slope_shoulders)
        a = np.linspace(0, 2 * math.pi, 65)
        for height, wide, thick, material in ((-1.475, 0.47, 0.125, collar), (-1.335, 0.435, 0.095, collar)):
            path = np.stack([wide * np.cos(a), 0.20 + wide * 0.92 * np.sin(a), np.full(65, height)], 1)
            flat_ring("Collar", path, thick, material, self.body)

    def set(self, pose: Pose, mouth: Mouth) -> None:
        """The whole character in a pose with a mouth shape."""
        grid = head(mouth)
        move_vertices(self.head, grid.points)
        jaw = mouth.jaw
        for part, rest in self.jaw_parts:
            # lips pressed over a low jaw must not show teeth: the teeth follow the lip half way
            move_vertices(part, jaw_rotation(rest, 0.92, jaw))
        tip = self.tongue_front[..., None]
        lifted = self.tongue_rest + tip * mouth.tongue * np.array([0.0, -0.17, 0.075 + 0.12 * jaw])
        lifted = lifted + (1.0 - tip) * np.array([0.0, 0.0, 0.03]) * jaw
        move_vertices(self.tongue, jaw_rotation(lifted, 0.78, jaw))
        self.root.rotation_euler = (pose.pitch, pose.roll, pose.yaw)
        turn = self.root.rotation_euler.to_matrix()
        self.root.location = (
            NECK - np.array(turn @ type(self.root.location)(NECK)) + [0, 0, 0.008 * pose.breath]
        )
        for eye in self.eyes:
            eye.rotation_euler = (pose.look_z, 0.0, pose.look_x)
        for lid, upper, _ in self.lids:
            open_angle, shut = (0.64, -0.16) if upper else (-0.62, -0.20)
            lid.rotation_euler = (-(open_angle + (shut - open_angle) * pose.blink) + 0.25 * pose.look_z, 0, 0)
        for brow, _ in self.brows:
            brow.location.z = 0.05 * pose.brow - 0.022 * pose.blink
        self.body.location.z = 0.016 * pose.breath
        self.body.scale = (1.0 + 0.006 * pose.breath,) * 3


def slope_shoulders(p: FloatArray) -> FloatArray:
    """The top of the chest falls away from the neck."""
    out = p.copy()
    out[..., 2] -= 0.22 * (np.abs(p[..., 0]) / 1.3) ** 2 * (p[..., 2] > 0)
    return out


def front_of(x: float, z: float) -> float:
    """Y of the face's front surface at (x, z)."""
    y = np.linspace(-1.3, 0.0, 400)
    d = np.stack([np.full_like(y, x), y, np.full_like(y, z)], axis=1)
    length = np.linalg.norm(d, axis=1)
    surface = np.linalg.norm(head_point(d / length[:, None]), axis=1)
    return float(y[int(np.argmax(surface >= length))])


def area_light(name: str, at: Sequence[float], size: float, power: float, colour: Colour) -> None:
    """A soft light that looks at the head."""
    light = bpy.data.lights.new(name, "AREA")
    light.size, light.energy, light.color = size, power, colour
    thing = bpy.data.objects.new(name, light)
    bpy.context.scene.collection.objects.link(thing)
    thing.location = at
    light.spread = math.radians(110.0)
    direction = type(thing.location)((0.0, 0.0, -0.2)) - thing.location
    thing.rotation_euler = direction.to_track_quat("-Z", "Y").to_euler()


def build(samples: int = 16, scale: float = 1.0) -> Character:
    """An empty file with the character, three lights, a wall and the camera."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = samples
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.use_denoising = True
    scene.cycles.denoiser = "OPENIMAGEDENOISE"
    scene.cycles.denoising_prefilter = "NONE"  # a quarter of the time, and no difference to be seen
    scene.cycles.use_light_tree = False
    scene.cycles.max_bounces = 4
    scene.cycles.caustics_reflective = scene.cycles.caustics_refractive = False
    scene.cycles.seed = 7
    scene.render.use_persistent_data = True
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.render.resolution_percentage = round(100 * scale)
    scene.view_settings.view_transform = "Standard"
    scene.view_settings.look = "None"
    scene.render.image_settings.file_format = "PNG"

    world = bpy.data.worlds.new("World")
    scene.world = world
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.55, 0.68, 0.75, 1.0)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.30

    area_light("Key", (-3.4, -4.6, 3.4), 3.2, 215.0, (1.0, 0.90, 0.78))
    area_light("Fill", (4.6, -4.0, 0.8), 4.0, 105.0, (0.75, 0.88, 1.0))
    area_light("Rim", (3.6, 1.6, 2.6), 1.6, 170.0, (1.0, 0.82, 0.66))

    wall = np.array([[-14.0, 3.4, -9.0], [14.0, 3.4, -9.0], [14.0, 3.4, 9.0], [-14.0, 3.4, 9.0]])
    mesh_object("Wall", wall, np.array([[0, 1, 2, 3]]), vinyl("Wall", WALL, 0.9))

    camera = bpy.data.cameras.new("Camera")
    thing = bpy.data.objects.new("Camera", camera)
    scene.collection.objects.link(thing)
    distance = 11.0
    thing.location, thing.rotation_euler = (0.0, -distance, CAMERA_HEIGHT), (math.pi / 2, 0.0, 0.0)
    camera.sensor_width = 36.0
    camera.lens = 36.0 * (distance - 0.6) * PIXELS_PER_UNIT / WIDTH
    scene.camera = thing
    return Character()
