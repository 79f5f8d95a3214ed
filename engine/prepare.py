# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes before the first frame: the sound heard, the plan made, and meanwhile files checked and networks
opened.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .avatar_files import check_hashes, files_in_use, open_networks
from .avatar_types import Avatar
from .encoder import EncoderRows, Mel
from .families import Family
from .generator import GeneratorNetwork
from .hubert import HubertRows, hubert
from .job import JobOptions
from .logmel import BANDS, log_mel_chunks
from .loudness import Stretch, loudness, silent, stretches
from .meanwhile import meanwhile
from .memory import give_back
from .pipeline import Hear, Scene
from .plan import Plan, frames_a_template, make_plan
from .pool import usable_cores
from .rest import RestMouths, find_rest
from .row_file import RowFile
from .session import Network
from .sound import RATE, Sound
from .template import TemplateFrames
from .timeline import WINDOW_FRAMES
from .watch import Watch
from .wenet import WenetChunks, wenet

Floats = NDArray[np.float32]


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
        networks = (self.generator.network, self.generator.first, self.encoder)
        return tuple(sorted({network.warning for network in networks if network and network.warning}))


@dataclass(frozen=True, eq=False)
class Prepared:
    """All that frames are made from, and what they are made with."""

    plan: Plan
    """Of the whole sound."""
    scene: Scene
    job: Opened


def open_job(sound: Sound, avatar: Avatar, options: JobOptions, threads: int = 1) -> Opened:
    """Check the files and open the networks, without hearing the sound; raises as `prepared`."""
    choice = _choice(sound, avatar, options)
    check_hashes(avatar, files_in_use(*choice))
    return Opened(*open_networks(*choice, threads), _decided(options, avatar))


@contextmanager
def prepared(
    sound: Sound, avatar: Avatar, options: JobOptions, watch: Watch, threads: int = 1
) -> Generator[Prepared, None, None]:
    """Make ready; temporary files are gone when the context is left.

    `threads` is how many the networks may use; see `share_cores`.

    Raises:
        InputError: The sound, the avatar (AvatarError) or the provider is wrong.
        JobCancelled: The watch says so.
    """
    choice = _choice(sound, avatar, options)
    options = _decided(options, avatar)
    family = avatar.generator.family
    with ExitStack() as files:
        checked = files.enter_context(_checking(lambda: check_hashes(avatar, files_in_use(*choice))))
        opened = files.enter_context(meanwhile(lambda: open_networks(*choice, threads)))
        templates = files.enter_context(TemplateFrames(avatar, watch))
        blocks = _heard(sound, watch)
        samples: RowFile | None = None
        if family.audio in ("hubert", "wenet"):
            samples = files.enter_context(RowFile((block[:, None] for block in blocks), 1))
            blocks = (chunk[:, 0] for chunk in samples.chunks(RATE))
        with watch.stages.time("mel"):
            mel = files.enter_context(RowFile(log_mel_chunks(blocks), BANDS))
        silences = stretches(silent(loudness(mel.chunks()))) if options.silence == "hold" else []
        plan = _plan(sound, avatar, options.fps, len(mel), silences)
        rest = _rest(templates, family, plan, options.workers or usable_cores(), watch)
        checked.result()
        job = Opened(*opened.result(), options)
        give_back()
        scene = Scene(
            family=family,
            generator=job.generator,
            templates=templates,
            hear=_hear(family, mel, samples, plan, job.encoder),
            feather_px=options.feather or 0,
            overlay=options.overlay,
            colour_match=bool(options.colour_match),
            rest=rest,
        )
        yield Prepared(plan, scene, job)


@contextmanager
def _checking(check: Callable[[], None]) -> Iterator[Future[None]]:
    """Do the check meanwhile. A file that fails it is what is told of, whatever else fails because of it."""
    with meanwhile(check) as checked:
        try:
            yield checked
        except Exception:
            checked.result()
            raise


def _choice(sound: Sound, avatar: Avatar, options: JobOptions) -> tuple[Avatar, str, str, float]:
    """What says which networks the job needs."""
    template = avatar.template
    shared = frames_a_template(sound.duration, options.fps, template.count, template.fps)
    return avatar, options.provider, options.precision, shared


def _decided(options: JobOptions, avatar: Avatar) -> JobOptions:
    """The options, with the avatar's own choices where they leave it to him."""
    names = {"feather": "feather_px", "colour_match": "colour_match", "silence": "silence"}
    own = {name: getattr(avatar, field) for name, field in names.items() if getattr(options, name) is None}
    return replace(options, **own)


def _rest(
    templates: TemplateFrames, family: Family, plan: Plan, workers: int, watch: Watch
) -> RestMouths | None:
    """The closed mouths of the template, looked for if the plan holds any."""
    held = plan.hold > 0
    if not held.any():
        return None
    return find_rest(templates, family, plan.templates[held].tolist(), workers, watch)


def _heard(sound: Sound, watch: Watch) -> Iterator[Floats]:
    """The blocks of the sound, with progress in seconds."""
    total = -(-sound.samples // sound.rate)
    samples = 0
    watch.progress("sound", 0, total)
    for block in sound.blocks():
        watch.check()
        yield block
        samples += len(block)
        watch.progress("sound", min(total, -(-samples // RATE)), total)


def _plan(sound: Sound, avatar: Avatar, fps: Fraction, mel_frames: int, silences: Sequence[Stretch]) -> Plan:
    template = avatar.template
    return make_plan(
        sound.duration,
        fps,
        mel_frames,
        avatar.generator.family,
        avatar.audio.edge,
        template.count,
        template.fps,
        silences,
    )


def _hear(family: Family, mel: Mel, samples: RowFile | None, plan: Plan, encoder: Network | None) -> Hear:
    """What a frame hears: rows of the encoder, or the one mel window itself, as [80, 16].

    HuBERT and WeNet hear the samples, which were kept for them.
    """
    if encoder is None:
        return lambda window: mel[window[0] : window[0] + WINDOW_FRAMES].T
    if samples is not None and family.audio == "wenet":
        return WenetChunks(samples, wenet(encoder)).window
    if samples is not None:
        return HubertRows(samples, hubert(encoder)).window
    # The starts of the full plan, not of the frames that are missing: see EncoderRows.
    return EncoderRows(mel, plan.windows, lambda windows: encoder.run({"mel": windows})).window
