# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the demo avatar: its template frames, and mouth pictures for training. Resumable; see README.md.

python draw.py templates WORK [--shard 0/2]           WORK/templates/0000.png …  and WORK/squares.csv
python draw.py pictures WORK --params P.npy --count N WORK/pictures/00000.png …  and WORK/pictures.csv
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path

import bpy
import cv2
import numpy as np
from bpy_extras.object_utils import world_to_camera_view
from draw_geometry import REGION, SQUARE
from face import Mouth
from numpy.typing import NDArray
from scene import HEIGHT, WIDTH, Character, Pose, build

FRAMES = 100
BLINK = (0.0, 0.35, 0.9, 1.0, 0.95, 0.75, 0.5, 0.28, 0.1, 0.0)
BLINKS_AT = (24, 71)


def pose_of(frame: int) -> Pose:
    """The pose of a template frame: cosines that stand still at both ends, where the ping-pong turns."""

    def wave(half_turns: int, amount: float) -> float:
        return amount * math.cos(math.pi * half_turns * frame / (FRAMES - 1))

    blink = max((BLINK[frame - at] for at in BLINKS_AT if 0 <= frame - at < len(BLINK)), default=0.0)
    glance = 0.11 * float(
        np.clip((frame - 70) / 3, 0, 1) - np.clip((frame - 25) / 3, 0, 1) * (frame < 70) * 0.8
    )
    return Pose(
        yaw=wave(1, 0.040) + wave(3, -0.022),
        pitch=wave(2, 0.016) + wave(5, 0.006),
        roll=wave(2, -0.014) + wave(3, 0.012),
        blink=blink,
        look_x=glance - wave(1, 0.030),
        look_z=0.0,
        brow=wave(3, 0.35) + 0.2,
        breath=wave(2, 1.0),
    )


def square_of(character: Character, frame: int) -> tuple[int, int, int]:
    """Face square (x, y, size) of a template frame, in pixels: it follows the head."""
    character.set(pose_of(frame), Mouth())
    bpy.context.view_layer.update()
    scene = bpy.context.scene
    anchor = character.root.matrix_world @ type(character.root.location)((0.0, -0.85, -0.80))
    seen = world_to_camera_view(scene, scene.camera, anchor)
    x, y = seen.x * WIDTH, (1.0 - seen.y) * HEIGHT
    return round(x) - SQUARE // 2, round(y) - SQUARE // 2, SQUARE


def render(path: Path, rect: tuple[int, int, int, int] | None) -> None:
    """Renders the frame, or x0 ≤ x < x1, y0 ≤ y < y1 of it, to a PNG that appears when it is whole."""
    settings = bpy.context.scene.render
    settings.use_border = settings.use_crop_to_border = rect is not None
    if rect is not None:
        x0, y0, x1, y1 = rect  # half a pixel in, so that rounding down finds the pixel
        settings.border_min_x, settings.border_max_x = (x0 + 0.5) / WIDTH, (x1 + 0.5) / WIDTH
        settings.border_min_y, settings.border_max_y = (
            (HEIGHT - y1 + 0.5) / HEIGHT,
            (HEIGHT - y0 + 0.5) / HEIGHT,
        )
    settings.filepath = str(path.with_suffix(".part.png"))
    bpy.ops.render.render(write_still=True)
    path.with_suffix(".part.png").replace(path)


def moving_part() -> tuple[int, int, int, int]:
    """The pixels of the frame that move: head and shoulders."""
    return 296, 0, 984, HEIGHT


def templates(work: Path, shard: tuple[int, int], samples: int) -> None:
    """All template frames: the still set once, the moving part for each."""
    folder = work / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    character = build(samples)
    lines = [",".join(map(str, square_of(character, i))) for i in range(FRAMES)]
    (work / "squares.csv").write_text("\n".join(lines) + "\n")
    still = folder / "still.png"
    if shard[0] == 0 and not still.exists():
        character.set(pose_of(0), Mouth())
        render(still, None)
    for i in range(FRAMES):
        part = folder / f"part_{i:04d}.png"
        if i % shard[1] == shard[0] and not part.exists():
            character.set(pose_of(i), Mouth())
            render(part, moving_part())


def join(work: Path) -> None:
    """Puts the moving parts on the still set, softly at their edges: WORK/frames/0000.png …"""
    still = cv2.imread(str(work / "templates" / "still.png")).astype(np.float32)
    x0, y0, x1, y1 = moving_part()
    ramp = np.clip(np.minimum(np.arange(x1 - x0), np.arange(x1 - x0)[::-1]) / 60.0, 0.0, 1.0)[None, :, None]
    (work / "frames").mkdir(exist_ok=True)
    for part in sorted((work / "templates").glob("part_????.png")):
        frame = still.copy()
        moving = cv2.imread(str(part)).astype(np.float32)
        # the ramp lies on the wall and the sleeves' ends; where the body crosses it the two agree to a pixel
        frame[y0:y1, x0:x1] = frame[y0:y1, x0:x1] * (1 - ramp) + moving * ramp
        cv2.imwrite(str(work / "frames" / part.name[5:]), np.rint(frame).astype(np.uint8))


def mouth_samples(params: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """[count, 6] mouth parameters: three quarters from speech, the rest anywhere: no corner stays unseen."""
    rng = np.random.default_rng(11)
    speech = params[rng.integers(0, len(params), count)]
    wild = rng.random((count, 6)) * (rng.random((count, 6)) < [0.85, 0.45, 0.45, 0.25, 0.25, 0.3])
    mix = np.where((rng.random(count) < 0.72)[:, None], speech, wild)
    return mix.astype(np.float32)


def pictures(work: Path, params: Path, count: int, shard: tuple[int, int], samples: int) -> None:
    """Mouth pictures at the poses of the template frames, and the table that says what each one shows."""
    folder = work / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    mouths = mouth_samples(np.load(params), count)
    frames = np.concatenate(
        [np.random.default_rng(k).permutation(FRAMES) for k in range(-(-count // FRAMES))]
    )[:count]
    np.savez(work / "pictures.npz", mouths=mouths, frames=frames)
    character = build(samples)
    squares = [square_of(character, i) for i in range(FRAMES)]
    for n in range(count):
        path = folder / f"{n:05d}.png"
        if n % shard[1] != shard[0] or path.exists():
            continue
        x, y, _ = squares[frames[n]]
        character.set(pose_of(int(frames[n])), Mouth(*map(float, mouths[n])))
        render(path, (x + REGION[0], y + REGION[1], x + REGION[2], y + REGION[3]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["templates", "join", "pictures"])
    parser.add_argument("work", type=Path)
    parser.add_argument("--params", type=Path, help="speech-like mouth parameters, float32 [n, 6]")
    parser.add_argument("--count", type=int, default=1400)
    parser.add_argument(
        "--samples", type=int, help="Cycles samples a pixel (8 for templates, 4 for pictures)"
    )
    parser.add_argument("--shard", default="0/1", help="this process's part of the work, as i/n")
    args = parser.parse_args()
    index, of = (int(v) for v in args.shard.split("/"))
    if args.what == "templates":
        templates(args.work, (index, of), args.samples or 8)
    elif args.what == "join":
        join(args.work)
    else:
        pictures(args.work, args.params, args.count, (index, of), args.samples or 4)
    sys.stdout.flush()
    os._exit(0)  # some releases of the module hang when the interpreter ends


if __name__ == "__main__":
    main()
