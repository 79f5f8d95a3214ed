# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips: the frames of a whole sound, whatever is cut off it, and no more of it read than is needed."""

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from lipreel.engine.avatar.avatar_types import Avatar, Silence
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.errors import InputError
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.sound.clip import Clip
from lipreel.engine.sound.file_source import file_source
from lipreel.engine.sound.recording import Recording, SourceRecording
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import tiny
from lipreel.tests.helpers.recorded import Counted, contents, frame_files, make, recording, speech, whole

NTSC = Fraction(30000, 1001)
RATES = [Fraction(24), Fraction(25), NTSC, Fraction(60)]
DEMO = Path(__file__).parents[3] / "models" / "demo"
FAR_S = 2


@pytest.fixture(scope="module")
def avatars(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Avatar]:
    """One of each family, and one with a single image, so that only the sound tells frames apart."""
    folder = tmp_path_factory.mktemp("avatars")
    made = {name: tiny.make_avatar(folder / name, name, feather_px=5) for name in tiny.GENERATORS}
    made["still"] = tiny.make_avatar(folder / "still", count=1)
    return {name: load_avatar(path) for name, path in made.items()}


def names(sound: Recording, avatar: Avatar, clip: Clip, folder: Path, **options: Any) -> dict[int, str]:
    """The file names of a clip's frames by their numbers on the clock; one frame is drawn."""
    result = make(sound, avatar, clip, folder, options, only=range(clip.first, clip.first + 1))
    return dict(zip(clip.numbers, result.files, strict=True))


def inside(clip: Clip, begin: Fraction, end: Fraction) -> Clip:
    """The clip, of which less is heard, with the frames that show what is left."""
    first, stop = (math.ceil((moment - clip.shift) * clip.fps) for moment in (begin, end))
    return replace(clip, first=first, count=stop - first, begin=begin, end=end)


@pytest.mark.parametrize("silence", ["hold", "model"])
@pytest.mark.parametrize("family", list(tiny.GENERATORS))
def test_all_of_a_sound_is_what_generate_makes_of_it(
    avatars: dict[str, Avatar], tmp_path: Path, family: str, silence: Silence
) -> None:
    samples = speech(8.13)
    clip = whole(recording(samples))
    result = make(recording(samples), avatars[family], clip, tmp_path / "clip", {"silence": silence})
    generate(open_sound((samples, 16000)), avatars[family], tmp_path / "job", JobOptions(silence=silence))
    assert result.frames == result.frames_written == 204
    assert contents(result) == [path.read_bytes() for path in frame_files(tmp_path / "job")]


@pytest.mark.parametrize("seconds", [0.0001, 0.04, 0.19, 0.21])
def test_the_shortest_sounds(avatars: dict[str, Avatar], tmp_path: Path, seconds: float) -> None:
    samples = speech(1)[: math.ceil(seconds * 16000)]
    for silence in ("hold", "model"):
        clip = whole(recording(samples))
        result = make(
            recording(samples), avatars["still"], clip, tmp_path / f"c{silence}", {"silence": silence}
        )
        out = tmp_path / f"j{silence}"
        generate(open_sound((samples, 16000)), avatars["still"], out, JobOptions(silence=silence))
        assert contents(result) == [path.read_bytes() for path in frame_files(out)]


def test_the_demo_avatar(tmp_path: Path) -> None:
    avatar, sound = load_avatar(DEMO), file_source(DEMO / "sample.wav")
    start = 30
    made = SourceRecording(sound)
    clip = replace(whole(made), first=start, count=6)
    parts = [replace(clip, count=2), replace(clip, first=start + 2, count=4)]
    result = make(made, avatar, clip, tmp_path / "clip")
    cut = [frame for part in parts for frame in contents(make(made, avatar, part, tmp_path / "cut"))]
    job = tmp_path / "job"
    generate(open_sound(sound), avatar, job, JobOptions(), frames=range(start + 1, start + 7))
    if sound.rate == 16000:
        assert contents(result) == [path.read_bytes() for path in frame_files(job)]
    assert contents(result) == cut
    assert {path.name for path in frame_files(tmp_path / "cut")} == set(result.files)


@pytest.mark.parametrize("silence", ["hold", "model"])
def test_a_cut_changes_nothing(avatars: dict[str, Avatar], tmp_path: Path, silence: str) -> None:
    sound = recording(speech(6, 44100, 2), 44100)
    clip, options = whole(sound), {"silence": silence}
    uncut = make(sound, avatars["synctalk2d"], clip, tmp_path / "uncut", options)
    halves = [replace(clip, count=71), replace(clip, first=71, count=clip.count - 71)]
    for half in halves:
        make(sound, avatars["synctalk2d"], half, tmp_path / "cut", options)
    cut = {path.name: path.read_bytes() for path in frame_files(tmp_path / "cut")}
    assert cut == dict(zip(uncut.files, contents(uncut), strict=True))


@pytest.mark.parametrize("silence", ["hold", "model"])
@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_trim_changes_no_name_far_from_it(
    avatars: dict[str, Avatar], tmp_path: Path, silence: str, fps: Fraction, channels: int
) -> None:
    sound = recording(speech(20, 44100, channels), 44100)
    clip = whole(sound, fps)
    avatar = avatars["synctalk2d"]
    before = names(sound, avatar, clip, tmp_path, silence=silence)
    changed = 0
    # In a word, in a pause, at its edge, between two samples; the last leaves too little for a window.
    for begin, end in (("0", "11.2"), ("3.01", "20"), ("5.7", "12.34"), ("23/7", "37/3"), ("7.8", "7.9")):
        part = inside(clip, Fraction(begin), Fraction(end))
        after = names(sound, avatar, part, tmp_path, silence=silence)
        for number, name in after.items():
            moment = number / fps
            far = all(
                abs(moment - moved) >= FAR_S for moved in (part.begin, part.end) if moved not in (0, clip.end)
            )
            assert name == before[number] or not far, (begin, end, number)
            changed += name != before[number]
    assert changed > 10  # the ends are heard


@pytest.mark.parametrize(("rate", "channels", "fps"), [(44100, 1, RATES[0]), (48000, 2, RATES[2])])
@pytest.mark.parametrize("silence", ["hold", "model"])
def test_trimmed_and_drawn_again_is_drawn_from_nothing(
    avatars: dict[str, Avatar], tmp_path: Path, rate: int, channels: int, fps: Fraction, silence: str
) -> None:
    sound, options = recording(speech(7, rate, channels), rate), {"silence": silence}
    clip, avatar = whole(sound, fps), avatars["synctalk2d"]
    make(sound, avatar, clip, tmp_path / "kept", options)
    for begin, end in ((Fraction("0.8"), clip.end), (Fraction("0.3"), Fraction("5.01"))):
        part = inside(clip, begin, end)
        kept = make(sound, avatar, part, tmp_path / "kept", options)
        fresh = make(sound, avatar, part, tmp_path / f"fresh {begin}", options)
        assert kept.files == fresh.files
        assert contents(kept) == contents(fresh)
        assert 0 < kept.frames_written < fresh.frames_written == part.count


def test_lead_and_shift_move_the_mouth(avatars: dict[str, Avatar], tmp_path: Path) -> None:
    """With one image, frames are known by their mouths; with five, the image stays."""
    sound = recording(speech(6))
    clip = replace(whole(sound), first=20, count=60)

    def keys(avatar: str, clip: Clip) -> list[str]:
        return [name[-12:] for name in names(sound, avatars[avatar], clip, tmp_path / avatar).values()]

    moved = keys("still", replace(clip, first=23))
    assert keys("still", replace(clip, lead=3)) == moved
    assert keys("still", replace(clip, shift=Fraction(3, 25))) == moved
    assert keys("still", clip) != moved
    # Eight frames are there and back.
    assert keys("synctalk2d", replace(clip, lead=8)) == keys("synctalk2d", replace(clip, first=28))
    assert keys("synctalk2d", replace(clip, lead=3)) != keys("synctalk2d", replace(clip, first=23))
    assert keys("synctalk2d", replace(clip, shift=Fraction(3, 25))) == keys(
        "synctalk2d", replace(clip, first=23)
    )


def test_frames_before_and_behind_the_sound(avatars: dict[str, Avatar], tmp_path: Path) -> None:
    sound = recording(speech(2))
    clip = replace(whole(sound), first=-20, count=100)
    result = make(sound, avatars["still"], clip, tmp_path / "a", {"silence": "hold"})
    assert result.files[0].startswith("frame_-00019-")
    assert result.files[19].startswith("frame_000000-")
    frames = contents(result)
    assert frames[0] == frames[3]  # nothing is heard
    assert frames[20:70] == contents(
        make(sound, avatars["still"], whole(sound), tmp_path / "b", {"silence": "hold"})
    )


def test_silence_outside_is_held(avatars: dict[str, Avatar], tmp_path: Path) -> None:
    """Where the strip does not sound, the mouth is closed, and nothing of the sound counts."""
    sound = recording(speech(8))
    clip = Clip(50, 100, Fraction(25), Fraction(3), Fraction(5))
    other = replace(clip, begin=Fraction("3.5"), end=Fraction("4.5"))
    first, second = (names(sound, avatars["still"], part, tmp_path, silence="hold") for part in (clip, other))
    early, late = range(50, 70), range(134, 150)
    assert {first[number][-12:] for number in (*early, *late)} == {second[60][-12:]}


def test_an_hour_is_not_read_for_five_seconds(avatars: dict[str, Avatar], tmp_path: Path) -> None:
    sound = Counted(3600, 48000)
    clip = Clip(
        25 * 1798, 125, Fraction(25), Fraction(1798), Fraction(1803)
    )  # from one segment into the next
    result = make(sound, avatars["wav2lip"], clip, tmp_path, {"silence": "model"})
    assert result.frames_written == 125
    assert sound.read_s == 2 * 62
    sound.read_s = 0
    clip = replace(clip, first=25 * 1000, begin=Fraction(1000), end=Fraction(1005))
    make(sound, avatars["wav2lip"], clip, tmp_path, {"silence": "model"})
    assert sound.read_s == 62


def test_the_floor_is_that_of_the_whole_recording(avatars: dict[str, Avatar], tmp_path: Path) -> None:
    """It is heard once; a second clip reads no more than its own part."""
    sound = Counted(600, 8000)
    sound.identity = "heard once"
    clip = Clip(0, 5, Fraction(25), Fraction(0), Fraction(600))
    make(sound, avatars["wav2lip"], clip, tmp_path, {"silence": "hold"})
    assert sound.read_s >= 600
    sound.read_s = 0
    make(sound, avatars["wav2lip"], replace(clip, first=6000), tmp_path, {"silence": "hold"})
    assert sound.read_s <= 2 * 62


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3"])
def test_files_are_read_alike_in_any_part(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"speech.{kind}"
    soundfile.write(file, speech(9, 44100, 2), 44100)
    source = file_source(file)
    straight = np.concatenate([block.mean(axis=1) for block in source.read(0)])
    sound = SourceRecording(source)
    assert sound.samples == len(straight)
    generator = np.random.default_rng(3)
    places = [(0, 70000), (60000, 80000), (1000, 5), (len(straight) - 10, 100), (-50, 100)]
    places += [(int(first), 30000) for first in generator.integers(-1000, len(straight), 20)]
    for first, count in places:
        part = sound.read(first, count)
        expected = np.zeros(count, np.float32)
        begin, end = max(0, first), min(first + count, len(straight))
        expected[begin - first : max(begin, end) - first] = straight[begin:end]
        assert np.array_equal(part, expected), (first, count)
    assert not sound.read(len(straight), 10).any()
    assert sound.identity == source.sha256()


def test_samples_that_are_no_numbers(avatars: dict[str, Avatar], tmp_path: Path) -> None:
    samples = speech(3)
    samples[32000] = np.nan
    with pytest.raises(InputError, match=r"not numbers.*2\.000 s"):
        make(recording(samples), avatars["still"], whole(recording(samples)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("wrong", [{"count": 0}, {"fps": Fraction(0)}, {"end": Fraction(0)}])
def test_clips_that_cannot_be(wrong: dict[str, Any]) -> None:
    right: dict[str, Any] = {
        "first": 0,
        "count": 1,
        "fps": Fraction(25),
        "begin": Fraction(0),
        "end": Fraction(1),
    }
    with pytest.raises(InputError):
        Clip(**(right | wrong))
