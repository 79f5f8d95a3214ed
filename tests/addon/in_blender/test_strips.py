# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound strips in the real Sequencer, read as what Blender plays."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
import soundfile
from lipreel.addon import compat
from lipreel.addon.sequencer import numbers, sound_strips
from lipreel.engine.errors import InputError
from lipreel.tests.addon.in_blender.timelines import RATE, add_sound

SECONDS = 8


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A ramp: a sample's value says where in the file it is."""
    path = tmp_path / "rämp.wav"
    soundfile.write(path, np.linspace(0, 1, SECONDS * RATE, dtype=np.float32), RATE, subtype="FLOAT")
    return path


def when_written(file: Path, seconds: float) -> tuple[Any, int]:
    """Read a sound once it is as long as it should be: newer versions write it in the background."""
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        with suppress(soundfile.LibsndfileError):
            mix, rate = soundfile.read(file, always_2d=True)
            if len(mix) >= (seconds - 0.01) * rate:
                return mix, rate
        time.sleep(0.02)
    raise TimeoutError(file)


def whole(strip: Any) -> Any:
    """All samples of a strip's sound."""
    with sound_strips.read_sound(strip).open() as recording:
        return recording.read(0, recording.samples), recording.rate


@pytest.mark.parametrize(("fps", "base"), [(24, 1.0), (25, 1.0), (30, 1.001), (60, 1.0)])
@pytest.mark.parametrize("offset", [0.0, 0.25, -0.25])
@pytest.mark.parametrize(("cut_left", "cut_right"), [(0, 0), (10, 0), (0, 20), (13, 7)])
def test_the_moment_heard_is_the_moment_that_blender_plays(
    scene: Any,
    sound: Path,
    tmp_path: Path,
    fps: int,
    base: float,
    offset: float,
    cut_left: int,
    cut_right: int,
) -> None:
    """The truth is Blender's own mix of the scene, compared with the sound at the moments of the strip."""
    scene.render.fps, scene.render.fps_base = fps, base
    strip = add_sound(scene.sequence_editor, sound)
    strip.frame_final_start += cut_left
    strip.frame_final_end -= cut_right
    if hasattr(strip, "sound_offset"):
        strip.sound_offset = offset
    place = sound_strips.read_place(scene, strip)
    samples, rate = whole(strip)
    assert rate == RATE
    scene.frame_start, scene.frame_end = place.left, place.right - 1
    mixed = tmp_path / "mix.wav"
    bpy.ops.sound.mixdown(filepath=str(mixed), container="WAV", codec="PCM", format="F32")
    seconds = float(place.frames / place.fps)
    mix, mix_rate = when_written(mixed, seconds)
    for after in np.linspace(0.05, seconds - 0.05, 20):
        at = float(place.seconds(place.first)) + after
        ours = samples[int(at * rate)] if 0 <= at * rate < len(samples) else 0.0
        heard = mix[int(after * mix_rate), 0] * np.sqrt(2)  # a mono sound in the middle of two channels
        assert ours == pytest.approx(heard, abs=0.01 / SECONDS)


def test_a_packed_sound_needs_no_file(scene: Any, sound: Path) -> None:
    strip = add_sound(scene.sequence_editor, sound)
    before, _ = whole(strip)
    strip.sound.pack()
    sound.unlink()
    after, _ = whole(strip)
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("first", [3 * 48000, 3 * 48000 + 12345, 100])
def test_the_middle_of_an_mp3_is_exact(scene: Any, sound: Path, tmp_path: Path, first: int) -> None:
    """Behind a seek, the decoder gives silence first; a reading from the start knows none."""
    aud = pytest.importorskip("aud")
    file = tmp_path / "talk.mp3"
    mono = (aud.RATE_48000, aud.CHANNELS_MONO, aud.FORMAT_S16)
    aud.Sound.file(str(sound)).write(str(file), *mono, aud.CONTAINER_MP3, aud.CODEC_MP3, 128_000, 1024)
    decoded = aud.Sound.file(str(file)).data()[:, 0]
    strip = add_sound(scene.sequence_editor, file)
    with sound_strips.read_sound(strip).open() as recording:
        assert recording.rate == 48000
        np.testing.assert_array_equal(recording.read(first, 48000), decoded[first : first + 48000])


@pytest.mark.parametrize("muted", [False, True])
def test_only_this_strip_is_heard_muted_or_not(scene: Any, sound: Path, muted: bool) -> None:
    strip = add_sound(scene.sequence_editor, sound)
    alone, _ = whole(strip)
    add_sound(scene.sequence_editor, sound, "other", channel=2)
    strip.mute = muted
    again, _ = whole(strip)
    np.testing.assert_array_equal(alone, again)


def test_what_blender_cannot_read_is_refused_in_words(scene: Any, sound: Path) -> None:
    strip = add_sound(scene.sequence_editor, sound)
    sound.write_text("not a sound")
    with pytest.raises(InputError, match=r"no sound in it|not a sound"):
        whole(strip)
    sound.unlink()
    with pytest.raises(InputError, match="no such file"):
        whole(strip)


def test_strips_are_found_again_and_gone_is_no_error(scene: Any, sound: Path) -> None:
    strip = add_sound(scene.sequence_editor, sound)
    key = sound_strips.key_of(scene, strip, 42, range(200))
    scene.name = "renamed"
    assert sound_strips.find(key) == (scene, strip)
    strip.name = "renamed too"  # no other strip plays its file
    assert sound_strips.find(key) == (scene, strip)
    numbers.give(strip, 42)
    other = add_sound(scene.sequence_editor, sound, "talk", channel=2)
    assert sound_strips.find(key) == (scene, strip)
    compat.strips(scene.sequence_editor).remove(strip)
    compat.strips(scene.sequence_editor).remove(other)
    assert sound_strips.find(key) is None


def test_strips_inside_a_closed_meta_are_not_selected(scene: Any, sound: Path) -> None:
    """Blender keeps their flag from when the meta was open."""
    outside = add_sound(scene.sequence_editor, sound)
    meta = compat.strips(scene.sequence_editor).new_meta("meta", 3, 11)
    inside = add_sound(meta, sound, "inside")
    for strip in (outside, inside):
        strip.select = True
    assert sound_strips.selected_sounds(scene) == [outside]
    scene.sequence_editor.display_stack(meta)
    assert sound_strips.selected_sounds(scene) == [inside]
    assert sound_strips.all_sounds(scene) == [outside, inside]
