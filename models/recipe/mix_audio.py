# SPDX-License-Identifier: GPL-3.0-or-later
"""Mixes the weights of a checkpoint and of a later one of the same training.

python mix_audio.py EARLY.pt LATE.pt OUT.pt --late 0.7
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor


def mixed(early: dict[str, Tensor], late: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Every number between the two; what only counts is the later one's."""
    return {
        name: torch.lerp(early[name], value, share) if value.is_floating_point() else value
        for name, value in late.items()
    }


def main() -> None:
    """Reads two, writes one."""
    parser = argparse.ArgumentParser(description="Mixes two checkpoints of one training.")
    for name in ("early", "late_file", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--late", type=float, default=0.7)
    options = parser.parse_args()
    early, late = (torch.load(path, weights_only=True) for path in (options.early, options.late_file))
    parts = {part: mixed(early[part], late[part], options.late) for part in ("encoder", "head")}
    torch.save({**parts, "step": late["step"]}, options.out)


if __name__ == "__main__":
    main()
