# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of frames: the same for the same pixels, another for anything that the pixels depend on."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lipreel.engine.avatar.avatar_types import Avatar
from lipreel.engine.avatar.closed_mouth import ClosedMouths
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.bench.stand_in import make_encoder_stand_in
from lipreel.engine.features.encoder import EncoderRows
from lipreel.engine.features.front_ends import listen_to_parts, open_encoder
from lipreel.engine.features.hubert import HubertRows
from lipreel.engine.features.row_file import RowFile
from lipreel.engine.features.wenet import WenetChunks
from lipreel.engine.job import frame_keys
from lipreel.engine.job.clip_setup import PreparedClip, prepared_clip
from lipreel.engine.job.options import JobOptions
from lipreel.engine.runtime.monitor import Monitor
from lipreel.engine.sound.clip import Clip
from lipreel.engine.sound.recording import Recording
from lipreel.tests.helpers import tiny
from lipreel.tests.helpers.recorded import recording, speech, whole
from numpy.typing import NDArray

DEMO = Path(__file__).parents[3] / "models" / "demo"
SOUND = recording(speech(6))


@pytest.fixture(scope="module")
def avatar(tmp_path_factory: pytest.TempPathFactory) -> Avatar:
    return load_avatar(tiny.make_avatar(tmp_path_factory.mktemp("avatars") / "tiny", feather_px=5))


def of(ready: PreparedClip, avatar: Avatar) -> list[str]:
    return frame_keys.frame_keys(ready.plan, avatar, ready.job, ready.scene.closed_mouths, ready.listen)


def keys(avatar: Avatar, clip: Clip | None = None, sound: Recording = SOUND, **options: Any) -> list[str]:
    with prepared_clip(sound, avatar, clip or whole(sound), JobOptions(**options), Monitor()) as ready:
        return of(ready, avatar)


def test_digits(avatar: Avatar) -> None:
    made = keys(avatar)
    assert len(made) == 150
    assert all(len(key) == 32 and not set(key) - set("0123456789abcdef") for key in made)


@pytest.mark.parametrize(
    "options",
    [
        {"format": "jpg"},
        {"format": "jpg", "quality": 80},
        {"feather": 6},
        {"colour_match": True},
        {"overlay": True},
    ],
)
def test_options_of_the_pixels_make_other_keys(avatar: Avatar, options: dict[str, Any]) -> None:
    assert not set(keys(avatar, **options)) & set(keys(avatar))


def test_what_comes_to_the_same_makes_the_same_keys(avatar: Avatar) -> None:
    plain = keys(avatar)
    assert keys(avatar, feather=5, quality=80, colour_match=False, silence="model", workers=3) == plain
    assert keys(avatar, fps=Fraction(60), start=Fraction(1), duration=Fraction(2)) == plain
    assert keys(avatar, format="jpg", quality=95) == keys(avatar, format="jpg")


def test_a_rate_of_twice_as_many_frames_shares_half_of_them(avatar: Avatar) -> None:
    clip = whole(SOUND, Fraction(50))
    assert keys(avatar, clip)[::2] == keys(avatar)


def test_holding_changes_only_what_is_held(avatar: Avatar) -> None:
    with prepared_clip(SOUND, avatar, whole(SOUND), JobOptions(silence="hold"), Monitor()) as ready:
        hold, held = ready.plan.hold, of(ready, avatar)
        assert 0 < (hold == 1).sum() < (hold > 0).sum() < len(hold)
        same = [key == other for key, other in zip(held, keys(avatar), strict=True)]
        assert same == (hold == 0).tolist()
        # Held all the way, nothing is heard: the image alone counts.
        pictures = ready.plan.templates[hold == 1]
        assert len({held[row] for row in np.flatnonzero(hold == 1)}) == len(set(pictures.tolist()))
        rest = ready.scene.closed_mouths
        assert rest is not None
        other = replace(
            ready.scene, closed_mouths=ClosedMouths(rest.before, rest.after, rest.share + np.float32(0.5))
        )
        moved = of(replace(ready, scene=other), avatar)
        assert [key == again for key, again in zip(held, moved, strict=True)] == (hold == 0).tolist()


def test_avatars_and_versions(avatar: Avatar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = keys(avatar)
    other = load_avatar(tiny.make_avatar(tmp_path / "other", feather_px=5, count=6))
    assert not set(keys(other)) & set(plain)
    copy = load_avatar(tiny.make_avatar(tmp_path / "copy", feather_px=5))
    assert keys(copy) == plain
    monkeypatch.setattr(frame_keys, "versions", lambda: {"lipreel": "another"})
    assert not set(keys(avatar)) & set(plain)


def test_another_sound_changes_what_hears_it(avatar: Avatar) -> None:
    samples = speech(6)
    samples[3 * 16000 : 3 * 16000 + 800] += 0.1
    changed = [
        key != other for key, other in zip(keys(avatar), keys(avatar, sound=recording(samples)), strict=True)
    ]
    frames = np.flatnonzero(changed) / 25
    assert 2.4 < frames.min() < 3 < frames.max() < 3.6


def test_the_same_again_a_period_later(avatar: Avatar) -> None:
    """A sound that repeats itself while the template does: the same frames, whatever their numbers."""
    second = speech(6)[8000 : 8000 + 16 * 1600]  # 40 frames, five times there and back
    sound = recording(np.concatenate([second] * 4))
    made = keys(avatar, sound=sound)
    assert made[60:80] == made[100:120]


def test_fifteen_thousand_frames(avatar: Avatar) -> None:
    sound = recording(np.tile(speech(20), 30))
    with prepared_clip(sound, avatar, whole(sound), JobOptions(), Monitor()) as ready:
        assert len(of(ready, avatar)) == 15000  # one by one they would take minutes


@pytest.mark.parametrize("family", ["hubert", "wenet"])
def test_families_that_hear_samples(family: str) -> None:
    """Only what a frame's parts hold counts, and where in them it takes them."""

    def listen(samples: NDArray[np.float32], level: tuple[float, float], windows: NDArray[np.int32]) -> bytes:
        with RowFile([samples[:, None]], 1) as file:
            if family == "wenet":
                return listen_to_parts(WenetChunks(file, lambda bank: bank))(windows)
            return listen_to_parts(HubertRows(file, lambda part, _rows: part, level))(windows)

    samples, level = speech(70), (0.0, 1.0)
    # In the second clip of HuBERT, 20 s to 40 s, and at 30 s of WeNet.
    windows = (
        np.arange(1500, 1516, 2, dtype=np.int32)
        if family == "hubert"
        else np.arange(596, 604, dtype=np.int32)
    )
    before = listen(samples, level, windows)
    assert listen(samples, level, windows + 1) != before
    with_zeros = windows.copy()
    with_zeros[0] = -1
    assert listen(samples, level, with_zeros) != before
    if family == "hubert":
        assert listen(samples, (0.0, 2.0), windows) != before
    for second, same in ((30, False), (5, True), (65, True)):
        changed = samples.copy()
        changed[second * 16000 : second * 16000 + 100] += 0.25
        assert (listen(changed, level, windows) == before) == same, second


def test_rows_do_not_depend_on_their_neighbours(tmp_path: Path) -> None:
    """Keys say nothing of the other rows in an encoder's batch: they may not matter."""
    file = make_encoder_stand_in(tmp_path / "encoder.onnx")
    encoder = open_encoder(file, "encoder", "cpu")
    mel = np.random.default_rng(5).uniform(-4, 4, (400, 80)).astype(np.float32)

    def rows(starts: NDArray[np.int32]) -> dict[int, bytes]:
        made = EncoderRows(mel, starts, lambda windows: encoder.run({"mel": windows})).window(starts)
        return {int(start): row.tobytes() for start, row in zip(starts, made, strict=True)}

    everything = rows(np.arange(0, 96, dtype=np.int32))
    for some in (slice(5, 60), slice(7, 96, 3), slice(40, 41), slice(2, 90, 7)):
        for start, row in rows(np.arange(0, 96, dtype=np.int32)[some]).items():
            assert row == everything[start]
