# SPDX-License-Identifier: GPL-3.0-or-later
"""An avatar made ready while a sound is heard: its files checked, its networks and its template opened."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from ..avatar.avatar_types import Avatar
from ..avatar.closed_mouth import ClosedMouths
from ..avatar.hashes import check_hashes
from ..avatar.template import TemplateFrames
from ..errors import InputError
from ..features.front_ends import Hear
from ..frames.render import Scene
from ..inference.session import Network
from ..painters.networks import files_in_use, open_networks
from ..painters.neural import GeneratorNetwork
from ..runtime.background import in_background
from ..runtime.cores import usable_cores
from ..runtime.memory import give_back
from ..runtime.monitor import Monitor
from .options import JobOptions


@dataclass(frozen=True, eq=False)
class Opened:
    """A job's networks, and what they decide of it."""

    generator: GeneratorNetwork
    encoder: Network | None
    options: JobOptions
    """With the avatar's own choices filled in."""

    @property
    def provider(self) -> str:
        """The one really in use."""
        return self.generator.network.provider

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should hear about, a sentence each."""
        networks = [net for net in (self.generator.network, self.generator.first, self.encoder) if net]
        warnings = {network.warning for network in networks if network.warning}
        return (*sorted(warnings), *(note for network in networks for note in network.notes))


@dataclass(frozen=True, eq=False)
class Opening:
    """A job whose avatar is being opened while its sound is heard; see `opening`."""

    avatar: Avatar
    options: JobOptions
    """With the avatar's own choices filled in."""
    templates: TemplateFrames
    monitor: Monitor
    checked: Future[None]
    networks: Future[tuple[GeneratorNetwork, Network | None]]

    @property
    def workers(self) -> int:
        """Threads that look through the template."""
        return self.options.workers or usable_cores()

    def opened(self) -> Opened:
        """Wait for the networks, and for the files to be checked."""
        self.checked.result()
        job = Opened(*self.networks.result(), self.options)
        give_back()
        return job

    def scene(self, job: Opened, hear: Hear, closed_mouths: ClosedMouths | None) -> Scene:
        """All that the job's frames are drawn from."""
        return Scene(
            family=self.avatar.generator.family,
            generator=job.generator,
            templates=self.templates,
            hear=hear,
            feather_px=self.options.feather or 0,
            overlay=self.options.overlay,
            colour_match=bool(self.options.colour_match),
            closed_mouths=closed_mouths,
        )


@contextmanager
def opening(
    avatar: Avatar, options: JobOptions, monitor: Monitor, shared: float, threads: int
) -> Generator[Opening, None, None]:
    """Open all but the sound: the template now, the networks in the background.

    `shared` is how many frames there are for each template frame; see `chosen_files`. Raises what
    `prepared` raises.
    """
    choice = avatar, options.provider, options.precision, shared
    with ExitStack() as files:
        checked = files.enter_context(_checking(lambda: check_hashes(avatar, files_in_use(*choice))))
        networks = files.enter_context(in_background(lambda: open_networks(*choice, threads)))
        templates = files.enter_context(TemplateFrames(avatar, monitor))
        if options.format == "jpg" and (file := templates.transparent()) is not None:
            how = "Choose the format png"
            raise InputError("the avatar is transparent, and a jpg has no transparency", str(file), how)
        yield Opening(avatar, decided(options, avatar), templates, monitor, checked, networks)


def decided(options: JobOptions, avatar: Avatar) -> JobOptions:
    """The options, with the avatar's own values for those that are None."""
    names = {"feather": "feather_px", "colour_match": "colour_match", "silence": "silence"}
    own = {name: getattr(avatar, field) for name, field in names.items() if getattr(options, name) is None}
    return replace(options, **own, template_start=avatar.template.loop(options.template_start).start)


@contextmanager
def _checking(check: Callable[[], None]) -> Iterator[Future[None]]:
    """Check in the background. A file that fails is what is reported, whatever else fails because of it."""
    with in_background(check) as checked:
        try:
            yield checked
        except Exception:
            checked.result()
            raise
