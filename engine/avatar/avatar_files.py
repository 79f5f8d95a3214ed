# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of an avatar: their hashes and its networks."""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from ..errors import AvatarError
from ..features.hubert import open_hubert
from ..features.wenet import open_wenet
from ..inference.families import ENCODER_INPUT, ENCODER_OUTPUT, Family
from ..inference.session import Network, open_network
from ..painters.neural import WORTH_SHARING, GeneratorNetwork, chosen_files, open_generator
from .avatar_types import Avatar, PreparedPart

_HOW = "The avatar was changed or damaged: copy it anew"


def sha256_file(file: Path) -> str:
    """The SHA-256 of a file's bytes as 64 hexadecimal digits; OSError if it cannot be read."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_hashes(avatar: Avatar, files: Collection[str] | None = None) -> None:
    """Compare files, by default all that there are, with their hashes in `avatar.toml`.

    Raises:
        AvatarError: A file is missing or differs; both hashes are in the message.
    """
    for relative in avatar.files if files is None else files:
        file, expected = avatar.path(relative), avatar.files[relative]
        try:
            found = sha256_file(file)
        except OSError as error:
            raise AvatarError(f"cannot be read ({error.strerror})", str(file), _HOW) from error
        if found != expected:
            raise AvatarError(f"its SHA-256 is {found}, but avatar.toml says {expected}", str(file), _HOW)


def files_in_use(avatar: Avatar, provider: str, precision: str, shared: float) -> tuple[str, ...]:
    """The files that a job opens, relative; arguments and what is raised as by `chosen_files`."""
    encoder = () if avatar.audio.encoder is None else (avatar.audio.encoder,)
    pictures = avatar.template.squares_file, *avatar.template.images()
    return (*chosen_files(avatar, provider, precision, shared), *encoder, *pictures)


def open_networks(
    avatar: Avatar, provider: str, precision: str = "exact", shared: float = 1, threads: int = 1
) -> tuple[GeneratorNetwork, Network | None]:
    """The generator, as `open_generator` chooses it, and the audio encoder if the family has one.

    Raises:
        AvatarError: A file is not a network, or has another interface than its family.
        InputError: The provider cannot be used, or the avatar has no fast generator.
    """
    generator = open_generator(avatar, provider, precision, shared, threads)
    if avatar.audio.encoder is None:
        return generator, None
    return generator, open_encoder(avatar.path(avatar.audio.encoder), avatar.generator.family, provider)


def open_encoder(file: Path, family: Family, provider: str) -> Network:
    """The audio encoder of a family.

    Raises:
        AvatarError: The file is not a network, or has another interface.
        InputError: The provider cannot be used.
    """
    if family.audio == "hubert":
        return open_hubert(file, provider)
    if family.audio == "wenet":
        return open_wenet(file, provider)
    return open_network(file, dict([ENCODER_INPUT]), ENCODER_OUTPUT, provider)


def check_networks(avatar: Avatar) -> None:
    """Open every network of the avatar; AvatarError as by `open_networks`."""
    open_networks(replace(avatar, prepared=PreparedPart()), "cpu")
    for precision in ("exact", "fast") if avatar.prepared.fast else ("exact",):
        for shared in (1, WORTH_SHARING):
            open_generator(avatar, "cpu", precision, shared)
