# SPDX-License-Identifier: GPL-3.0-or-later
"""The network that draws: whole, or in two halves of which the first does not hear the sound."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..arrays import Floats
from ..avatar.avatar_types import Avatar
from ..errors import InputError
from ..inference.families import Family
from ..inference.providers import only_cpu
from ..inference.session import Network, open_network

Seen = Mapping[str, Floats]
"""What the second half is given of a template frame; of a whole network, the image itself."""

WORTH_SHARING = 1.25
"""Frames for each template frame from which two halves are faster than the whole, handing over included."""


@dataclass(frozen=True, eq=False)
class GeneratorNetwork:
    """A generator, ready to run; threads may share it."""

    family: Family
    network: Network
    """Draws, from what was seen and the sound."""
    first: Network | None = None
    """Sees a template frame; None if `network` is whole."""

    def see(self, picture: Floats) -> Seen:
        """What there is to see in the image input [1, *family.image_shape]; AvatarError as by `run`."""
        given = {self.family.image_name: picture}
        return given if self.first is None else self.first.outputs(given)

    def draw(self, seen: Seen, sound: Floats) -> Floats:
        """The output [*family.output_shape] for a sound input [1, *family.audio_shape]."""
        drawn: Floats = self.network.run({**seen, self.family.audio_name: sound})[0]
        return drawn


def chosen_files(
    avatar: Avatar, provider: str, precision: str = "exact", shared: float = 1
) -> tuple[str, ...]:
    """The files, relative, of the form of the generator that is the fastest for a job: one, or two halves.

    Args:
        avatar: Whose; the forms that it was prepared in are used on processors.
        provider: As by `open_network`.
        precision: "exact" or "fast".
        shared: Frames of the whole job for each template frame in it.

    Raises:
        InputError: The avatar has no fast generator.
    """
    forms, on_cpu = avatar.prepared, only_cpu(provider)
    if precision == "fast":
        if forms.fast is None:
            how = "Use exact, or make one: lipreel avatar prepare DIR --fast"
            raise InputError(f"{avatar.name} has no fast generator", "precision", how)
        return (forms.fast,)
    if on_cpu and shared >= WORTH_SHARING and forms.template_half and forms.sound_half:
        return forms.template_half, forms.sound_half
    return (forms.exact if on_cpu and forms.exact else avatar.generator.file,)


def open_generator(
    avatar: Avatar, provider: str, precision: str = "exact", shared: float = 1, threads: int = 1
) -> GeneratorNetwork:
    """Open the generator in the form of `chosen_files`; `threads` as by `open_network`.

    Raises:
        AvatarError: A file is not a network, or has another interface than its family.
        InputError: The provider cannot be used, or the avatar has no fast generator.
    """
    family = avatar.generator.family
    files = [avatar.path(file) for file in chosen_files(avatar, provider, precision, shared)]
    if len(files) == 1:
        return open_whole(files[0], family, provider, threads, coarse=precision == "fast")
    return open_halves(files[0], files[1], family, provider, threads)


def open_whole(
    file: Path, family: Family, provider: str, threads: int = 1, *, coarse: bool = False
) -> GeneratorNetwork:
    """A generator in one file; `coarse` and what is raised as by `open_network`."""
    inputs = {family.image_name: family.image_shape, family.audio_name: family.audio_shape}
    network = open_network(file, inputs, _output(family), provider, threads, coarse=coarse)
    return GeneratorNetwork(family, network)


def open_halves(
    first: Path, second: Path, family: Family, provider: str, threads: int = 1
) -> GeneratorNetwork:
    """A generator in two files; raises as `open_network` does."""
    seeing = open_network(first, {family.image_name: family.image_shape}, None, provider, threads)
    given = {**seeing.output_shapes(), family.audio_name: family.audio_shape}
    return GeneratorNetwork(family, open_network(second, given, _output(family), provider, threads), seeing)


def _output(family: Family) -> tuple[str, tuple[int, ...]]:
    return family.output_name, family.output_shape
