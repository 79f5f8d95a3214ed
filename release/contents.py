# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes into the extension."""

import json
from collections.abc import Sequence
from pathlib import Path

MANIFEST = "blender_manifest.toml"

_FILES = ("__init__.py", "LICENSE")
_FOLDERS = ("addon", "engine", "models/demo", "models/speech")
_LEFT_OUT = (
    # Of the command line alone; some of it needs libraries that the extension does not carry.
    "engine/bench",
    "engine/cli",
    "engine/compare",
    "engine/media/av_frames.py",
    "engine/media/video_writer.py",
    "engine/runtime/exit.py",
    "engine/job/batch_report.py",
    "engine/job/cluster.py",
    "engine/job/manifest.py",
    "engine/job/mux.py",
    "engine/sound/av_source.py",
    # What needs onnx or PyTorch.
    "engine/importing/torch_networks.py",
    "engine/optimise",
    # Avatars of videos, which need dlib.
    "engine/importing/from_video.py",
    "engine/importing/detector.py",
    "engine/importing/face_track.py",
    # About the avatar, and no part of it.
    "models/demo/EVALUATION.md",
    "models/demo/evaluation.jpg",
    "models/demo/sample.wav",
)


def sources(root: Path) -> list[str]:
    """Files of the repository that go in as they are: relative, with slashes, sorted."""
    files = [root / name for name in _FILES]
    for folder in _FOLDERS:
        files += [file for file in (root / folder).rglob("*") if file.is_file()]
    return sorted(name for file in files if _belongs(name := file.relative_to(root).as_posix()))


def manifest(root: Path, platform: str, wheels: Sequence[str]) -> str:
    """The manifest with what differs from zip to zip: the system, as Blender calls it, and the wheels."""
    top, bracket, tables = (root / MANIFEST).read_text(encoding="utf-8").partition("\n[")
    lists = {"platforms": [platform], "wheels": [f"./wheels/{name}" for name in wheels]}
    ours = "".join(f"{key} = {json.dumps(values, indent=2)}\n" for key, values in lists.items())
    return f"{top}\n{ours}{bracket}{tables}"


def _belongs(name: str) -> bool:
    if any(part == "__pycache__" or part.startswith(".") for part in name.split("/")):
        return False
    return not any(name == out or name.startswith(f"{out}/") for out in _LEFT_OUT)
