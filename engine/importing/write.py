# SPDX-License-Identifier: GPL-3.0-or-later
"""An import plan into the files of an avatar."""

import json
import re
import shutil
from fractions import Fraction
from pathlib import Path

from ..errors import InputError
from ..features.front_ends import FRONT_ENDS
from ..runtime.monitor import Monitor
from ..runtime.storage import sha256_file, storage_error
from .import_plan import ImportPlan
from .template_images import common_size

FEATHER_PX = 12
"""Soft edge of an imported avatar; `--feather 0` gives the hard one of the original systems."""

GENERATOR, ENCODER, SQUARES = "generator.onnx", "audio_encoder.onnx", "squares.csv"


def write_avatar(plan: ImportPlan, folder: Path, avatar_id: str, monitor: Monitor) -> dict[str, str]:
    """Write the avatar's files into `folder`, which exists and is empty but for what the plan was made from.

    Images are copied as they are, whatever their format; those that were decoded into `folder` are moved.

    Returns:
        The path of each image and network that was written, and of what it was made from.

    Raises:
        InputError: An image is of another size than the first, a square leaves it, or the disk is full.
        JobCancelled: In the middle.
    """
    check_squares(plan)
    files = _named(plan)
    hashes: dict[str, str] = {}
    try:
        (folder / "frames").mkdir()
        for relative, file in monitor.steps("files", files.items(), len(files)):
            _bring(file, folder / relative, folder)
            hashes[relative] = sha256_file(folder / relative)
        lines = (f"{square.x},{square.y},{square.size}\n" for square in plan.squares)
        (folder / SQUARES).write_text("".join(lines), "ascii", newline="\n")
        hashes[SQUARES] = sha256_file(folder / SQUARES)
        text = avatar_toml(plan, avatar_id, hashes)
        (folder / "avatar.toml").write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise storage_error(error, folder) from error
    return {str(folder / relative): str(file) for relative, file in files.items()}


def avatar_toml(plan: ImportPlan, avatar_id: str, hashes: dict[str, str]) -> str:
    """The text of avatar.toml."""
    encoder = f'encoder = "{ENCODER}"\n' if plan.encoder is not None else ""
    hears = FRONT_ENDS[plan.family.audio]
    edge = f'edge = "{hears.edges[0]}"\n' if len(hears.edges) > 1 else ""
    files = "".join(f'"{relative}" = "{sha256}"\n' for relative, sha256 in sorted(hashes.items()))
    return f"""\
schema = 1
id = "{avatar_id}"
name = {_text(plan.name)}
licence = {_text(plan.licence)}

[audio]
front_end = "{hears.name}"
{encoder}{edge}
[generator]
family = "{plan.family.name}"
file = "{GENERATOR}"

[template]
fps = {_rate(plan.fps)}
frames = "frames/{{:04d}}{_suffix(plan)}"
first = 0
count = {len(plan.pictures)}
order = "pingpong"
start = {plan.start}
squares = "{SQUARES}"

[paste]
feather_px = {FEATHER_PX}
silence = "hold"

[files]
{files}"""


def short_name(text: str) -> str:
    """An avatar's id from the name of its folder: a-z, 0-9, - and _."""
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_") or "avatar"


def check_squares(plan: ImportPlan) -> None:
    """Raise InputError if a square's middle is outside its image, or the images differ in size."""
    width, height = common_size(plan.pictures)
    for square, picture in zip(plan.squares, plan.pictures, strict=True):
        if square.is_lost(width, height):
            text = f"{square.x},{square.y},{square.size}"
            what = f"its face square {text} (x,y,size) leaves the image of {width}x{height}"
            raise InputError(what, str(picture), "At least the middle of the face must be in the image")


def beyond_the_border(plan: ImportPlan) -> tuple[str, ...]:
    """A note, if faces are not whole in their images; raises as `common_size` does."""
    size = common_size(plan.pictures)
    beyond = sum(not square.is_whole(*size) for square in plan.squares)
    if not beyond:
        return ()
    of = f"{beyond} of {len(plan.squares)} images"
    return (f"the face square leaves {of}: there, what is beyond the border is taken to be like it",)


def _named(plan: ImportPlan) -> dict[str, Path]:
    """What becomes of which file: images and networks by their paths in the avatar."""
    names = {f"frames/{index:04d}{_suffix(plan)}": file for index, file in enumerate(plan.pictures)}
    encoder = {} if plan.encoder is None else {ENCODER: plan.encoder}
    return names | {GENERATOR: plan.generator} | encoder


def _bring(file: Path, target: Path, folder: Path) -> None:
    """Move what was made on the way, copy what is the user's."""
    if file.is_relative_to(folder):
        file.rename(target)
    else:
        shutil.copyfile(file, target)


def _suffix(plan: ImportPlan) -> str:
    suffix = plan.pictures[0].suffix.lower()
    return ".jpg" if suffix == ".jpeg" else suffix


def _text(value: str) -> str:
    """A string of TOML: JSON writes the same, but for the one control character that it leaves alone."""
    whole = value.encode("utf-8", "replace").decode("utf-8")  # names of files may hold what is no letter
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")


def _rate(fps: Fraction) -> str:
    return str(fps.numerator) if fps.denominator == 1 else f'"{fps}"'
