# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms, noises and microphones: what lies between a clean voice and the sound that a user brings.

Every function takes and gives float32 [n] at 16 kHz and draws its choices from `rng`.
"""

from collections.abc import Callable

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

RATE = 16000

Sound = NDArray[np.float32]


def level(samples: Sound) -> float:
    """RMS of the parts that are not silent; 1e-4 where all is."""
    peak = float(np.abs(samples).max(initial=0.0))
    loud = samples[np.abs(samples) > 0.02 * peak] if peak > 0 else samples[:0]
    return float(np.sqrt(np.mean(loud**2))) if len(loud) else 1e-4


def faster(samples: Sound, factor: float) -> Sound:
    """Played `factor` times as fast, pitch and timbre with it."""
    return soxr.resample(samples, RATE * factor, RATE).astype(np.float32)


def equalised(samples: Sound, rng: np.random.Generator) -> Sound:
    """A microphone's own colour: a tilt and two broad bumps, within about 8 dB."""
    count = len(samples)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(count, 1 / RATE), 50) / 1000)
    decibels = rng.uniform(-4, 4) * octaves / 2
    for _ in range(2):
        decibels += rng.uniform(-6, 6) * np.exp(
            -(((octaves - rng.uniform(-3, 3)) / rng.uniform(0.4, 1.5)) ** 2)
        )
    return np.fft.irfft(np.fft.rfft(samples) * 10 ** (decibels / 20), count).astype(np.float32)


def in_a_room(samples: Sound, rng: np.random.Generator) -> Sound:
    """A room of decaying noise, 0.1 to 0.9 s long, near or far; the direct sound keeps its time."""
    decay = rng.uniform(0.1, 0.9)
    count = int(decay * RATE)
    tail = rng.standard_normal(count) * np.exp(-6.9 * np.arange(count) / count)
    tail[: int(rng.uniform(0.001, 0.02) * RATE)] = 0
    tail = sosfilt(butter(1, rng.uniform(2000, 7000), fs=RATE, output="sos"), tail)
    tail *= 10 ** (rng.uniform(-20, 0) / 20) / np.sqrt(np.sum(tail**2))
    tail[0] += 1.0
    return fftconvolve(samples, tail)[: len(samples)].astype(np.float32)


def narrow(samples: Sound, rng: np.random.Generator) -> Sound:
    """A telephone, a cheap microphone, an old recording: the band's ends cut off."""
    low, high = rng.uniform(60, 350), rng.uniform(3200, 7000)
    return sosfilt(butter(3, [low, high], "bandpass", fs=RATE, output="sos"), samples).astype(np.float32)


def coded(samples: Sound, rng: np.random.Generator) -> Sound:
    """The grain of a codec: mu-law steps, 5 to 8 bits."""
    peak = float(np.abs(samples).max(initial=1e-6))
    steps, mu = 2.0 ** rng.integers(4, 8), 255.0
    pressed = np.sign(samples) * np.log1p(mu * np.abs(samples) / peak) / np.log1p(mu)
    pressed = np.round(pressed * steps) / steps
    return (peak * np.sign(pressed) * np.expm1(np.abs(pressed) * np.log1p(mu)) / mu).astype(np.float32)


def clipped(samples: Sound, rng: np.random.Generator) -> Sound:
    """Too loud for its microphone."""
    ceiling = rng.uniform(0.25, 0.8) * float(np.abs(samples).max(initial=1e-6))
    return np.clip(samples, -ceiling, ceiling)


def coloured(count: int, slope: float, rng: np.random.Generator) -> Sound:
    """Noise whose power falls with frequency to the `slope`: 0 white, 1 pink, 2 brown."""
    frequency = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20)
    spectrum = np.fft.rfft(rng.standard_normal(count)) * frequency ** (-slope / 2)
    noise = np.fft.irfft(spectrum, count)
    return (noise / np.std(noise)).astype(np.float32)


def hiss(count: int, rng: np.random.Generator) -> Sound:
    """Steady noise of any colour between white and brown."""
    return coloured(count, rng.uniform(0, 2), rng)


def wind(count: int, rng: np.random.Generator) -> Sound:
    """Noise that swells and falls, as wind, waves or passing cars do."""
    swell = coloured(count // 1600 + 2, 1.5, rng)
    gain = np.interp(np.arange(count) / 1600, np.arange(len(swell)), 10 ** (6 * swell / 20))
    return (coloured(count, rng.uniform(0.5, 2), rng) * gain).astype(np.float32)


def hum(count: int, rng: np.random.Generator) -> Sound:
    """Mains or a fan: harmonics of a low note, and a little noise."""
    base = rng.choice([50.0, 60.0, rng.uniform(40, 160)])
    time = np.arange(count) / RATE
    tones = sum(
        rng.uniform(0, 1) / k * np.sin(2 * np.pi * (base * k * time + rng.random())) for k in range(1, 12)
    )
    return (tones + rng.uniform(0.02, 0.5) * coloured(count, 1, rng)).astype(np.float32)


def music(count: int, rng: np.random.Generator) -> Sound:
    """Chords of plucked or blown tones in a beat, with or without drums and vibrato."""
    out = np.zeros(count, np.float32)
    beat = int(rng.uniform(0.25, 0.8) * RATE)
    root, partials = rng.uniform(80, 220), rng.integers(1, 10)
    sharpness, brightness = rng.uniform(0.5, 6), rng.uniform(0.3, 1.2)
    drums = rng.random() < 0.5
    for start in range(0, count, beat):
        length = min(count - start, beat * int(rng.integers(1, 4)))
        time = np.arange(length) / RATE
        shape = np.exp(-sharpness * time) * np.minimum(1, time / 0.01)
        note = np.zeros(length)
        for step in rng.choice(
            [0, 3, 4, 5, 7, 9, 12, 14, 16, 19, 24], size=rng.integers(1, 4), replace=False
        ):
            pitch = root * 2 ** (step / 12)
            wobble = rng.uniform(0, 0.5) * np.sin(2 * np.pi * rng.uniform(4, 7) * time)
            for k in range(1, partials + 1):
                note += np.sin(2 * np.pi * pitch * k * time + k * wobble) / k**brightness
        out[start : start + length] += note * shape
        if drums:
            hit = min(count - start, int(0.15 * RATE))
            drum = coloured(hit, rng.choice([0.0, 1.0, 2.0]), rng)
            out[start : start + hit] += 2 * drum * np.exp(-30 * np.arange(hit) / RATE)
    return out


def knocks(count: int, rng: np.random.Generator) -> Sound:
    """Clicks, keys, knocks, rustling, breaths: short bursts of filtered noise now and then."""
    out = np.zeros(count, np.float32)
    for _ in range(rng.poisson(count / RATE * rng.uniform(0.3, 3))):
        length = min(count, int(10 ** rng.uniform(-2.3, -0.3) * RATE))
        start = int(rng.integers(0, count - length + 1))
        burst = coloured(max(length, 8), rng.uniform(-1, 2), rng)[:length]
        rise = rng.choice([0.02, 0.3])
        shape = np.interp(np.linspace(0, 1, length), [0, rise, 1], [0, 1, 0]) ** 2
        out[start : start + length] += rng.uniform(0.2, 3) * burst * shape
    return out


def tones(count: int, rng: np.random.Generator) -> Sound:
    """Beeps, sirens, whistles: one gliding sine at a time."""
    time = np.arange(count) / RATE
    knots = np.arange(0, count / RATE + 2, rng.uniform(0.2, 2))
    pitch = np.interp(time, knots, rng.uniform(200, 3000, len(knots)))
    gate = np.interp(time, knots, rng.random(len(knots)) > 0.5)
    return (gate * np.sin(2 * np.pi * np.cumsum(pitch) / RATE)).astype(np.float32)


BEDS: tuple[Callable[[int, np.random.Generator], Sound], ...] = (
    hiss,
    hiss,
    wind,
    hum,
    music,
    music,
    knocks,
    tones,
)
"""What may lie behind a voice, or be there instead of one; the commonest twice."""


def bed(count: int, rng: np.random.Generator) -> Sound:
    """A background of one or two kinds, RMS 1."""
    out = np.zeros(count, np.float32)
    for index in rng.choice(len(BEDS), size=rng.choice([1, 1, 2]), replace=False):
        layer = BEDS[index](count, rng)
        out += layer / max(1e-6, float(np.sqrt(np.mean(layer**2))))
    return out / max(1e-6, float(np.sqrt(np.mean(out**2))))


def recorded(samples: Sound, rng: np.random.Generator) -> Sound:
    """A clean sound as somebody might have recorded it: room, background, microphone, codec and level.

    Speech is heard 5 to 45 dB above the background; a quarter of the recordings have none.
    """
    voice = level(samples)
    if rng.random() < 0.5:
        samples = in_a_room(samples, rng)
    if rng.random() < 0.75:
        ratio = 10 ** (-rng.choice([rng.uniform(5, 20), rng.uniform(15, 45)]) / 20)
        samples = samples + voice * ratio * bed(len(samples), rng)
    for effect, chance in ((equalised, 0.5), (narrow, 0.2), (clipped, 0.08), (coded, 0.1)):
        if rng.random() < chance:
            samples = effect(samples, rng)
    wanted = 10 ** (rng.uniform(-38, -12) / 20)
    return np.clip(samples * (wanted / level(samples)), -1, 1).astype(np.float32)
