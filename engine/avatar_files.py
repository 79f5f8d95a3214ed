# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of an avatar: their hashes and its networks."""

import hashlib
from pathlib import Path

from .avatar_types import Avatar
from .errors import AvatarError
from .families import ENCODER_INPUT, ENCODER_OUTPUT, Family
from .hubert import open_hubert
from .session import Network, open_network
from .wenet import open_wenet

_HOW = "The avatar was changed or damaged: copy it anew"


def sha256_file(file: Path) -> str:
    """The SHA-256 of a file's bytes as 64 hexadecimal digits; OSError if it cannot be read."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_hashes(avatar: Avatar) -> None:
    """Compare every file with its hash in `avatar.toml`.

    Raises:
        AvatarError: A file is missing or differs; both hashes are in the message.
    """
    for relative, expected in avatar.files.items():
        file = avatar.path(relative)
        try:
            found = sha256_file(file)
        except OSError as error:
            raise AvatarError(f"cannot be read ({error.strerror})", str(file), _HOW) from error
        if found != expected:
            raise AvatarError(f"its SHA-256 is {found}, but avatar.toml says {expected}", str(file), _HOW)


def open_networks(avatar: Avatar, provider: str) -> tuple[Network, Network | None]:
    """The generator and, if the family has one, the audio encoder.

    Raises:
        AvatarError: A file is not a network, or has another interface than its family.
        InputError: The provider cannot be used.
    """
    family = avatar.generator.family
    inputs = {family.image_name: family.image_shape, family.audio_name: family.audio_shape}
    output = (family.output_name, family.output_shape)
    generator = open_network(avatar.path(avatar.generator.file), inputs, output, provider)
    if avatar.audio.encoder is None:
        return generator, None
    return generator, open_encoder(avatar.path(avatar.audio.encoder), family, provider)


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
