# SPDX-License-Identifier: GPL-3.0-or-later
"""What an import will write, as plain data, made before anything is written under the final name."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..avatar.avatar_types import Square
from ..inference.families import Family

FPS = Fraction(25)
"""Frames a second that every system trained on 25 fps video has, whatever its files say."""

WENET_FPS = Fraction(20)
"""The same of those trained with WeNet, which hears 20 chunks a second."""


@dataclass(frozen=True)
class ImportOptions:
    """What the user says beside the source itself."""

    generator: Path | None = None
    """A generator in place of the source's own: .onnx, or a PyTorch checkpoint (.pth, .pt)."""
    encoder: Path | None = None
    """An audio encoder in place of the source's own: the same."""
    accept_hash_mismatch: bool = False
    """Use files whose SHA-256 is not the one that the package promises."""
    smooth_squares: bool = False
    """Steady face squares that jitter, by up to two pixels; see steady.py."""
    name: str | None = None
    """The name that people read; None takes the source's."""
    licence: str = "unknown: ask whoever made this character"
    """An SPDX name or a sentence."""


def title(options: ImportOptions, source: Path) -> str:
    """The name that the user gave, or that of the source."""
    return (options.name or "").strip() or source.resolve().stem.strip() or "Imported"


@dataclass(frozen=True)
class ImportPlan:
    """An avatar to be: which files it takes from where."""

    source: str
    """What was recognised, in words."""
    name: str
    family: Family
    generator: Path
    """An .onnx file."""
    encoder: Path | None
    """An .onnx file; None for families that hear the log-mel itself."""
    pictures: tuple[Path, ...]
    """The template frames, in order; all of one format."""
    squares: tuple[Square, ...]
    """The face square of each."""
    fps: Fraction
    """Template frames a second."""
    licence: str
    """An SPDX name or a sentence."""
    start: int = 1
    """Which template frame is shown first, from 0."""
    notes: tuple[str, ...] = ()
    """What the user should hear about, a sentence each."""
