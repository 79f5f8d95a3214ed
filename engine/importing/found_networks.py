# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of an avatar to be: found, turned into ONNX where need be, and asked what they are."""

from pathlib import Path

from ..errors import AvatarError, InputError
from ..features.front_ends import open_encoder
from ..inference.families import FAMILIES, Family
from ..inference.session import open_network
from .checkpoints import as_onnx


def required(file: Path | None, what: str, where: Path, option: str) -> Path:
    """The file, which must be there.

    Raises:
        InputError: There is none, or it is no file; `option` is what the user can give.
    """
    if file is None:
        raise InputError(f"has no {what}", str(where), f"Give it: {option} FILE")
    if not file.is_file():
        raise InputError(f"no such file: the {what} is missing", str(file), f"Give it: {option} FILE")
    return file


def required_onnx(file: Path | None, what: str, where: Path, option: str, scratch: Path) -> Path:
    """The same, as an .onnx file: a checkpoint of PyTorch is exported into the folder `scratch`."""
    return as_onnx(required(file, what, where, option), scratch)


def generator_family(generator: Path) -> Family:
    """The family whose interface the network has.

    Raises:
        AvatarError: It is no network, or of no family; said by the measure of the first family.
    """
    complaint: AvatarError | None = None
    for family in FAMILIES.values():
        try:
            check_generator(generator, family)
        except AvatarError as error:
            complaint = complaint or error
        else:
            return family
    raise complaint or AvatarError("no family", str(generator))


def check_generator(generator: Path, family: Family) -> None:
    """Raise AvatarError if the file is not a generator of the family."""
    inputs = {family.image_name: family.image_shape, family.audio_name: family.audio_shape}
    open_network(generator, inputs, (family.output_name, family.output_shape), "cpu")


def check_encoder(encoder: Path, family: Family) -> None:
    """Raise AvatarError if the file is not an audio encoder of the family."""
    open_encoder(encoder, family.audio, "cpu")
