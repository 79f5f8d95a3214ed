# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the picture half of the network on drawn mouths. Resumable; see README.md.

python train_image.py WORK --steps 8000      WORK/image.pt; WORK must hold frames/, pictures/ and squares.csv
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from draw_geometry import FEATHER, INSET
from image_network import HEIGHT, LEFT, MARGIN, TOP, WIDTH, ImageNetwork
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

BATCH = 16
HELD_OUT = 40  # the last pictures are never trained on
REST_SHARE = 0.1  # of a batch: the mouth at rest is the template itself
MOVED = 12  # levels
JPEG_QUALITY = 92  # of the template frames, as export.py writes them


@dataclass(frozen=True)
class Pictures:
    """What is learnt from, as uint8 BGR windows of the face square."""

    templates: Tensor
    """[frames, 3, HEIGHT, WIDTH]"""
    targets: Tensor
    """[pictures, 3, HEIGHT, WIDTH]"""
    frames: NDArray[np.int64]
    """[pictures], the template frame of each"""
    mouths: Tensor
    """[pictures, 6] float32, 0..1"""
    weights: Tensor
    """[pictures, 1, HEIGHT, WIDTH] uint8: what an error counts, 5 where the mouth moves and 1 elsewhere"""


def window_of(frame: NDArray[np.uint8], square: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The network's window of a template frame, seen through the JPEG that the avatar will hold."""
    packed = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    x, y = square[0] + INSET + LEFT, square[1] + INSET + TOP
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR)[y : y + HEIGHT, x : x + WIDTH], np.uint8)


def load(work: Path) -> Pictures:
    """Everything drawn so far; a drawing that is still going on does no harm."""
    squares = np.loadtxt(work / "squares.csv", delimiter=",", dtype=np.int64)
    windows = [
        window_of(cv2.imread(str(work / "frames" / f"{i:04d}.png")), square)
        for i, square in enumerate(squares)
    ]
    table = np.load(work / "pictures.npz")
    numbers = [int(path.stem) for path in sorted((work / "pictures").glob("?????.png"))]
    targets = []
    for number in numbers:
        drawn = cv2.imread(str(work / "pictures" / f"{number:05d}.png")).astype(np.float32)
        height, width = drawn.shape[:2]
        x = np.minimum(np.arange(width), np.arange(width)[::-1])
        y = np.minimum(np.arange(height), np.arange(height)[::-1])
        share = np.clip(np.minimum(x[None, :], y[:, None]) / FEATHER, 0, 1)[..., None]
        target = windows[table["frames"][number]].astype(np.float32)
        part = target[MARGIN : MARGIN + height]
        target[MARGIN : MARGIN + height] = part + (drawn - part) * share
        targets.append(np.rint(target).astype(np.uint8))
    as_tensor = [
        torch.from_numpy(np.stack(images).transpose(0, 3, 1, 2).copy()) for images in (windows, targets)
    ]
    frames = table["frames"][numbers]
    moved = [moved_pixels(as_tensor[0][f], target) for f, target in zip(frames, as_tensor[1], strict=True)]
    weights = [1 + 4 * functional.max_pool2d(m[None].float(), 5, 1, 2) for m in moved]
    mouths = torch.from_numpy(table["mouths"][numbers])
    return Pictures(*as_tensor, frames, mouths, torch.stack(weights).to(torch.uint8))


def moved_pixels(template: Tensor, target: Tensor) -> Tensor:
    """Where the mouth changes the template: of uint8 [..., 3, h, w], bool [..., h, w]."""
    return (target.float() - template.float()).abs().amax(-3) > MOVED


def batch(pictures: Pictures, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Template, mouth, target and weight of a batch, images float32 0..1."""
    chosen = rng.integers(0, len(pictures.frames) - HELD_OUT, BATCH)
    template = _float(pictures.templates[pictures.frames[chosen]])
    target, mouth, weight = (
        _float(pictures.targets[chosen]),
        pictures.mouths[chosen].clone(),
        pictures.weights[chosen],
    )
    rest = torch.from_numpy(rng.random(BATCH) < REST_SHARE)
    target[rest], mouth[rest] = template[rest], 0.0
    return template, mouth, target, weight.float()


def _float(images: Tensor) -> Tensor:
    return images.to(memory_format=torch.channels_last).float() / 255


def loss_of(shown: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Mean absolute error of colours and of edges."""
    error = shown - target
    loss = (error.abs() * weight).mean()
    for axis in (2, 3):
        steps = weight.narrow(axis, 1, weight.shape[axis] - 1)
        loss = loss + 0.7 * (error.diff(dim=axis).abs() * steps).mean()
    return loss


@torch.no_grad()
def psnr(network: ImageNetwork, pictures: Pictures) -> tuple[float, float]:
    """PSNR in dB on the held-out pictures: of the window, and of the pixels that the mouth changes."""
    network.eval()
    chosen = np.arange(len(pictures.frames) - HELD_OUT, len(pictures.frames))
    template = pictures.templates[pictures.frames[chosen]].float() / 255
    target = pictures.targets[chosen].float() / 255
    shown = torch.cat(
        [network(t[None], m[None]) for t, m in zip(template, pictures.mouths[chosen], strict=True)]
    )
    error = (shown - target).square().mean(1)
    moved = moved_pixels(pictures.templates[pictures.frames[chosen]], pictures.targets[chosen])
    return -10 * math.log10(error.mean()), -10 * math.log10(error[moved].mean())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    args = parser.parse_args()
    torch.manual_seed(3)
    pictures = load(args.work)
    network = ImageNetwork().to(memory_format=torch.channels_last)
    average = copy.deepcopy(network)  # what is kept: the mean of the last few hundred steps
    optimiser = torch.optim.AdamW(network.parameters(), args.rate, weight_decay=1e-4)
    path, begin = args.work / "image.pt", 0
    if path.exists():
        state = torch.load(path, weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        begin = state["step"]
    print(f"{len(pictures.frames)} pictures, from step {begin}", flush=True)
    started, running = time.time(), 0.0
    for step in range(begin, args.steps):
        rate = (
            args.rate * min(1.0, (step + 1) / 200) * (0.5 + 0.5 * math.cos(math.pi * step / args.steps))
            + 1e-5
        )
        for group in optimiser.param_groups:
            group["lr"] = rate
        template, mouth, target, weight = batch(pictures, np.random.default_rng([5, step]))
        network.train()
        with torch.autocast("cpu", torch.bfloat16):
            shown = network(template, mouth)
        loss = loss_of(shown.float(), target, weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        running += (loss.item() - running) * (0.02 if step > begin else 1)
        keep = min(0.995, (1 + step) / (10 + step))
        for mean, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
            mean.lerp_(new, 1 - keep) if mean.is_floating_point() else mean.copy_(new)
        if (step + 1) % 250 == 0 or step + 1 == args.steps:
            whole, moved = psnr(average, pictures)
            seconds = time.time() - started
            print(
                f"step {step + 1}, {seconds:.0f} s: loss {running:.4f}, unseen {whole:.2f} dB ({moved:.2f})"
            )
            part = path.with_suffix(".part")
            torch.save(
                {
                    "network": network.state_dict(),
                    "average": average.state_dict(),
                    "step": step + 1,
                    "optimiser": optimiser.state_dict(),
                },
                part,
            )
            part.replace(path)


if __name__ == "__main__":
    main()
