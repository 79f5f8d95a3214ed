# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of frames: two frames with the same key have the same pixels, in whatever clip or folder they are.

A key is a digest of all that the pixels are made from, and of nothing else: not of where the frame lies in
the sound, nor of what is heard beyond its reach.
"""

import json
from collections.abc import Mapping
from hashlib import blake2b

import numpy as np

from ..arrays import Ints
from ..avatar.avatar_types import Avatar
from ..avatar.closed_mouth import ClosedMouths
from ..features.front_ends import Listen
from ..frames.plan import Plan
from .opening import Opened
from .options import DIRECTION, PIXEL_OPTIONS
from .record import versions

_KEY_BYTES = 16
_ELSEWHERE = ("fps", "silence", *DIRECTION)  # their effect is in what is heard, shown and held


def frame_keys(
    plan: Plan, avatar: Avatar, job: Opened, closed_mouths: ClosedMouths | None, listen: Listen
) -> list[str]:
    """A key of 32 hexadecimal digits for each row of the plan.

    Args:
        plan: Of a clip.
        avatar: Who speaks.
        job: What draws.
        closed_mouths: The closed mouths, where the plan holds any.
        listen: What a row hears.
    """
    shared = blake2b(json.dumps(_shared(avatar, job), sort_keys=True).encode(), digest_size=_KEY_BYTES)

    def key(template: int, hold: np.float32, windows: Ints) -> str:
        digest = shared.copy()
        digest.update(np.int32(template).tobytes() + hold.tobytes())
        if hold > 0 and closed_mouths is not None:
            for array in (closed_mouths.before, closed_mouths.after, closed_mouths.share):
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
