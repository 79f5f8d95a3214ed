# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of frames: two frames with the same key have the same pixels, in whatever clip or folder they are.

A key is a digest of all that the pixels are made from, and of nothing else: not of where the frame lies in
the sound, nor of what is heard beyond its reach.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..arrays import Ints
from ..avatar.avatar_types import Avatar
from ..avatar.closed_mouth import RestMouths
from ..features.encoder import Mel
from ..features.windows import WINDOW_FRAMES, ZEROS
from ..frames.plan import Plan
from .opening import Opened
from .record import PIXEL_OPTIONS, versions

_KEY_BYTES = 16
_ELSEWHERE = ("fps", "silence")  # their effect is in what is heard, shown and held

Listen = Callable[[Ints], bytes]
"""What a frame hears: from the windows [w] of its plan row to bytes that stand for it."""


class Parts(Protocol):
    """A sound that is heard in numbered parts, such as HubertRows."""

    def parts(self, starts: Ints, /) -> Sequence[int]:
        """The numbers of the parts that the windows [w] of a plan row take, rising."""

    def heard(self, number: int, /) -> NDArray[np.generic]:
        """All that a part is made from."""

    def within(self, starts: Ints, /) -> Ints:
        """The windows counted from the first of the parts, or ZEROS."""


def frame_keys(plan: Plan, avatar: Avatar, job: Opened, rest: RestMouths | None, listen: Listen) -> list[str]:
    """A key of 32 hexadecimal digits for each row of the plan.

    Args:
        plan: Of a clip.
        avatar: Who speaks.
        job: What draws.
        rest: The closed mouths, where the plan holds any.
        listen: What a row hears.
    """
    shared = blake2b(json.dumps(_shared(avatar, job), sort_keys=True).encode(), digest_size=_KEY_BYTES)

    def key(template: int, hold: np.float32, windows: Ints) -> str:
        digest = shared.copy()
        digest.update(np.int32(template).tobytes() + hold.tobytes())
        if hold > 0 and rest is not None:
            for array in (rest.before, rest.after, rest.share):
                digest.update(array[template].tobytes())
        if hold != 1:
            digest.update(listen(windows))
        return digest.hexdigest()

    rows = zip(plan.templates.tolist(), plan.hold, plan.windows, strict=True)
    return [key(*row) for row in rows]


def _shared(avatar: Avatar, job: Opened) -> Mapping[str, object]:
    """What is the same for all frames of a job."""
    options = {name: getattr(job.options, name) for name in PIXEL_OPTIONS if name not in _ELSEWHERE}
    if job.options.format != "jpg":
        del options["quality"]
    # As numbers: a width of 4 and of 4.0 pixels are the same.
    options["feather"] = float(options["feather"])
    return {"avatar": avatar.fingerprint, **options, "provider": job.provider, "versions": versions()}


def listen_to_mel(mel: Mel) -> Listen:
    """The mel frames of all windows of a row, and where the windows lie in them."""

    def listen(starts: Ints) -> bytes:
        there = starts[starts != ZEROS]
        if not there.size:
            return b""
        first, last = int(there.min()), int(there.max())
        relative = np.where(starts == ZEROS, np.int32(ZEROS), starts - np.int32(first))
        return relative.tobytes() + mel[first : last + WINDOW_FRAMES].tobytes()

    return listen


def listen_to_parts(sound: Parts) -> Listen:
    """All that the parts of a row are made from, and where its windows lie in them."""

    @cache
    def digest(number: int) -> bytes:
        part = np.ascontiguousarray(sound.heard(number))
        return blake2b(part.tobytes(), digest_size=_KEY_BYTES).digest()

    def listen(starts: Ints) -> bytes:
        return sound.within(starts).tobytes() + b"".join(digest(number) for number in sound.parts(starts))

    return listen
