# SPDX-License-Identifier: GPL-3.0-or-later
"""The contracts of the model families, slow and plain: a frame at a time, no code shared with the engine.

Sound is 16 kHz mono float32, images are BGR uint8. A network is run as `run(first input,
second input)`, in the order in which the contract names them.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import librosa
import numpy as np
import onnxruntime
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Box = tuple[int, int, int]
Run = Callable[..., Floats]


def network(path: Path, *inputs: str) -> Run:
    """A network as a function of its inputs, in the order of the names."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda *values: session.run(None, dict(zip(inputs, values, strict=True)))[0]


def log_mel(sound: Floats) -> Floats:
    """[T, 80]: 80 mel frames a second."""
    x = sound.astype(np.float64)
    emphasised = np.array([x[n] - (0.97 * x[n - 1] if n else 0) for n in range(len(x))])
    spectrum = np.abs(
        librosa.stft(
            emphasised, n_fft=800, hop_length=200, win_length=800, window="hann", pad_mode="constant"
        )
    )
    filters = librosa.filters.mel(sr=16000, n_fft=800, n_mels=80, fmin=55, fmax=7600, dtype=np.float64)
    decibels = 20 * np.log10(np.maximum(1e-5, filters @ spectrum)) - 20
    return np.asarray(np.clip(8 * (decibels + 100) / 100 - 4, -4, 4).T, np.float32)


def encoder_rows(mel: Floats, encoder: Run) -> list[Floats]:
    """The rows [512] of a sound, 25 a second."""
    rows = []
    for n in range(int((len(mel) - 16) / 80 * 25) + 2):
        start = int(80 * n / 25)
        window = mel[start : start + 16] if start + 16 <= len(mel) else mel[-16:]
        rows.append(encoder(window.T[None, None])[0])
    return rows


def synctalk_sound(rows: Sequence[Floats], i: int) -> Floats:
    """What frame i hears: [1, 32, 16, 16]."""
    padded = [rows[0], *rows, rows[-1]]
    zeros = np.zeros(512, np.float32)
    taken = [padded[k] if 0 <= k < len(padded) else zeros for k in range(i - 8, i + 8)]
    return np.array(taken).reshape(1, 32, 16, 16)


def hubert_rows(sound: Floats, hubert: Run) -> Floats:
    """The rows [T, 1024] of a sound, 50 a second: clips of 20 s, 80 samples more for the last row of each."""
    x = sound.astype(np.float64)
    x = ((x - x.mean()) / np.sqrt(x.var() + 1e-7)).astype(np.float32)
    rows = [np.zeros((0, 1024), np.float32)]
    for at in range(0, len(x), 320000):
        clip = x[at : at + 320080]
        if len(clip) >= 400:
            rows.append(hubert(clip[None])[0])
    return np.concatenate(rows)


def ultralight_sound(rows: Floats, i: int) -> Floats:
    """What frame i hears: [1, 16, 32, 32], eight pairs of rows, the fifth its own."""
    pairs = [rows[2 * k : 2 * k + 2] for k in range(len(rows) // 2)]
    zeros = np.zeros((2, 1024), np.float32)
    taken = [pairs[k] if 0 <= k < len(pairs) else zeros for k in range(i - 4, i + 4)]
    return np.array(taken).reshape(1, 16, 32, 32)


def kaldi_fbank(x: Floats) -> Floats:
    """[t, 80] of 16-bit samples: 25 ms frames every 10 ms, Povey window, 20 to 8000 Hz."""

    def mel(hertz: float) -> float:
        return 1127 * math.log(1 + hertz / 700)

    step = (mel(8000) - mel(20)) / 81
    filters = np.zeros((80, 257))
    for band in range(80):
        left = mel(20) + band * step
        for k in range(256):
            up, down = (mel(k * 31.25) - left) / step, (left + 2 * step - mel(k * 31.25)) / step
            filters[band, k] = max(0.0, min(up, down))
    hann = np.array([0.5 - 0.5 * math.cos(2 * math.pi * n / 399) for n in range(400)])
    rows = []
    for at in range(0, len(x) - 399, 160):
        frame = x[at : at + 400].astype(np.float64)
        frame = frame - frame.mean()
        frame = np.array([frame[n] - 0.97 * frame[max(0, n - 1)] for n in range(400)]) * hann**0.85
        power = np.abs(np.fft.rfft(np.concatenate([frame, np.zeros(112)]))) ** 2
        rows.append(np.log(np.maximum(filters @ power, 2.0**-23)))
    return np.array(rows, np.float32)


def wenet_chunks(sound: Floats, wenet: Run) -> list[Floats]:
    """The chunks [16, 512] of a sound, 20 a second."""
    whole = (sound * np.float32(32767)).astype(np.int16)
    bank = kaldi_fbank(np.concatenate([np.zeros(32 * 160), whole, np.zeros(35 * 160)]))
    offset, attention = np.full(1, 100, np.int64), np.zeros((3, 8, 16, 128), np.float32)
    convolution = np.zeros((3, 1, 512, 14), np.float32)
    chunks: list[Floats] = []
    start = end = 0
    while end < len(bank):
        end = start + 67
        chunk = np.zeros((67, 80), np.float32)
        chunk[: len(bank[start:end])] = bank[start:end]
        chunks.append(wenet(chunk[None, None], offset, attention, convolution)[0])
        start += 5
    return chunks


def wenet_sound(chunks: Sequence[Floats], i: int) -> Floats:
    """What frame i hears at 20 frames a second: [1, 128, 16, 32]."""
    zeros = np.zeros((16, 512), np.float32)
    taken = [chunks[k] if 0 <= k < len(chunks) else zeros for k in range(i - 4, i + 4)]
    return np.array(taken).reshape(1, 128, 16, 32)


def wav2lip_sound(mel: Floats, i: int, fps: float) -> Floats:
    """What frame i of a clip at `fps` hears: [1, 1, 80, 16]."""
    start = int(80 * i / fps)
    window = mel[start : start + 16] if start + 16 <= len(mel) else mel[-16:]
    return window.T[None, None]


def template_order(count: int, frames: int, start: int = 1) -> list[int]:
    """Ping-pong from an index, 1 in the contracts; neither end doubled."""
    order, at, step = [], start - 1, 1
    for _ in range(frames):
        if count > 1:
            step = -1 if at == count - 1 else 1 if at <= 0 else step
            at += step
        order.append(at)
    return order


def frame_count(samples: int, fps: int = 25) -> int:
    """All of the sound, no more."""
    return math.ceil(samples * fps / 16000)


def inset_frame(picture: Pixels, box: Box, sound: Floats, generator: Run, side: int) -> Pixels:
    """A frame of SyncTalk_2D (`side` 328) or Ultralight (168): drawn is all but 4 pixels at the edge."""
    x, y, size = box
    crop = cv2.resize(picture[y : y + size, x : x + size], (side, side), interpolation=cv2.INTER_CUBIC)
    inner = crop[4 : side - 4, 4 : side - 4]
    masked = inner.copy()
    right, bottom = (314, 309) if side == 328 else (154, 149)
    masked[5 : bottom + 1, 5 : right + 1] = 0
    planes = np.concatenate([inner.transpose(2, 0, 1), masked.transpose(2, 0, 1)])
    output = generator(planes[None].astype(np.float32) / 255, sound)[0]
    crop[4 : side - 4, 4 : side - 4] = (output * 255).astype(np.uint8).transpose(1, 2, 0)
    return _pasted(picture, box, np.asarray(crop, np.uint8))


def wav2lip_frame(picture: Pixels, box: Box, sound: Floats, generator: Run) -> Pixels:
    """A frame of Wav2Lip: masked first, reference second, the whole square is drawn, resized bilinear."""
    x, y, size = box
    reference = cv2.resize(picture[y : y + size, x : x + size], (96, 96), interpolation=cv2.INTER_LINEAR)
    masked = reference.copy()
    masked[48:96] = 0
    planes = np.concatenate([masked.transpose(2, 0, 1), reference.transpose(2, 0, 1)])
    output = generator(sound, planes[None].astype(np.float32) / 255)[0]
    return _pasted(picture, box, (output * 255).astype(np.uint8).transpose(1, 2, 0), cv2.INTER_LINEAR)


def _pasted(picture: Pixels, box: Box, crop: Pixels, method: int = cv2.INTER_CUBIC) -> Pixels:
    x, y, size = box
    frame = picture.copy()
    frame[y : y + size, x : x + size] = cv2.resize(crop, (size, size), interpolation=method)
    return frame
