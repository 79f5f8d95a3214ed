# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports what was drawn and trained; pack.py makes an avatar of it. See README.md.

python export.py WORK ../demo WORK/networks        from WORK/frames, squares.csv, audio.pt and image.pt
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import onnx
import torch
from audio_network import load_audio
from image_network import HEIGHT, LEFT, TOP, WIDTH, ImageNetwork
from onnxsim import simplify
from torch import Tensor, nn

JPEG_QUALITY = 92
OPSET = 17
HALF_LEVEL = 0.5 / 255  # the family truncates to whole levels: this makes it round


class Generator(nn.Module):
    """The family's generator: input [b,6,320,320], audio [b,32,16,16] → output [b,3,320,320]."""

    def __init__(self, head: nn.Module, image: ImageNetwork) -> None:
        super().__init__()
        self.head, self.image = head, image

    def forward(self, picture: Tensor, audio: Tensor) -> Tensor:
        """Paints the window in which the mouth moves and leaves the rest of the template as it is."""
        template = picture[:, :3]
        rows = template[:, :, TOP : TOP + HEIGHT]
        window = self.image(rows[:, :, :, LEFT : LEFT + WIDTH], self.head(audio))
        rows = torch.cat([rows[:, :, :, :LEFT], window, rows[:, :, :, LEFT + WIDTH :]], dim=3)
        output = torch.cat([template[:, :, :TOP], rows, template[:, :, TOP + HEIGHT :]], dim=2)
        return (output + HALF_LEVEL).clamp(0, 1)


def to_onnx(network: nn.Module, inputs: dict[str, tuple[int, ...]], output: str, path: Path) -> None:
    """Exports a network with a free batch, simplified."""
    network.eval()
    example = tuple(torch.rand(2, *shape) for shape in inputs.values())
    torch.onnx.export(
        network,
        example,
        path,
        input_names=list(inputs),
        output_names=[output],
        opset_version=OPSET,
        dynamo=False,
        dynamic_axes={name: {0: "b"} for name in [*inputs, output]},
    )
    model, same = simplify(onnx.load(path))
    if not same:
        raise SystemExit(f"{path}: the simplified network computes something else")
    onnx.save(model, path)


def export_networks(work: Path, folder: Path) -> None:
    """Writes audio_encoder.onnx and generator.onnx."""
    encoder, head = load_audio(work / "audio.pt")
    image = ImageNetwork()
    image.load_state_dict(torch.load(work / "image.pt", weights_only=True)["average"])
    image.fold_halving()
    to_onnx(encoder, {"mel": (1, 80, 16)}, "emb", folder / "audio_encoder.onnx")
    shapes = {"input": (6, 320, 320), "audio": (32, 16, 16)}
    to_onnx(Generator(head, image), shapes, "output", folder / "generator.onnx")


def export_frames(work: Path, folder: Path) -> None:
    """Writes the template frames as JPEG and their squares."""
    (folder / "frames").mkdir(parents=True, exist_ok=True)
    frames = sorted((work / "frames").glob("????.png"))
    for path in frames:
        quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        cv2.imwrite(str(folder / "frames" / f"{path.stem}.jpg"), cv2.imread(str(path)), quality)
    (folder / "squares.csv").write_text((work / "squares.csv").read_text())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("networks", type=Path)
    args = parser.parse_args()
    export_frames(args.work, args.folder)
    args.networks.mkdir(parents=True, exist_ok=True)
    export_networks(args.work, args.networks)


if __name__ == "__main__":
    main()
