# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound files as other programs write them, by FFmpeg and by hand."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def encode(
    path: Path, samples: NDArray[np.float32], rate: int, codec: str, form: str | None = None, delay: float = 0
) -> None:
    """Write mono samples with a codec and a container of FFmpeg's, `delay` seconds late on its clock."""
    with av.open(str(path), "w", format=form) as file:
        stream = file.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout, stream.bit_rate = "mono", 128000
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate, round(delay * rate)
        shape = av.AudioResampler(stream.format, "mono", rate, stream.frame_size or 1024)
        for part in [*shape.resample(frame), *shape.resample(None)]:
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))


def clicks(rate: int, seconds: float, every: float = 0.5) -> NDArray[np.float32]:
    """Short bursts of 2 kHz, the first at `every` seconds: their place tells where a decoder has begun."""
    samples = np.zeros(round(rate * seconds), np.float32)
    length = rate // 100
    burst = 0.8 * np.sin(2 * np.pi * 2000 * np.arange(length) / rate) * np.hanning(length)
    for at in np.arange(every, seconds - 0.1, every):
        begin = round(at * rate)
        samples[begin : begin + length] += burst.astype(np.float32)
    return samples


def click_times(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Seconds at which the bursts' energy is centred."""
    power = samples.astype(np.float64) ** 2
    smooth = np.convolve(power, np.ones(rate // 50) / (rate // 50), "same")
    loud = smooth > smooth.max() / 4
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(int), [0]])))
    spans = [slice(max(0, a - rate // 50), b + rate // 50) for a, b in edges.reshape(-1, 2)]
    return (
        np.array([np.average(np.arange(s.start, s.start + len(power[s])), weights=power[s]) for s in spans])
        / rate
    )
