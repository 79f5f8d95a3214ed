# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of an avatar: which files they are, and opening them."""

from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from ..arrays import Floats
from ..avatar.avatar_types import Avatar, PreparedPart
from ..avatar.hashes import check_hashes
from ..avatar.template import TemplateFrames
from ..errors import AvatarError
from ..features.front_ends import open_encoder
from ..inference.external_data import external_files
from ..inference.families import ENCODER_INPUT, ENCODER_OUTPUT
from ..inference.session import Network
from ..runtime.monitor import Monitor
from .face_tensors import network_input
from .neural import WORTH_SHARING, GeneratorNetwork, chosen_files, open_generator

_BELOW, _BEYOND = 0.5, 8.0  # of 0 ... 1, by which a drawn image may be off: untrained networks are, too


def files_in_use(avatar: Avatar, provider: str, precision: str, shared: float) -> tuple[str, ...]:
    """The files that a job opens, relative; arguments and what is raised as by `chosen_files`."""
    encoder = () if avatar.audio.encoder is None else (avatar.audio.encoder,)
    networks = (*chosen_files(avatar, provider, precision, shared), *encoder)
    weights = (name for network in networks for name in weights_beside(avatar, network))
    return (*networks, *weights, avatar.template.squares_file, *avatar.template.images())


def weights_beside(avatar: Avatar, network: str) -> tuple[str, ...]:
    """The files, relative, that hold weights of one of its networks, which lies at `network`.

    Raises:
        AvatarError: One is not listed among the avatar's files.
    """
    try:
        found = external_files(avatar.path(network))
    except (OSError, ValueError):  # told by whoever opens it
        return ()
    names = tuple((PurePosixPath(network).parent / name).as_posix() for name in found)
    for name in names:
        if name not in avatar.files:
            where, how = str(avatar.folder / "avatar.toml"), f'Add its SHA-256: "{name}" = "..."'
            raise AvatarError(f"the weights {name} are not in [files]", where, how)
    return names


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
    """Open every network of the avatar; AvatarError as by `open_networks` and `weights_beside`."""
    for name in avatar.used_files():
        if name.endswith(".onnx"):
            weights_beside(avatar, name)
    open_networks(replace(avatar, prepared=PreparedPart()), "cpu")
    for precision in ("exact", "fast") if avatar.prepared.fast else ("exact",):
        for shared in (1, WORTH_SHARING):
            open_generator(avatar, "cpu", precision, shared)


def try_networks(avatar: Avatar, templates: TemplateFrames) -> tuple[str, ...]:
    """Have the networks draw the first template frame in silence; what the user should hear about.

    Raises:
        AvatarError: What comes out has another shape, is no number, or has another range than the family's.
    """
    generator, encoder = open_networks(replace(avatar, prepared=PreparedPart()), "cpu")
    family = avatar.generator.family
    if encoder is not None and family.audio == "encoder":
        name, shape = ENCODER_INPUT
        _check_values(encoder, encoder.run({name: np.zeros((1, *shape), np.float32)}), ENCODER_OUTPUT[1])
    picture = np.empty((1, *family.image_shape), np.float32)
    network_input(templates[0].crop, family, picture[0])
    drawn = generator.draw(generator.see(picture), np.zeros((1, *family.audio_shape), np.float32))
    _check_values(generator.network, drawn[None], family.output_shape)
    low, high = float(drawn.min()), float(drawn.max())
    if high > _BEYOND or low < -_BELOW:
        told = "0 ... 255" if high > _BEYOND else "-1 ... 1"
        what = f"draws values from {low:.3g} to {high:.3g}: they are {told}, where its family has 0 ... 1"
        raise AvatarError(what, str(generator.network.file), "Export it with the step that scales them")
    return (*generator.network.notes, *(encoder.notes if encoder else ()))


def _check_values(network: Network, values: Floats, shape: tuple[int, ...]) -> None:
    if values.shape[1:] != shape:
        what = f"gives {list(values.shape[1:])} instead of {list(shape)}"
        raise AvatarError(what, str(network.file))
    if not np.isfinite(values).all():
        raise AvatarError("gives values that are no numbers", str(network.file), "Export or train it again")


def check_avatar(avatar: Avatar, monitor: Monitor | None = None) -> tuple[str, ...]:
    """Look at every file of an avatar: hashes, networks, images and face squares; "check" counts images.

    The networks are run once. What is returned is what the user should hear about, a sentence each.

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
        return try_networks(avatar, templates)
