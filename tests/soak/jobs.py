# SPDX-License-Identifier: GPL-3.0-or-later
"""A small job as a process of its own, to be killed, starved and watched."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lipreel.tests.helpers import tiny

# The command line, in a process that does `before` first. Arguments: those of `lipreel`.
_DRIVER = """
import os, resource, signal, sys, time
from lipreel.engine.cli import main
{before}
sys.exit(main(sys.argv[1:]))
"""


@dataclass(frozen=True)
class Case:
    """A job and what it makes when nobody disturbs it."""

    words: tuple[str, ...]
    """Of the command line, but for the folder, which is to be added."""
    frames: dict[str, bytes]


def make_case(place: Path, seconds: float = 1) -> Case:
    """Make the avatar and the sound in `place`, and all frames once."""
    avatar = tiny.make_avatar(place / "avatar", silence='"hold"')
    tiny.save_generator(avatar / "generator.onnx", work=1)  # so that it can be caught in the middle
    tiny.rehash(avatar)
    sound = tiny.save_sound(place / "speech.wav", seconds)
    words = ("generate", str(sound), "--avatar", str(avatar), "--workers", "2", "--quiet", "--out")
    run(words, place / "undisturbed")
    return Case(words, frames(place / "undisturbed"))


def start(words: Sequence[str], out: Path, before: str = "", *more: str) -> "subprocess.Popen[str]":
    """Begin a job; its output is to be read with `communicate`."""
    command = [sys.executable, "-c", _DRIVER.format(before=before), *words, str(out), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(words: Sequence[str], out: Path, before: str = "", *more: str) -> tuple[int, str, str]:
    """A job from its start to its end: status, output, errors."""
    process = start(words, out, before, *more)
    said, errors = process.communicate(timeout=120)
    return process.returncode, said, errors


def frames(folder: Path) -> dict[str, bytes]:
    """The files under the final names of frames."""
    return {path.name: path.read_bytes() for path in folder.glob("frame_*")}


def others(folder: Path) -> set[str]:
    """What else is there."""
    return {path.name for path in folder.iterdir()} - set(frames(folder)) if folder.is_dir() else set()
