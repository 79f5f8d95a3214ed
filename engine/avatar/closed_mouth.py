# SPDX-License-Identifier: GPL-3.0-or-later
"""The avatar's own closed mouth, found in its template.

A template may show someone who speaks. What is looked for is the dark inside of a mouth: brightness that
falls far below what is usual at the same place of the face square. A mouth that never opens, a nostril, a
beard and a drawn line are as dark as usual, so they do not count.
"""

from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np

from ..arrays import Doubles, Floats, Ints, Pixels, smoothstep
from ..inference.families import Family
from ..runtime.monitor import Monitor
from ..runtime.pool import in_order
from .template import TemplateFrames

_SAMPLES = 96  # template frames, evenly spread, that say what is usual
_SIDE = 48  # pixels of the small image of a mouth
_USUAL = 75  # percentile of the brightness over time: a mouth that is open half of the time does not hide it
_DARK = 0.6  # of the usual brightness; shadows of a turning head stay above it
_MIDDLE = slice(_SIDE // 6, _SIDE - _SIDE // 6)  # leaves out the background beside a turning head
_CLOSED = 0.15  # of the way from the least to the widest opening
_NOTHING = 0.004  # share of the image: specks that are no opening
_WIDEST = 95  # percentile, so that one odd frame does not count as the widest


@dataclass(frozen=True, eq=False)
class ClosedMouths:
    """For every template frame, the closed mouths next to it in the template's order; plain data.

    A frame with a closed mouth is its own neighbour. Between two of them the mouth is mixed, so that it does
    not jump while the template plays.
    """

    before: Ints
    """[n] the nearest template frame with a closed mouth, at or before each."""
    after: Ints
    """[n] the nearest at or behind it."""
    share: Floats
    """[n] how much of `after` is in the mixture, 0 ... 1."""


def find_closed_mouths(
    templates: TemplateFrames,
    family: Family,
    shown: Collection[int],
    workers: int,
    monitor: Monitor | None = None,
) -> ClosedMouths:
    """Look for closed mouths among the template frames `shown`, and in samples of all of the template.

    The samples say what is usual, and lend a closed mouth to a stretch that has none.
    The result is the same for any number of workers.

    Raises:
        AvatarError: A template frame cannot be decoded.
        JobCancelled: The monitor was cancelled.
    """
    count = len(templates)
    samples = np.unique(np.linspace(0, count - 1, min(count, _SAMPLES)).round().astype(np.int32))
    looked_at = np.union1d(samples, np.array(sorted(shown), np.int32))

    def look(index: int) -> Floats:
        return _small(templates.glance(index), family).astype(np.float32)

    seen = dict(zip(samples.tolist(), in_order(samples.tolist(), look, workers, monitor), strict=True))
    usual = np.percentile(list(seen.values()), _USUAL, axis=0)

    def opening(index: int) -> float:
        mouth = seen[index] if index in seen else look(index)
        return float((mouth < _DARK * usual)[:, _MIDDLE].mean())

    openings = np.array(list(in_order(looked_at.tolist(), opening, workers, monitor)))
    return neighbours(looked_at[openings <= closed_limit(openings)], count)


def closed_limit(openings: Doubles) -> float:
    """The opening [n] -> scalar up to which a mouth is taken for closed; at least one of them is."""
    least = float(openings.min())
    return least + max(_NOTHING, _CLOSED * (float(np.percentile(openings, _WIDEST)) - least))


def neighbours(closed: Ints, count: int) -> ClosedMouths:
    """The closed frames (rising, at least one) next to each of `count` template frames."""
    frames = np.arange(count)
    place = np.searchsorted(closed, frames)
    after = closed[place.clip(max=len(closed) - 1)]
    before = closed[np.where(after == frames, place, place - 1).clip(0, len(closed) - 1)]
    share = np.where(after > before, (frames - before) / np.maximum(after - before, 1), 0)
    return ClosedMouths(before.astype(np.int32), after.astype(np.int32), share.astype(np.float32))


def closed_mouth_crop(
    templates: TemplateFrames, index: int, closed_mouths: ClosedMouths, family: Family
) -> Pixels:
    """The face crop [family.crop, family.crop, 3] of a template frame, with its mouth at closed_mouths.

    Only what the network is meant to draw (the family's mask) comes from the closed frames, with a soft edge.
    """
    own = templates[index].crop
    before, after = int(closed_mouths.before[index]), int(closed_mouths.after[index])
    if before == after == index:
        return own
    share = np.float32(closed_mouths.share[index])
    mouth = templates[before].crop.astype(np.float32)
    mouth += share * (templates[after].crop - mouth)
    mixed = own + mouth_mask(family)[:, :, None] * (mouth - own)
    return np.rint(mixed).astype(np.uint8)


def mouth_mask(family: Family) -> Floats:
    """What the network draws of a face crop, [crop, crop] in 0 ... 1: 1 inside the mask, with a soft edge."""
    x, y, width, height = family.mask
    inside = np.outer(_soft(height), _soft(width))
    mask = np.zeros((family.crop, family.crop), np.float32)
    mask[y + family.inset : y + family.inset + height, x + family.inset : x + family.inset + width] = inside
    return mask


def _soft(length: int) -> Floats:
    """0 outside, 1 from an eighth of the length inwards; smooth between them."""
    depth = np.minimum(np.arange(length) + 1, np.arange(length)[::-1] + 1)
    return smoothstep(depth / (length / 8)).astype(np.float32)


def thumbnail(crop: Pixels, family: Family) -> Pixels:
    """What the network is meant to draw of a face crop [family.crop, family.crop, 3], small: [48, 48, 3].

    Its pixels are means, so that grain and the artefacts of compression are not taken for movement.
    """
    return _small(crop, family)


def _small(face: Pixels, family: Family) -> Pixels:
    """The same of a face square [n, n] or [n, n, 3] of any size: [48, 48] or [48, 48, 3]."""
    x, y, width, height = family.mask
    edges = np.array([x, y, x + width, y + height]) + family.inset
    left, top, right, bottom = (edges * len(face) / family.crop).round().astype(int)
    part = face[top:bottom, left:right]
    return np.asarray(cv2.resize(part, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.uint8)
