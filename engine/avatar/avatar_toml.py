# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading `avatar.toml`, table by table; every problem is named with file, table and key."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import cast

from ..errors import AvatarError
from ..features.front_ends import FRONT_ENDS
from ..features.windows import Edge
from ..inference.families import FAMILIES, Family, InputOrder
from .avatar_types import (
    SILENCES,
    AudioPart,
    Avatar,
    GeneratorPart,
    PreparedPart,
    Silence,
    Square,
    TemplatePart,
)
from .toml_table import Table, path_inside, read_toml

SCHEMA = 1
"""The version of `avatar.toml` that this Lipreel reads."""

SMALLEST_SQUARE = 16
"""Pixels; a smaller face is a mistake."""

LARGEST_CROP = 4096
"""Pixels; a larger one would only fill the memory."""

_IMAGE_NAME = re.compile(r"[^{}]*\{(:0?[1-9]d)?\}[^{}]*\.(jpg|jpeg|png)")


def read_avatar(folder: Path) -> Avatar:
    """The avatar that `folder`/avatar.toml describes.

    Raises:
        AvatarError: Something in it is wrong; says which file, table and key.
    """
    file = folder / "avatar.toml"
    try:
        data = file.read_bytes()
    except OSError as error:
        raise AvatarError(f"cannot be read: {error.strerror}", str(file)) from error
    return _top(read_toml(data, file), folder, hashlib.sha256(data).hexdigest())


def _top(top: Table, folder: Path, fingerprint: str) -> Avatar:
    schema = top.integer("schema", 1)
    if schema != SCHEMA:
        raise top.fail("schema", f"{schema} is not known to this Lipreel, which reads {SCHEMA}")
    generator = _generator(top.table("generator"), folder)
    paste, files = top.table("paste"), top.table("files")
    avatar = Avatar(
        id=_id(top),
        name=top.text("name"),
        licence=top.text("licence"),
        audio=_audio(top, folder, generator.family),
        generator=generator,
        prepared=_prepared(top.table("prepared"), folder) if "prepared" in top else PreparedPart(),
        template=_template(top.table("template"), folder),
        feather_px=paste.number("feather_px", 0),
        folder=folder,
        files=_hashes(files, folder),
        fingerprint=fingerprint,
        colour_match="colour_match" in paste and paste.boolean("colour_match"),
        silence=cast(Silence, paste.choice("silence", SILENCES)) if "silence" in paste else "model",
    )
    paste.done()
    top.done()
    for relative in avatar.used_files():
        if relative not in avatar.files:
            raise files.fail(relative, "is missing", "Every file of the avatar needs its SHA-256 here")
    return avatar


def _id(top: Table) -> str:
    value = top.text("id")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value):
        raise top.fail("id", f'"{value}" is not a short name', "Use a-z, 0-9, - and _")
    return value


def _generator(table: Table, folder: Path) -> GeneratorPart:
    family = FAMILIES[table.choice("family", tuple(FAMILIES))]
    file = table.path("file", folder)
    if "crop" in table:
        family = replace(family, crop=table.integer("crop", SMALLEST_SQUARE))
    if "inset" in table:
        family = replace(family, inset=table.integer("inset", 0))
    if family.crop > LARGEST_CROP:
        raise table.fail("crop", f"{family.crop} is more than {LARGEST_CROP}")
    if family.size < 1:
        raise table.fail("inset", f"{family.inset} leaves nothing of a crop of {family.crop}")
    if "mask" in table:
        x, y, width, height = table.integers("mask", 4)
        family = replace(family, mask=(x, y, width, height))
    x, y, width, height = family.mask
    if min(x, y) < 0 or min(width, height) < 1 or max(x + width, y + height) > family.size:
        raise table.fail("mask", f"{list(family.mask)} does not fit into {family.size}x{family.size} pixels")
    if "input_order" in table:
        order = cast(InputOrder, table.choice("input_order", ("reference_first", "masked_first")))
        family = replace(family, input_order=order)
    table.done()
    return GeneratorPart(family, file)


def _prepared(table: Table, folder: Path) -> PreparedPart:
    names = ("exact", "template_half", "sound_half", "fast")
    part = PreparedPart(**{name: table.path(name, folder) for name in names if name in table})
    if (part.template_half is None) != (part.sound_half is None):
        missing = "template_half" if part.template_half is None else "sound_half"
        raise table.fail(missing, "is missing", "The two halves of a generator come together")
    table.done()
    return part


def _audio(top: Table, folder: Path, family: Family) -> AudioPart:
    if family.takes_track:
        if "audio" in top:
            raise top.fail("audio", "is for networks that hear for themselves", "Leave [audio] out")
        return AudioPart("", None, "repeat")
    table = top.table("audio")
    hears = FRONT_ENDS[family.audio]
    front_end = table.choice("front_end", (hears.name,))
    encoder = table.path("encoder", folder) if hears.open_encoder else None
    edge = hears.edges[0]
    if len(hears.edges) > 1:
        edge = cast(Edge, table.choice("edge", hears.edges))
    table.done()
    return AudioPart(front_end, encoder, edge)


def _template(table: Table, folder: Path) -> TemplatePart:
    count = table.integer("count", 1)
    frames = video = None
    first = 0
    if "video" in table and "frames" not in table:
        video = table.path("video", folder)
    else:
        frames = table.text("frames")
        first = table.integer("first", 0)
        if not _IMAGE_NAME.fullmatch(frames):
            raise table.fail(
                "frames", f'"{frames}" is not a pattern of image names', 'Write "frames/{:04d}.jpg"'
            )
        table.check_path("frames", frames.format(first), folder)
    table.choice("order", ("pingpong",))
    start = table.integer("start", 0) if "start" in table else 1
    if start >= max(2, count):
        raise table.fail("start", f"{start} is none of {count} images", "Count from 0")
    squares_file = table.path("squares", folder)
    part = TemplatePart(
        fps=table.rate("fps"),
        count=count,
        first=first,
        frames=frames,
        video=video,
        squares_file=squares_file,
        squares=_squares(table, folder, squares_file, count),
        start=start,
    )
    table.done()
    return part


def _squares(table: Table, folder: Path, relative: str, count: int) -> tuple[Square, ...]:
    file = path_inside(folder, relative)
    try:
        lines = file.read_text("utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise table.fail("squares", f"{file} cannot be read: {error}") from error
    if len(lines) != count:
        raise table.fail("squares", f"{file} has {len(lines)} lines for {count} frames")
    return tuple(_square(line, f"{file}, line {number}") for number, line in enumerate(lines, 1))


def _square(line: str, where: str) -> Square:
    try:
        x, y, size = (int(field) for field in line.split(","))
    except ValueError:
        raise AvatarError(f'"{line}" is not "x,y,size" in whole pixels', where) from None
    if size < SMALLEST_SQUARE:
        raise AvatarError(f"a face square of {size} pixels is under {SMALLEST_SQUARE}", where)
    return Square(x, y, size)


def _hashes(table: Table, folder: Path) -> dict[str, str]:
    for relative in table:
        table.check_path(relative, relative, folder)
    return {relative: table.sha256(relative) for relative in table}
