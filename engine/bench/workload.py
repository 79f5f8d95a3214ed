# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: an avatar, a sound, and the files that the other systems have lying ready."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from ..avatar.avatar_types import Avatar
from ..avatar.library import MODELS, load_avatar
from ..errors import InputError
from ..inference.families import FAMILIES
from ..media.image_files import Format
from ..runtime.monitor import Monitor

DEMO = MODELS / "demo"
JPEG_QUALITY = 95

BASELINES = ("reference", "pool")
"""What is measured against."""


@dataclass(frozen=True)
class Workload:
    """Frames to make; all paths are absolute."""

    avatar: str
    """The avatar's folder."""
    long_avatar: str | None
    """The same with a third of the images, so that frames share them; None for an avatar that was given."""
    sound: str
    frames: int
    workers: int
    image_format: Format
    ready: str
    """Folder of the inner and the masked regions as JPEG files, which the other systems read."""

    def save(self, file: Path) -> Path:
        """Write it for the processes that are measured."""
        file.write_text(json.dumps(asdict(self)), "utf-8")
        return file


def read_workload(file: Path) -> Workload:
    """What `Workload.save` wrote."""
    return Workload(**json.loads(file.read_text("utf-8")))


def make_workload(
    folder: Path, avatar: Path | None, frames: int, workers: int, image_format: Format, monitor: Monitor
) -> Workload:
    """Lay out all that is measured in `folder`.

    Without an avatar, it is one of the true size with random weights from a seed, images of the demo's, as
    many as frames, prepared as `lipreel avatar prepare --fast` does.
    """
    long = None
    if avatar is not None and load_avatar(avatar).generator.family.takes_track:
        how = "Leave --avatar out: the demo avatar is measured with the others"
        raise InputError("others are compared with avatars that hear for themselves", str(avatar), how)
    if avatar is None:
        avatar = _stand_in(folder / "avatar", frames, monitor)
        long = _stand_in(folder / "long", -(-frames // 3), monitor, fast=False)
    ready = _regions(load_avatar(avatar), folder / "ready")
    sound = _sound(folder / "speech.wav", frames)
    paths = [str(path) for path in (avatar, long or avatar, sound, ready)]
    return Workload(
        paths[0], paths[1] if long else None, paths[2], frames, workers, image_format, ready=paths[3]
    )


def _stand_in(folder: Path, count: int, monitor: Monitor, *, fast: bool = True) -> Path:
    """An avatar of the true size: the demo's images over and over, and networks with random weights."""
    # Not at the top: the processes that are measured read a case and need none of this.
    from ..importing.import_plan import FPS, ImportPlan
    from ..importing.write import write_avatar
    from ..optimise.prepare_avatar import prepare_avatar
    from .stand_in import make_encoder_stand_in, make_stand_in

    demo = load_avatar(DEMO)
    pictures = [demo.path(name) for name in demo.template.images()]
    scratch = folder / ".scratch"
    scratch.mkdir(parents=True)
    plan = ImportPlan(
        source="a stand-in",
        name="Stand-in",
        family=FAMILIES["synctalk2d"],
        generator=make_stand_in(scratch / "generator.onnx"),
        encoder=make_encoder_stand_in(scratch / "encoder.onnx"),
        pictures=tuple(_copies(pictures, count, scratch)),
        squares=tuple(demo.template.squares[k % len(pictures)] for k in range(count)),
        fps=FPS,
        licence="CC0-1.0",
        notes=(),
    )
    write_avatar(plan, folder, "stand-in", monitor)
    shutil.rmtree(scratch)
    # Random weights prove nothing about likeness: all of it in integers is what a trained network may have.
    prepare_avatar(
        load_avatar(folder), sound=DEMO / "sample.wav" if fast else None, wanted_db=0, monitor=monitor
    )
    return folder


def _copies(pictures: list[Path], count: int, scratch: Path) -> list[Path]:
    copies = []
    for index in range(count):
        copies.append(scratch / f"{index}.jpg")
        shutil.copyfile(pictures[index % len(pictures)], copies[-1])
    return copies


def _regions(avatar: Avatar, folder: Path) -> Path:
    """The inner and the masked region of each template frame, as JPEG files."""
    from PIL import Image, ImageDraw

    family = avatar.generator.family
    inset, size = family.inset, family.size
    x, y, width, height = family.mask
    folder.mkdir()
    for index, name in enumerate(avatar.template.images()):
        square = avatar.template.squares[index]
        box = (square.x, square.y, square.x + square.size, square.y + square.size)
        with Image.open(avatar.path(name)) as picture:
            crop = picture.convert("RGB").crop(box).resize((family.crop,) * 2, Image.Resampling.BICUBIC)
        inner = crop.crop((inset, inset, inset + size, inset + size))
        inner.save(folder / f"inner_{index}.jpg", quality=JPEG_QUALITY)
        ImageDraw.Draw(inner).rectangle((x, y, x + width - 1, y + height - 1), fill=0)
        inner.save(folder / f"masked_{index}.jpg", quality=JPEG_QUALITY)
    return folder


def _sound(file: Path, frames: int) -> Path:
    """The demo's speech, over and over, for as many frames of 25 a second."""
    import numpy as np
    import soundfile

    samples, rate = soundfile.read(DEMO / "sample.wav", dtype="int16")
    soundfile.write(file, np.resize(samples, frames * rate // 25), rate)
    return file
