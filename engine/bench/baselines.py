# SPDX-License-Identifier: GPL-3.0-or-later
"""What other systems do for a frame, step for step: the measure, not a way to make frames.

`reference` is digital-clone's Python program as its users have it; `pool` is the design of the optimised Go
port in the same steps: a single-threaded session for each core, and a thread for each.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from ..arrays import Floats
from ..avatar.avatar_types import Avatar
from ..avatar.library import load_avatar
from ..job.frame_names import frame_name
from ..runtime.timings import Timings
from .workload import JPEG_QUALITY, Workload

_ROWS = 16
_STEP = 80 / 25  # mel frames from one window to the next


def reference(workload: Workload, out: Path, timings: Timings) -> None:
    """One default session; frame after frame, nothing overlapped."""
    avatar = load_avatar(workload.avatar)
    rows = _all_rows(_log_mel(workload.sound, timings), _session(avatar, avatar.audio.encoder, 0), timings)
    session = _session(avatar, avatar.generator.file, 0)
    for frame in range(workload.frames):
        _draw(workload, avatar, session, _heard(rows, frame), frame, out, timings)


def pool(workload: Workload, out: Path, timings: Timings) -> None:
    """A session and a thread for each worker; rows only for the frames asked for."""
    avatar = load_avatar(workload.avatar)
    encoder = _session(avatar, avatar.audio.encoder, 1)
    rows = _all_rows(_log_mel(workload.sound, timings), encoder, timings)
    sessions: SimpleQueue[Any] = SimpleQueue()
    for _ in range(workload.workers):
        sessions.put(_session(avatar, avatar.generator.file, 1))

    def work(frame: int) -> None:
        session = sessions.get()
        _draw(workload, avatar, session, _heard(rows, frame), frame, out, timings)
        sessions.put(session)

    with ThreadPoolExecutor(workload.workers) as threads:
        list(threads.map(work, range(workload.frames)))


def _session(avatar: Avatar, file: str | None, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(avatar.path(file or ""), options, providers=["CPUExecutionProvider"])


def _log_mel(sound: str, timings: Timings) -> Floats:
    import librosa

    with timings.time("mel"):
        samples, rate = librosa.load(sound, sr=16000)
        samples = np.append(samples[0], samples[1:] - 0.97 * samples[:-1])
        magnitude = np.abs(librosa.stft(samples, n_fft=800, hop_length=200, win_length=800))
        bands = librosa.filters.mel(sr=rate, n_fft=800, n_mels=80, fmin=55, fmax=7600) @ magnitude
        level = 20 * np.log10(np.maximum(1e-5, bands)) - 20
        return np.asarray(np.clip(8 * (level + 100) / 100 - 4, -4, 4), np.float32)


def _all_rows(mel: Floats, encoder: Any, timings: Timings) -> Floats:
    """Every window through the encoder by itself; one row more at both ends."""
    count = int((mel.shape[1] - 16) / _STEP) + 2
    with timings.time("encode sound"):
        starts = [min(int(_STEP * n), mel.shape[1] - 16) for n in range(count)]
        rows = [encoder.run(None, {"mel": mel[None, None, :, at : at + 16]})[0][0] for at in starts]
    return np.array([rows[0], *rows, rows[-1]])


def _heard(rows: Floats, frame: int) -> Floats:
    heard = np.zeros((_ROWS, rows.shape[1]), np.float32)
    for place, row in enumerate(range(frame - _ROWS // 2, frame + _ROWS // 2)):
        if 0 <= row < len(rows):
            heard[place] = rows[row]
    return heard.reshape(1, 32, 16, 16)


def _draw(
    workload: Workload, avatar: Avatar, session: Any, heard: Floats, frame: int, out: Path, timings: Timings
) -> None:
    """Three JPEG files read, one run, the patch pasted and the frame written."""
    from PIL import Image

    family, index = avatar.generator.family, _template(frame, avatar.template.count)
    square = avatar.template.squares[index]
    box = (square.x, square.y, square.x + square.size, square.y + square.size)
    with timings.time("decode"):
        picture = Image.open(avatar.path(avatar.template.images()[index])).convert("RGB")
        regions = [
            Image.open(f"{workload.ready}/{kind}_{index}.jpg").convert("RGB") for kind in ("inner", "masked")
        ]
    with timings.time("prepare"):
        planes = [np.asarray(region, np.float32)[:, :, ::-1].transpose(2, 0, 1) / 255 for region in regions]
        given = np.concatenate(planes)[None]
    with timings.time("infer"):
        drawn = session.run(None, {family.image_name: given, family.audio_name: heard})[0][0]
    with timings.time("paste"):
        patch = Image.fromarray((drawn[::-1].transpose(1, 2, 0) * 255).astype(np.uint8))
        crop = picture.crop(box).resize((family.crop,) * 2, Image.Resampling.BICUBIC)
        crop.paste(patch, (family.inset, family.inset))
        picture.paste(crop.resize((square.size,) * 2, Image.Resampling.BICUBIC), box[:2])
    with timings.time("encode image"):
        picture.save(out / frame_name(frame + 1, workload.image_format), quality=JPEG_QUALITY)


def _template(frame: int, count: int) -> int:
    """To the end, and back."""
    if count == 1:
        return 0
    place = (frame + 1) % (2 * (count - 1))
    return min(place, 2 * (count - 1) - place)
