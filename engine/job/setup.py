# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes before the first frame: the sound heard, the plan made, and meanwhile files checked and networks
opened.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction

from ..arrays import Floats
from ..avatar.avatar_types import Avatar
from ..avatar.closed_mouth import ClosedMouths, find_closed_mouths
from ..avatar.hashes import check_hashes
from ..features.front_ends import FRONT_ENDS, Audible
from ..features.logmel import BANDS, log_mel_chunks
from ..features.loudness import Stretch, loudness, silent, stretches
from ..features.row_file import RowFile
from ..frames.plan import Plan, frames_a_template, make_plan
from ..frames.render import Scene
from ..painters.networks import files_in_use, open_networks
from ..runtime.monitor import Monitor
from ..sound.sound import RATE, Sound
from .opening import Opened, Opening, decided, opening
from .options import JobOptions


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
    return Opened(*open_networks(*choice, threads), decided(options, avatar))


@contextmanager
def prepared(
    sound: Sound, avatar: Avatar, options: JobOptions, monitor: Monitor, threads: int = 1
) -> Generator[Prepared, None, None]:
    """Make ready; temporary files are gone when the context is left.

    `threads` is how many the networks may use; see `share_cores`.

    Raises:
        InputError: The sound, the avatar (AvatarError) or the provider is wrong.
        JobCancelled: The watch says so.
    """
    front_end = FRONT_ENDS[avatar.generator.family.audio]
    shared = _choice(sound, avatar, options)[-1]
    with opening(avatar, options, monitor, shared, threads) as begun, ExitStack() as files:
        blocks = _heard(sound, monitor)
        samples: RowFile | None = None
        if front_end.hears_samples:
            samples = files.enter_context(RowFile((block[:, None] for block in blocks), 1))
            blocks = (chunk[:, 0] for chunk in samples.chunks(RATE))
        with monitor.timings.time("mel"):
            mel = files.enter_context(RowFile(log_mel_chunks(blocks), BANDS))
        hold = begun.options.silence == "hold"
        silences = stretches(silent(loudness(mel.chunks()))) if hold else []
        plan = _plan(sound, avatar, options.fps, len(mel), silences)
        closed_mouths = _closed_mouths(begun, plan)
        job = begun.opened()
        hear, _ = front_end.ears(Audible(mel, samples, plan.windows), job.encoder)
        yield Prepared(plan, begun.scene(job, hear, closed_mouths), job)


def _choice(sound: Sound, avatar: Avatar, options: JobOptions) -> tuple[Avatar, str, str, float]:
    """What says which networks the job needs."""
    template = avatar.template
    shared = frames_a_template(sound.duration, options.fps, template.count, template.fps)
    return avatar, options.provider, options.precision, shared


def _closed_mouths(begun: Opening, plan: Plan) -> ClosedMouths | None:
    """The closed mouths of the template, looked for if the plan holds any."""
    held = plan.hold > 0
    if not held.any():
        return None
    shown, family = plan.templates[held].tolist(), begun.avatar.generator.family
    return find_closed_mouths(begun.templates, family, shown, begun.workers, begun.monitor)


def _heard(sound: Sound, monitor: Monitor) -> Iterator[Floats]:
    """The blocks of the sound, with progress in seconds."""
    total = -(-sound.samples // sound.rate)
    samples = 0
    monitor.progress("sound", 0, total)
    for block in sound.blocks():
        monitor.check()
        yield block
        samples += len(block)
        monitor.progress("sound", min(total, -(-samples // RATE)), total)


def _plan(sound: Sound, avatar: Avatar, fps: Fraction, mel_frames: int, silences: Sequence[Stretch]) -> Plan:
    template = avatar.template
    return make_plan(
        sound.duration,
        fps,
        mel_frames,
        avatar.generator.family.audio,
        avatar.audio.edge,
        template.count,
        template.fps,
        silences,
    )
