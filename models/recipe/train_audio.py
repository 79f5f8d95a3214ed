# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the sound half of the network.

    python train_audio.py WORK [--steps 8000] [--name audio]

Reads WORK/scenes, writes WORK/<name>.pt now and then and at the end; a second start goes on from there.
"""

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from audio_network import WINDOW, AudioEncoder, AudioHead
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from visemes import BITE, JAW, PRESS

FPS = 25
"""Rows a second of the contract."""
CHUNK_ROWS, CHUNK_MEL = 64, 224
"""Rows of a training example, and mel frames enough for them."""
BEFORE, AFTER = 9, 6
"""Frame i looks at rows i-9 to i+6."""
BATCH, RATE, DECAY = 32, 2e-3, 0.02
SAVE_EVERY = 250
LEAST = -4.0
"""The log-mel of silence."""
WEIGHTS = (2.0, 1.0, 1.0, 1.5, 1.0, 0.5)
"""Of the channels, in the order of visemes.CHANNELS."""


@dataclass(frozen=True)
class Scenes:
    """All training sounds, in memory."""

    mel: NDArray[np.float16]
    """[s, t, 80]."""
    mouth: NDArray[np.float16]
    """[s, n, 6] at 100 Hz."""

    @classmethod
    def load(cls, folder: Path) -> "Scenes":
        """Every shard of a folder."""
        shards = [np.load(path) for path in sorted(folder.glob("????.npz"))]
        return cls(np.concatenate([s["mel"] for s in shards]), np.concatenate([s["mouth"] for s in shards]))


@dataclass(frozen=True)
class Batch:
    """Stretches of rows, and the mouth at every moment that has all 16 of its own."""

    mel: Tensor
    """[b, 1, 80, CHUNK_MEL]."""
    starts: Tensor
    """Where each row's window begins in it, [b, CHUNK_ROWS]."""
    present: Tensor
    """0 for the rows beyond the ends of the sound, which are zeros: [b, CHUNK_ROWS, 1]."""
    mouth: Tensor
    """[b, CHUNK_ROWS - 15, 6]."""


def draw(scenes: Scenes, rng: np.random.Generator) -> Batch:
    """A random batch: any scene, any moment (not the multiples of 1/25 s only), both ends too."""
    frames = scenes.mel.shape[1]
    rows = int((frames - WINDOW) / 80 * FPS) + 2
    # Each stretch comes twice, a part of a row apart: the second half of the batch is the first, moved.
    index = np.tile(rng.integers(0, len(scenes.mel), BATCH // 2), 2)
    first = np.tile(rng.integers(-BEFORE, rows + AFTER - CHUNK_ROWS, BATCH // 2), 2)
    moment = (first + rng.random(BATCH))[:, None] + np.arange(CHUNK_ROWS)
    row = np.floor(moment).astype(int)
    # The list has one copy of its first row in front and of its last row behind; beyond them it is zeros.
    start = np.where(row < 0, 0, np.floor(moment * 16 / 5)).astype(int)
    start = np.where(row >= rows, int((rows - 1) * 16 / 5), start).clip(0, frames - WINDOW)
    base = start[:, 0].clip(0, frames - CHUNK_MEL)
    mel = scenes.mel[index[:, None], base[:, None] + np.arange(CHUNK_MEL)].astype(np.float32)
    mel = other_voices(mel, rng)
    centres = moment[:, BEFORE : CHUNK_ROWS - AFTER] / FPS
    return Batch(
        torch.from_numpy(mel).transpose(1, 2)[:, None],
        torch.from_numpy(start - base[:, None]),
        torch.from_numpy(((row >= -1) & (row <= rows)).astype(np.float32))[..., None],
        torch.from_numpy(_mouth_at(scenes.mouth, index, centres)),
    )


def other_voices(mel: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Throats and microphones that nobody recorded, for log-mels [b, t, 80].

    Formants move up or down by a tenth or two, the spectrum is bent, and for every second one a band is lost.
    """
    count, _, bands = mel.shape
    band = np.arange(bands)
    place = band * rng.uniform(0.88, 1.12, (count, 1)) + rng.uniform(-3, 3, (count, 1))
    place = place.clip(0, bands - 1.001)
    low = place.astype(int)
    part = (place - low).astype(np.float32)[:, None]
    row = np.arange(count)[:, None]
    moved = mel.transpose(0, 2, 1)  # [b, 80, t]
    moved = moved[row, low] * (1 - part.transpose(0, 2, 1)) + moved[row, low + 1] * part.transpose(0, 2, 1)
    moved = moved.transpose(0, 2, 1)
    waves = np.cos(np.pi * np.arange(1, 6)[:, None] * band / bands)
    bent = moved + (rng.normal(0, 0.2, (count, 5)) @ waves).astype(np.float32)[:, None]
    first, width = (
        rng.integers(0, bands, (count, 1)),
        rng.integers(0, 10, (count, 1)) * rng.integers(0, 2, (count, 1)),
    )
    lost = (band >= first) & (band < first + width)
    silent = (moved <= LEAST + 0.01) | lost[:, None]
    return np.where(silent, LEAST, bent).clip(LEAST, -LEAST).astype(np.float32)


def _mouth_at(
    mouth: NDArray[np.float16], index: NDArray[np.int64], seconds: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The mouth between its samples: [b, m, 6] at the moments `seconds` [b, m] of the scenes `index` [b]."""
    place = (seconds * 100).clip(0, mouth.shape[1] - 1.001)
    low = place.astype(int)
    part = (place - low)[..., None]
    mixed = mouth[index[:, None], low] * (1 - part) + mouth[index[:, None], low + 1] * part
    return mixed.astype(np.float32)


class AudioNetwork(nn.Module):
    """Encoder and head, as they are trained: all windows of a stretch of sound at once."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = AudioEncoder()
        self.head = AudioHead()

    def forward(self, batch: Batch) -> Tensor:
        """The mouth before the cut to 0..1: [b, CHUNK_ROWS - 15, 6]."""
        rows = self.encoder.rows(self.encoder.features(batch.mel), batch.starts)
        return self.head.stretched(rows * batch.present)


def loss(stretched: Tensor, mouth: Tensor) -> Tensor:
    """How wrong a mouth looks: its channels, its opening, its movement; above all a mouth not shut."""
    # Beyond 0 and 1 there is nothing to see, hence nothing to mend.
    shown = torch.where(mouth <= 0, stretched.clamp(min=0), stretched)
    shown = torch.where(mouth >= 1, shown.clamp(max=1), shown)
    error = shown - mouth
    weight = torch.tensor(WEIGHTS) * (1 + (mouth.amax(-1, keepdim=True) == 0).float())
    # A closure that is missed is seen at once; one too many, or one too long, is not.
    weight = weight * (1 + 2 * (error < 0) * torch.eye(len(WEIGHTS))[PRESS])
    channels = (weight * (error.abs() + 2 * error.square())).mean()
    movement = (torch.tensor(WEIGHTS) * error.diff(dim=1).abs()).mean()
    # At 30 or 60 frames a second windows fall differently on every frame; the mouth must not tremble.
    earlier, later = error.chunk(2)
    tremble = (torch.tensor(WEIGHTS) * (later - earlier).abs()).mean()
    opened = (_opening(shown) - _opening(mouth)).abs().mean()
    return channels + 2 * opened + 0.5 * movement + tremble


def _opening(mouth: Tensor) -> Tensor:
    """visemes.opening, for tensors."""
    return mouth[..., JAW] * (1 - mouth[..., PRESS]) * (1 - 0.8 * mouth[..., BITE])


def train(work: Path, name: str, steps: int) -> None:
    """Takes all the steps that the checkpoint has not taken yet."""
    torch.manual_seed(0)
    scenes = Scenes.load(work / "scenes")
    network = AudioNetwork()
    average = AveragedModel(network, avg_fn=_averaged, use_buffers=True)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    checkpoint, done = work / f"{name}.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        done = state["step"]

    began, losses = time.monotonic(), []
    for step in range(done, steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / 200) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
        batch = draw(scenes, np.random.default_rng([step, 7]))
        with torch.autocast("cpu", torch.bfloat16):
            stretched = network(batch)
        wrong = loss(stretched.float(), batch.mouth)
        optimizer.zero_grad(set_to_none=True)
        wrong.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        average.update_parameters(network)
        losses.append(wrong.item())
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == steps:
            pace = (time.monotonic() - began) / len(losses)
            mean = np.mean(losses[-SAVE_EVERY:])
            print(f"step {step + 1}: loss {mean:.4f}, {pace:.2f} s a step", flush=True)
            _save(checkpoint, step + 1, network, average, optimizer)


def _averaged(old: Tensor, new: Tensor, count: Tensor | int) -> Tensor:
    """A running average over the last tenth of the steps, at most the last thousand."""
    if not old.is_floating_point():
        return new.clone()
    return torch.lerp(old, new, max(0.001, 1 / (1 + 0.1 * float(count))))


def _save(
    path: Path, step: int, network: AudioNetwork, average: AveragedModel, optimizer: torch.optim.Optimizer
) -> None:
    """Writes a checkpoint: the averaged weights to be used, and all that is needed to go on."""
    draft = path.with_suffix(".part")
    torch.save(
        {
            "encoder": average.module.encoder.state_dict(),
            "head": average.module.head.state_dict(),
            "step": step,
            "network": network.state_dict(),
            "average": average.state_dict(),
            "optimizer": optimizer.state_dict(),
        },
        draft,
    )
    draft.replace(path)


def main() -> None:
    """Trains, or goes on training."""
    parser = argparse.ArgumentParser(description="Trains the sound half of the network.")
    parser.add_argument("work", type=Path)
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--name", default="audio")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    train(options.work, options.name, options.steps)


if __name__ == "__main__":
    main()
