# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips of the families that hear features of speech models: the frames of all of the sound."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from lipreel.engine.avatar.avatar_types import Avatar, Silence
from lipreel.engine.importing.import_plan import ImportOptions
from lipreel.engine.importing.importer import import_avatar
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.sound.clip import Clip
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import packages, seeded
from lipreel.tests.helpers.recorded import contents, frame_files, make, recording, speech, whole

FAMILIES = {
    "ultralight": ("aud_hu.npy", seeded.save_hubert),
    "ultralight-wenet": ("aud_wenet.npy", seeded.save_wenet),
}


@pytest.fixture(scope="module", params=list(FAMILIES))
def avatar(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Avatar:
    folder = tmp_path_factory.mktemp("source")
    features, save_encoder = FAMILIES[request.param]
    source = packages.make_data_folder(folder / "May", count=6)
    (source / "aud_ave.npy").rename(source / features)
    generator = seeded.save_generator(folder / "generator.onnx", request.param)
    options = ImportOptions(generator=generator, encoder=save_encoder(folder / "encoder.onnx"))
    return import_avatar(source, folder / "may", options).avatar


@pytest.mark.parametrize("silence", ["hold", "model"])
def test_all_of_a_sound(avatar: Avatar, tmp_path: Path, silence: Silence) -> None:
    samples = speech(1.7)
    sound = recording(samples)
    result = make(sound, avatar, whole(sound), tmp_path / "clip", {"silence": silence})
    generate(open_sound((samples, 16000)), avatar, tmp_path / "job", JobOptions(silence=silence))
    assert contents(result) == [path.read_bytes() for path in frame_files(tmp_path / "job")]


def test_cuts_and_trims(avatar: Avatar, tmp_path: Path) -> None:
    """A trim is heard in all of HuBERT's 20 s that it lies in, and in WeNet's chunks that it touches."""
    sound = recording(speech(41, 24000), 24000)
    clip = Clip(25 * 19, 50, Fraction(25), Fraction(0), Fraction(41))

    def names(part: Clip) -> tuple[str, ...]:
        return make(sound, avatar, part, tmp_path, only=range(part.first, part.first + 1)).files

    uncut = names(clip)
    assert names(replace(clip, count=20)) + names(replace(clip, first=clip.first + 20, count=30)) == uncut
    for trimmed in (replace(clip, end=Fraction(40.5)), replace(clip, begin=Fraction(18), end=Fraction(22))):
        after = names(trimmed)
        if avatar.audio.front_end == "wenet":
            assert after == uncut
    late = replace(clip, first=25 * 5)
    assert names(late) == names(replace(late, end=Fraction(30)))  # far from the clip that is cut short
