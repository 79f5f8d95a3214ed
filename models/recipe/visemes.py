# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones to mouth movement: six channels at 100 Hz, with co-articulation.

Jaw, spread and round are blended from the neighbouring phones by their weights: a phone that needs its
shape (s: teeth together) pulls hard, one that does not (h) takes the shape around it, and fast speech
undershoots. Press, bite and tongue are gestures: they are reached, held, and left again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from phones import SILENCE, Phone, letters

RATE = 100
"""Samples of a track a second; sample k is the mouth at the moment k / RATE."""
CHANNELS = ("jaw", "spread", "round", "press", "bite", "tongue")
"""Jaw dropped; corners pulled wide; lips rounded forward; lips pressed; lip under teeth; tongue's tip up."""
JAW, SPREAD, ROUND, PRESS, BITE, TONGUE = range(6)

LONG_PAUSE_S = 0.15
"""A shorter silence is a stop or a breath between words: the mouth does not go home for it."""
REACH_S = {JAW: (0.08, 0.10), SPREAD: (0.09, 0.10), ROUND: (0.14, 0.10)}
"""How far a phone is felt (before, after) it. Rounding comes early: the lips of "stew" are round in its s."""
RAMP_S = {PRESS: 0.055, BITE: 0.06, TONGUE: 0.05}
"""Time to reach and to leave a gesture; 55 ms is a brisk lip closure."""
HOLD_S = 0.05
"""A gesture is held at least this long, so that a frame of 40 ms shows it."""


@dataclass(frozen=True)
class Shape:
    """The mouth that a sound wants, every number 0..1, and how much it insists on it."""

    jaw: float
    spread: float = 0.0
    round: float = 0.0
    press: float = 0.0
    bite: float = 0.0
    tongue: float = 0.0
    weight: float = 1.0
    """Of the jaw."""
    lips: float = 1.0
    """Weight of spread and round."""
    held: float = 1.0
    """The part of its time for which a gesture is held: lips leave a p before its breath is over."""


REST = Shape(0.0, weight=1.6, lips=1.0)
HOLD = Shape(0.0, weight=0.1, lips=0.1)
"""A long pause, and a short one."""

SHAPES: dict[str, Shape] = {
    **dict.fromkeys("aɑ", Shape(0.95, 0.20)),
    **dict.fromkeys("ɐʌ", Shape(0.62, 0.22)),
    **dict.fromkeys("æ", Shape(0.82, 0.55)),
    **dict.fromkeys("ɛ", Shape(0.58, 0.50)),
    **dict.fromkeys("e", Shape(0.42, 0.70)),
    **dict.fromkeys("ɪ", Shape(0.30, 0.55)),
    **dict.fromkeys("i", Shape(0.20, 0.95)),
    **dict.fromkeys("ɨɯ", Shape(0.24, 0.40)),
    **dict.fromkeys("əɜɘᵻ", Shape(0.32, 0.18, weight=0.6, lips=0.4)),
    **dict.fromkeys("ɚɝ", Shape(0.34, 0.0, 0.38)),
    **dict.fromkeys("ɔɒ", Shape(0.70, 0.0, 0.55)),
    **dict.fromkeys("oɤ", Shape(0.48, 0.0, 0.80)),
    **dict.fromkeys("ʊɵʉ", Shape(0.28, 0.0, 0.65)),
    **dict.fromkeys("u", Shape(0.18, 0.0, 1.00)),
    **dict.fromkeys("yʏ", Shape(0.20, 0.0, 0.90)),
    **dict.fromkeys("ø", Shape(0.40, 0.0, 0.75)),
    **dict.fromkeys("œɶ", Shape(0.58, 0.0, 0.55)),
    **dict.fromkeys("pb", Shape(0.12, press=1.0, weight=0.8, lips=0.15, held=0.8)),
    **dict.fromkeys("m", Shape(0.12, press=1.0, weight=0.8, lips=0.15)),
    **dict.fromkeys("βɸ", Shape(0.15, press=0.5, weight=0.5, lips=0.2)),
    **dict.fromkeys("fvɱʋ", Shape(0.14, bite=1.0, weight=0.9, lips=0.3)),
    **dict.fromkeys("wʍɥ", Shape(0.10, 0.0, 1.0, weight=0.9, lips=1.4)),
    **dict.fromkeys("lɫɭ", Shape(0.34, tongue=0.9, weight=0.5, lips=0.2)),
    **dict.fromkeys("θð", Shape(0.22, 0.10, tongue=1.0, weight=0.8, lips=0.3)),
    **dict.fromkeys("tdnʈɖɳ", Shape(0.18, tongue=0.4, weight=0.6, lips=0.15)),
    **dict.fromkeys("rɾɽ", Shape(0.28, tongue=0.4, weight=0.4, lips=0.2)),
    **dict.fromkeys("sz", Shape(0.10, 0.40, weight=1.2, lips=0.5)),
    **dict.fromkeys("ʃʒʂʐɕʑ", Shape(0.14, 0.0, 0.60, weight=1.1, lips=0.9)),
    **dict.fromkeys("ɹɻ", Shape(0.20, 0.0, 0.50, weight=0.6, lips=0.7)),
    **dict.fromkeys("j", Shape(0.20, 0.60, weight=0.6, lips=0.5)),
    **dict.fromkeys("ʎɲcɟçʝ", Shape(0.22, 0.40, weight=0.5, lips=0.3)),
    **dict.fromkeys("kɡŋxɣχʁqɢħʀ", Shape(0.28, weight=0.35, lips=0.1)),
    **dict.fromkeys("hɦʔʕ", Shape(0.30, weight=0.05, lips=0.05)),
}
"""Our own judgement, from the vowel chart (height is the jaw, roundness the lips) and a mirror."""


def opening(params: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far the lips are apart, [...] in 0..1, of mouth parameters [..., 6]."""
    return params[..., JAW] * (1 - params[..., PRESS]) * (1 - 0.8 * params[..., BITE])


def tracks(phones: Sequence[Phone], duration: float) -> NDArray[np.float32]:
    """The mouth over a recording: float32 [ceil(duration·100) + 1, 6] in 0..1.

    `phones` follow each other in time; what they leave out is silence.
    """
    count = int(np.ceil(duration * RATE)) + 1
    places = list(_places(phones))
    result = np.zeros((count, len(CHANNELS)), np.float32)
    for channel in (JAW, SPREAD, ROUND):
        result[:, channel] = _blended(places, channel, count)
    for channel in (PRESS, BITE, TONGUE):
        result[:, channel] = _gestures(places, channel, count)
    return result


@dataclass(frozen=True)
class Place:
    """A shape and its time, in seconds."""

    shape: Shape
    start: float
    end: float


def _places(phones: Iterable[Phone]) -> Iterable[Place]:
    """Every letter's shape; the letters of one phone share its time evenly."""
    for phone in phones:
        text = letters(phone.ipa)
        step = (phone.end - phone.start) / max(1, len(text))
        for index, letter in enumerate(text):
            start = phone.start + index * step
            yield Place(SHAPES[letter], start, start + step)
        if phone.ipa == SILENCE:
            yield Place(REST if phone.end - phone.start >= LONG_PAUSE_S else HOLD, phone.start, phone.end)


def _blended(places: Sequence[Place], channel: int, count: int) -> NDArray[np.float64]:
    """A channel as the average of the targets in reach, by weight and nearness: [count]."""
    before, after = (round(seconds * RATE) for seconds in REACH_S[channel])
    margin = before + after
    target = np.zeros(count + 2 * margin)
    weight = np.full(count + 2 * margin, REST.weight)
    for place in places:
        value = getattr(place.shape, CHANNELS[channel])
        section = slice(round(place.start * RATE) + margin, round(place.end * RATE) + margin)
        target[section] = value
        weight[section] = place.shape.weight if channel == JAW else place.shape.lips
    kernel = _bell(before, after)
    blended = np.convolve(target * weight, kernel, "same") / np.convolve(weight, kernel, "same")
    return blended[margin : margin + count]


def _bell(before: int, after: int) -> NDArray[np.float64]:
    """A smooth hump that rises for `before` samples and falls for `after`; its peak is in the middle."""
    rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, before + 1) / (before + 1))
    fall = 0.5 - 0.5 * np.cos(np.pi * np.arange(after, 0, -1) / (after + 1))
    side = max(before, after)
    return np.concatenate([np.zeros(side - before), rise, [1.0], fall, np.zeros(side - after)])


def _gestures(places: Sequence[Place], channel: int, count: int) -> NDArray[np.float64]:
    """A channel of gestures, the strongest at every moment: [count]."""
    track = np.zeros(count)
    ramp = RAMP_S[channel]
    for place in places:
        strength = getattr(place.shape, CHANNELS[channel])
        if strength == 0:
            continue
        held = place.shape.held * (place.end - place.start)
        start = place.start - max(0.0, HOLD_S - held) / 2
        end = start + max(HOLD_S, held)
        first = max(0, int((start - ramp) * RATE))
        times = np.arange(first, min(count, int((end + ramp) * RATE) + 2)) / RATE
        away = np.maximum(start - times, times - end)
        near = 0.5 + 0.5 * np.cos(np.pi * np.clip(away / ramp, 0, 1))
        section = slice(first, first + len(times))
        track[section] = np.maximum(track[section], strength * near)
    return track
