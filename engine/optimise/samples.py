# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generator is given in a real job, and what it draws: to calibrate by, and to compare with."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..arrays import Floats
from ..avatar.avatar_types import Avatar, PreparedPart
from ..inference.families import Family
from ..job.options import JobOptions
from ..job.setup import prepared
from ..painters.face_tensors import network_input
from ..runtime.monitor import Monitor
from ..sound.sound import RATE, Sound, open_sound


@dataclass(frozen=True, eq=False)
class Sample:
    """One frame."""

    inputs: dict[str, Floats]
    """The generator's inputs [1, ...]."""
    output: Floats
    """What it draws, [*family.output_shape]."""


def take_samples(avatar: Avatar, sound: Path, count: int, monitor: Monitor, gain: float = 1) -> list[Sample]:
    """Frames spread evenly over the avatar saying `sound`, louder by `gain`; InputError as by a job."""
    avatar = replace(avatar, prepared=PreparedPart())
    return list(_samples(avatar, _louder(open_sound(sound), gain), count, monitor))


def psnr(family: Family, drawn: Floats, exact: Floats) -> float:
    """Peak signal-to-noise ratio in dB of what stands in the mask of one frame, in its 255 levels."""
    x, y, width, height = family.mask
    window = (slice(None), slice(y, y + height), slice(x, x + width))
    mean = float(np.mean((_levels(drawn[window]) - _levels(exact[window])) ** 2))
    return float(10 * np.log10(255**2 / max(mean, 1e-9)))


def _louder(sound: Sound, gain: float) -> Sound:
    """The sound at RATE and with all samples times `gain`, as far as there is room for them."""
    samples = np.concatenate(list(sound.blocks()))
    return open_sound((np.clip(gain * samples, -1, 1), RATE))


def _samples(avatar: Avatar, sound: Sound, count: int, monitor: Monitor) -> Iterator[Sample]:
    family = avatar.generator.family
    with prepared(sound, avatar, JobOptions(provider="cpu"), monitor) as ready:
        plan, scene = ready.plan, ready.scene
        rows = np.unique(np.linspace(0, len(plan) - 1, count).astype(int))
        for row in monitor.steps("samples", rows.tolist(), len(rows)):
            picture = np.empty((1, *family.image_shape), np.float32)
            network_input(scene.templates[int(plan.templates[row])].crop, family, picture[0])
            heard = np.array(scene.hear(plan.windows[row])).reshape(1, *family.audio_shape)
            output = scene.generator.draw(scene.generator.see(picture), heard)
            yield Sample({family.image_name: picture, family.audio_name: heard}, output)


def _levels(output: Floats) -> Floats:
    return np.asarray(np.floor(np.clip(output, 0, 1) * np.float32(255)), np.float32)
