# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of an avatar: which files they are, and opening them."""

from dataclasses import replace

from ..avatar.avatar_types import Avatar, PreparedPart
from ..avatar.hashes import check_hashes
from ..avatar.template import TemplateFrames
from ..features.front_ends import open_encoder
from ..inference.session import Network
from ..runtime.monitor import Monitor
from .neural import WORTH_SHARING, GeneratorNetwork, chosen_files, open_generator


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
    file = avatar.path(avatar.audio.encoder)
    return generator, open_encoder(file, avatar.generator.family.audio, provider)


def check_networks(avatar: Avatar) -> None:
    """Open every network of the avatar; AvatarError as by `open_networks`."""
    open_networks(replace(avatar, prepared=PreparedPart()), "cpu")
    for precision in ("exact", "fast") if avatar.prepared.fast else ("exact",):
        for shared in (1, WORTH_SHARING):
            open_generator(avatar, "cpu", precision, shared)


def check_avatar(avatar: Avatar, monitor: Monitor | None = None) -> None:
    """Look at every file of an avatar: hashes, networks, images and face squares; "check" counts images.

    Raises:
        AvatarError: The first thing that is wrong, and where.
        JobCancelled: In the middle.
    """
    check_hashes(avatar)
    check_networks(avatar)
    monitor = monitor or Monitor()
    with TemplateFrames(avatar, monitor) as templates:
        for index in monitor.steps("check", range(len(templates)), len(templates)):
            templates[index]
