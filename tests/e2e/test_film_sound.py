# SPDX-License-Identifier: GPL-3.0-or-later
"""A film whose sound begins later than its images: Lipreel hears at each frame what Blender plays there."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from lipreel.tests.e2e.desktop import Desktop
from lipreel.tests.helpers.sounds import click_times, clicks

FPS, RATE, LATE_S = 24, 48000, 0.75
LEFT = 11


def save_film(path: Path) -> None:
    """Six seconds of images; its clicks begin 0.75 s after them."""
    with av.open(str(path), "w") as film:
        images = film.add_stream("mpeg4", rate=FPS)
        sound = film.add_stream("pcm_s16le", rate=RATE)
        assert isinstance(images, av.VideoStream)
        assert isinstance(sound, av.AudioStream)
        images.width, images.height, images.pix_fmt = 64, 48, "yuv420p"
        sound.layout = "mono"
        for number in range(6 * FPS):
            image = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8), format="rgb24")
            film.mux(images.encode(image))
        film.mux(images.encode(None))
        samples = (clicks(RATE, 5) * 32767).astype(np.int16)
        part = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        part.sample_rate, part.pts = RATE, round(LATE_S * RATE)
        film.mux([*sound.encode(part), *sound.encode(None)])


def test_what_is_heard_is_what_blender_plays(studio: Desktop) -> None:
    if not studio.ask("decodes"):
        pytest.skip("this build of Blender has no aud")
    save_film(studio.share / "film.mkv")
    name = studio.ask("add_movie", "/share/film.mkv", 2, LEFT)
    loudness = np.array(studio.ask("heard", name))
    studio.ask("mixdown", "/share/mix.wav", LEFT, LEFT + len(loudness) - 1)
    mix, rate = soundfile.read(studio.share / "mix.wav", dtype="float32", always_2d=True)
    played = sorted({int(time * FPS) for time in click_times(mix[:, 0], rate)})
    ours = np.flatnonzero(loudness > loudness.max() / 4).tolist()
    print(f"\nmix of {len(mix) / rate:.2f} s, loudest {np.abs(mix).max():.3f}")
    print(f"clicks in frames {played} as Blender plays them, {ours} as Lipreel hears them")
    assert len(played) == 9
    assert ours == played
