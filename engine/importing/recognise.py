# SPDX-License-Identifier: GPL-3.0-or-later
"""What a folder is that somebody wants to import."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import InputError
from .numbered import PICTURES, numbered_files

Kind = Literal["digital-clone", "data-folder"]

IMAGES = "full_body_img"
VIDEO = "full_body_video.mp4"
LANDMARKS = "landmarks"
RECTANGLES = "cache/crop_rectangles.json"
CONFIG = "onnx_dist_config.json"

_PACKAGE_FILES = ("package_info.json", "dataset_manifest.json", CONFIG, RECTANGLES)

_HOW = (
    "Give a digital-clone package (onnx_dist_config.json, full_body_img or full_body_video.mp4), "
    "or a folder of SyncTalk_2D or Ultralight (full_body_img, landmarks)"
)


@dataclass(frozen=True)
class Recognised:
    """A folder that can be imported."""

    kind: Kind
    folder: Path
    words: str
    """What it is, for people: "a digital-clone package with images"."""


def recognise(folder: Path) -> Recognised:
    """What `folder` is, by the names of the files in it.

    Raises:
        InputError: It is nothing that can be imported, or only a part of it.
    """
    if not folder.is_dir():
        raise InputError("no such folder", str(folder), _HOW)
    if (folder / "avatar.toml").is_file():
        raise InputError("is an avatar of Lipreel already", str(folder), "Use it as it is: --avatar DIR")
    images = numbered_files(folder / IMAGES, PICTURES) is not None
    if any((folder / name).is_file() for name in _PACKAGE_FILES):
        if not images and not (folder / VIDEO).is_file():
            what = f"is a digital-clone package with no images: neither {IMAGES}/1.jpg nor {VIDEO}"
            raise InputError(what, str(folder), "Copy the whole package")
        form = "images" if images else "videos only"
        return Recognised("digital-clone", folder, f"a digital-clone package with {form}")
    landmarks = numbered_files(folder / LANDMARKS, (".lms",)) is not None
    if images and landmarks:
        return Recognised("data-folder", folder, "a data folder of SyncTalk_2D or Ultralight-Digital-Human")
    if images or landmarks:
        has, lacks = (IMAGES, LANDMARKS) if images else (LANDMARKS, IMAGES)
        raise InputError(f"has {has}, but no numbered files in {lacks}", str(folder), "Copy the whole folder")
    raise InputError("is nothing that can be imported", str(folder), _HOW)
