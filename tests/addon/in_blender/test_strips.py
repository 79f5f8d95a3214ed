# SPDX-License-Identifier: GPL-3.0-or-later
"""Strips in the real Sequencer: read, inserted, replaced, and their neighbours left alone."""

import time
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
import soundfile
from lipreel.addon import compat, strips
from lipreel.addon.placement import aligned_left
from lipreel.engine.errors import InputError
from lipreel.engine.timeline import frame_count

RATE = 16000
SECONDS = 8


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A ramp: a sample's value says where in the file it is."""
    path = tmp_path / "rämp.wav"
    soundfile.write(path, np.linspace(0, 1, SECONDS * RATE, dtype=np.float32), RATE, subtype="FLOAT")
    return path


def add(scene: Any, sound: Path, name: str = "talk", channel: int = 1, left: int = 11) -> Any:
    return compat.strips(scene.sequence_editor).new_sound(name, str(sound), channel, left)


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


def pictures(scene: Any, strip: Any, folder: Path, count: int) -> strips.Pictures:
    folder.mkdir(exist_ok=True)
    image = bpy.data.images.new("picture", 8, 4)
    for number in range(1, count + 1):
        image.filepath_raw = str(folder / f"frame_{number:06d}.png")
        image.file_format = "PNG"
        image.save()
    return strips.Pictures(strips.read_place(scene, strip), folder, "png", count)


@pytest.mark.parametrize(("fps", "base"), [(24, 1.0), (25, 1.0), (30, 1.001), (60, 1.0)])
@pytest.mark.parametrize("offset", [0.0, 0.25, -0.25])
@pytest.mark.parametrize(("cut_left", "cut_right"), [(0, 0), (10, 0), (0, 20), (13, 7)])
def test_the_sound_is_what_blender_plays(
    scene: Any,
    sound: Path,
    tmp_path: Path,
    fps: int,
    base: float,
    offset: float,
    cut_left: int,
    cut_right: int,
) -> None:
    """The truth is Blender's own mix of the scene, compared with the sound that we read."""
    scene.render.fps, scene.render.fps_base = fps, base
    strip = add(scene, sound)
    strip.frame_final_start += cut_left
    strip.frame_final_end -= cut_right
    if hasattr(strip, "sound_offset"):
        strip.sound_offset = offset
    place = strips.read_place(scene, strip)
    samples, rate = strips.read_sound(strip, place).read()
    assert rate == RATE
    assert frame_count(Fraction(len(samples), rate), place.fps) == place.frames
    scene.frame_start, scene.frame_end = place.left, place.right - 1
    mixed = tmp_path / "mix.wav"
    bpy.ops.sound.mixdown(filepath=str(mixed), container="WAV", codec="PCM", format="F32")
    mix, mix_rate = when_written(mixed, len(samples) / rate)
    for seconds in np.linspace(0.05, len(samples) / rate - 0.05, 20):
        heard = mix[int(seconds * mix_rate), 0] * np.sqrt(2)  # a mono sound in the middle of two channels
        assert samples[int(seconds * rate)] == pytest.approx(heard, abs=0.01 / SECONDS)


def test_a_packed_sound_needs_no_file(scene: Any, sound: Path) -> None:
    strip = add(scene, sound)
    place = strips.read_place(scene, strip)
    before, _ = strips.read_sound(strip, place).read()
    strip.sound.pack()
    sound.unlink()
    after, _ = strips.read_sound(strip, place).read()
    np.testing.assert_array_equal(before, after)


def test_the_middle_of_an_mp3_is_exact(scene: Any, sound: Path, tmp_path: Path) -> None:
    """Behind a seek, the decoder gives silence first; a reading from the start knows none."""
    aud = pytest.importorskip("aud")
    file = tmp_path / "talk.mp3"
    mono = (aud.RATE_48000, aud.CHANNELS_MONO, aud.FORMAT_S16)
    aud.Sound.file(str(sound)).write(str(file), *mono, aud.CONTAINER_MP3, aud.CODEC_MP3, 128_000, 1024)
    whole = aud.Sound.file(str(file)).data()[:, 0]
    strip = add(scene, file)
    strip.frame_final_start += 3 * 25
    samples, rate = strips.read_sound(strip, strips.read_place(scene, strip)).read()
    assert rate == 48000
    np.testing.assert_array_equal(samples[: 2 * rate], whole[3 * rate : 5 * rate])


@pytest.mark.parametrize("muted", [False, True])
def test_only_this_strip_is_heard_muted_or_not(scene: Any, sound: Path, muted: bool) -> None:
    strip = add(scene, sound)
    alone, _ = strips.read_sound(strip, strips.read_place(scene, strip)).read()
    add(scene, sound, "other", channel=2)
    strip.mute = muted
    again, _ = strips.read_sound(strip, strips.read_place(scene, strip)).read()
    np.testing.assert_array_equal(alone, again)


def test_what_blender_cannot_read_is_refused_in_words(scene: Any, sound: Path, tmp_path: Path) -> None:
    strip = add(scene, sound)
    place = strips.read_place(scene, strip)
    sound.write_text("not a sound")
    with pytest.raises(InputError, match=r"no sound in it|not a sound"):
        strips.read_sound(strip, place).read()
    sound.unlink()
    with pytest.raises(InputError, match="no such file"):
        strips.read_sound(strip, place).read()


def test_the_strip_lies_exactly_above_its_sound(scene: Any, sound: Path, tmp_path: Path) -> None:
    strip = add(scene, sound)
    strip.frame_final_start, strip.frame_final_end = 21, 51
    neighbour = add(scene, sound, "neighbour", channel=2)
    made = pictures(scene, strip, tmp_path / "frames", 30)
    image = strips.insert(scene, strip, made, {"avatar": "tiny"})
    assert (compat.times(image).left, compat.times(image).right) == (21, 51)
    assert (image.channel, image.name) == (3, "talk Lipreel")
    assert image.transform.scale_x == scene.render.resolution_x / 8
    assert image.color_tag != "NONE"
    assert dict(image["lipreel"]) == {"sound": "talk", "file": str(sound), "avatar": "tiny"}
    assert neighbour.channel == 2
    assert compat.times(neighbour).left == 11


def test_its_own_earlier_strip_is_replaced_and_no_other(scene: Any, sound: Path, tmp_path: Path) -> None:
    one, two = add(scene, sound), add(scene, sound, "two", channel=5)
    made = pictures(scene, one, tmp_path / "frames", 3)
    strips.insert(scene, two, made, {})
    for _ in range(2):
        strips.insert(scene, one, made, {})
    names = sorted((strip.name, strip.channel) for strip in compat.strips(scene.sequence_editor))
    assert names == [("talk", 1), ("talk Lipreel", 2), ("two", 5), ("two Lipreel", 6)]
    assert strips.remove(scene, one)
    assert not strips.remove(scene, one)
    assert strips.own_strip(two, scene) is not None


def test_a_renamed_sound_keeps_its_strip(scene: Any, sound: Path, tmp_path: Path) -> None:
    strip = add(scene, sound)
    made = pictures(scene, strip, tmp_path / "frames", 3)
    image = strips.insert(scene, strip, made, {})
    strip.name = "speech"
    assert strips.own_strip(strip, scene) == image
    strips.insert(scene, strip, made, {})
    names = sorted(strip.name for strip in compat.strips(scene.sequence_editor))
    assert names == ["speech", "speech Lipreel"]


def test_a_growing_strip_makes_way(scene: Any, sound: Path, tmp_path: Path) -> None:
    strip = add(scene, sound)
    image = strips.insert(scene, strip, pictures(scene, strip, tmp_path / "frames", 2), {})
    add(scene, sound, "in the way", channel=image.channel, left=compat.times(image).right + 1)
    strips.grow(scene, image, pictures(scene, strip, tmp_path / "frames", 5))
    assert (image.channel, len(image.elements)) == (3, 5)


def test_a_strip_grows(scene: Any, sound: Path, tmp_path: Path) -> None:
    strip = add(scene, sound)
    image = strips.insert(scene, strip, pictures(scene, strip, tmp_path / "frames", 2), {})
    strips.grow(scene, image, pictures(scene, strip, tmp_path / "frames", 5))
    assert compat.times(image).right - compat.times(image).left == 5
    # Blender itself leaves these as memory was, and may crash when it draws thumbnails of such a size.
    assert {(element.orig_width, element.orig_height) for element in image.elements} == {(8, 4)}
    assert [element.filename for element in image.elements][-1] == "frame_000005.png"


def test_pictures_follow_a_strip_that_was_moved_and_cut(scene: Any, sound: Path) -> None:
    strip = add(scene, sound)
    made = strips.read_place(scene, strip)
    strip.frame_start += 40
    strip.frame_final_start += 10
    assert aligned_left(made, strips.read_place(scene, strip)) == made.left + 40


def test_locked_and_muted_channels_are_left_alone(scene: Any, sound: Path, tmp_path: Path) -> None:
    strip = add(scene, sound)
    scene.sequence_editor.channels[2].lock = True
    scene.sequence_editor.channels[3].mute = True
    assert strips.insert(scene, strip, pictures(scene, strip, tmp_path / "frames", 1), {}).channel == 4


def test_the_caches_are_as_they_were(scene: Any, sound: Path, tmp_path: Path) -> None:
    scene.sequence_editor.use_prefetch = True
    strip = add(scene, sound)
    strips.insert(scene, strip, pictures(scene, strip, tmp_path / "frames", 1), {})
    assert scene.sequence_editor.use_prefetch


def test_strips_are_found_again_by_name_and_gone_is_no_error(scene: Any, sound: Path) -> None:
    strip = add(scene, sound)
    key = strips.key_of(scene, strip)
    scene.name = "renamed"
    assert strips.find(key) == (scene, strip)
    strip.name = "renamed too"
    assert strips.find(key) == (scene, strip)
    compat.strips(scene.sequence_editor).remove(strip)
    assert strips.find(key) is None
