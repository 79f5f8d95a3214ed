# SPDX-License-Identifier: GPL-3.0-or-later
"""Ultralight folders, imported, speak as the contract says: the engine against reference.py."""

import wave
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from lipreel.engine.avatar.avatar_types import Avatar
from lipreel.engine.features.hubert import HubertRows, hubert, open_hubert, row_count
from lipreel.engine.features.row_file import RowFile
from lipreel.engine.features.wenet import WenetChunks, chunk_count
from lipreel.engine.features.windows import pair_starts
from lipreel.engine.importing.import_plan import ImportOptions
from lipreel.engine.importing.importer import import_avatar
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import images, packages, reference, seeded, tiny
from numpy.typing import NDArray

EXACT = JobOptions(feather=0, silence="model", precision="exact", format="png")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save_sound(tmp_path_factory.mktemp("sound") / "speech.wav", 1.1)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = packages.make_data_folder(tmp_path_factory.mktemp("source") / "May", count=6)
    (folder / "aud_ave.npy").rename(folder / "aud_hu.npy")
    seeded.save_generator(folder / "generator.onnx", "ultralight")
    seeded.save_hubert(folder / "hubert.onnx")
    return folder


@pytest.fixture(scope="module")
def avatar(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Avatar:
    options = ImportOptions(generator=source / "generator.onnx", encoder=source / "hubert.onnx")
    imported = import_avatar(source, tmp_path_factory.mktemp("avatars") / "may", options)
    assert imported.source.startswith("a data folder of Ultralight-Digital-Human with ")
    return imported.avatar


@pytest.fixture(scope="module")
def frames(avatar: Avatar, sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("frames")
    generate(open_sound(sound), avatar, out, EXACT)
    return out


def samples_of(path: Path) -> NDArray[np.float32]:
    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return np.asarray(samples / np.float32(32768), np.float32)


def test_frames_are_those_of_the_contract(source: Path, avatar: Avatar, frames: Path, sound: Path) -> None:
    assert (avatar.generator.family.name, avatar.audio.front_end) == ("ultralight", "hubert")
    heard = reference.network(source / "hubert.onnx", "input_values")
    rows = reference.hubert_rows(samples_of(sound), heard)
    draw = reference.network(source / "generator.onnx", "input", "audio")
    order = reference.template_order(6, 28)
    for i in range(28):
        picture = images.read(source / "full_body_img" / f"{order[i]}.jpg")
        assert picture is not None
        heard_now = reference.ultralight_sound(rows, i)
        x, y, size = packages.square(order[i])
        want = reference.inset_frame(picture, (x, y, size), heard_now, draw, 168)
        got = images.read(frames / f"frame_{i + 1:06d}.png")
        difference = np.abs(got.astype(int) - want)
        patch = difference[y : y + size, x : x + size]
        assert patch.max() <= 1, f"frame {i}"
        assert patch.mean() < 0.05, f"frame {i}"
        patch[:] = 0
        assert not difference.any(), f"frame {i} outside its face square"
        if i < 10:  # then the sound falls silent, and every moment is like the one before
            late = reference.ultralight_sound(rows, i - 1)
            wrong = np.abs(reference.inset_frame(picture, (x, y, size), late, draw, 168) - got.astype(int))
            assert wrong[y : y + size, x : x + size].mean() > 0.1, f"frame {i}"


def test_bytes_depend_on_no_worker_and_no_stop(
    avatar: Avatar, frames: Path, sound: Path, tmp_path: Path
) -> None:
    options = replace(EXACT, workers=3)
    generate(open_sound(sound), avatar, tmp_path, options)
    for number in (1, 9, 28):
        (tmp_path / f"frame_{number:06d}.png").unlink()
    assert generate(open_sound(sound), avatar, tmp_path, options).frames_written == 3
    for path in sorted(frames.glob("*.png")):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


# Under one row, one row, a whole clip with and without its last row's 80 samples, and three clips.
@pytest.mark.parametrize("samples", [399, 400, 1040, 320_000, 320_079, 320_080, 320_399, 655_555])
def test_clips_of_a_long_sound(tmp_path: Path, samples: int) -> None:
    rng = np.random.default_rng(1)
    sound = (0.1 + rng.normal(0, 1, samples) * np.linspace(0.02, 0.3, samples)).astype(np.float32)
    path = seeded.save_hubert(tmp_path / "hubert.onnx")
    rows = reference.hubert_rows(sound, reference.network(path, "input_values"))
    assert row_count(samples) == len(rows)
    count = samples * 25 // 16000 + 1
    starts = pair_starts(np.arange(count), Fraction(25), len(rows))
    with RowFile([sound[:7000, None], sound[7000:, None]], 1) as file:
        ours = HubertRows(file, hubert(open_hubert(path, "cpu")))
        for i in {0, 3, count // 2, 495, 499, 500, 504, 1000, count - 1}:
            if i < count:
                got = ours.window(starts[i]).reshape(1, 16, 32, 32)
                np.testing.assert_allclose(got, reference.ultralight_sound(rows, i), atol=2e-5)


def test_pairs_at_other_rates() -> None:
    """A frame takes the rows of its own moment: at 50 a second every other frame begins a row later."""
    assert pair_starts(np.arange(3), Fraction(50), 20).tolist() == [
        [-1, -1, -1, -1, 0, 2, 4, 6],
        [-1, -1, -1, -1, 1, 3, 5, 7],
        [-1, -1, -1, 0, 2, 4, 6, 8],
    ]
    assert pair_starts(np.arange(9, 10), Fraction(25), 19).tolist() == [[10, 12, 14, 16, -1, -1, -1, -1]]


def test_memory_does_not_grow_with_the_sound() -> None:
    """Of a long sound no more is asked of the network at once than one clip."""
    asked: list[int] = []

    def run(samples: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
        asked.append(len(samples))
        return np.zeros((rows, 1024), np.float32)

    with RowFile((np.ones((16000, 1), np.float32) for _ in range(120)), 1) as file:
        ours = HubertRows(file, run)
        starts = pair_starts(np.arange(120 * 25), Fraction(25), row_count(len(file)))
        for frame in starts:
            ours.window(frame)
    assert asked == [320_080] * 5 + [320_000]


def test_frames_of_wenet(sound: Path, tmp_path: Path) -> None:
    source = packages.make_data_folder(tmp_path / "May", count=4)
    (source / "aud_ave.npy").rename(source / "aud_wenet.npy")
    generator = seeded.save_generator(tmp_path / "net.onnx", "ultralight-wenet")
    encoder = seeded.save_wenet(tmp_path / "wenet.onnx")
    avatar = import_avatar(
        source, tmp_path / "may", ImportOptions(generator=generator, encoder=encoder)
    ).avatar
    assert (avatar.audio.front_end, avatar.template.fps) == ("wenet", 20)
    options = replace(EXACT, fps=Fraction(20), workers=2)
    generate(open_sound(sound), avatar, tmp_path / "frames", options)
    heard = reference.network(encoder, "chunk", "offset", "att_cache", "cnn_cache")
    chunks = reference.wenet_chunks(samples_of(sound), heard)
    draw = reference.network(generator, "input", "audio")
    order = reference.template_order(4, 22)
    for i in range(22):
        picture = images.read(source / "full_body_img" / f"{order[i]}.jpg")
        assert picture is not None
        x, y, size = packages.square(order[i])
        want = reference.inset_frame(picture, (x, y, size), reference.wenet_sound(chunks, i), draw, 168)
        got = images.read(tmp_path / "frames" / f"frame_{i + 1:06d}.png")
        difference = np.abs(got.astype(int) - want)
        assert difference.max() <= 1, f"frame {i}"
        assert difference.mean() < 0.05, f"frame {i}"
        late = reference.inset_frame(picture, (x, y, size), reference.wenet_sound(chunks, i - 1), draw, 168)
        assert np.abs(got.astype(int) - late)[y : y + size, x : x + size].mean() > 0.1, f"frame {i}"


@pytest.mark.parametrize("samples", [1, 400, 719, 720, 721, 1519, 1520, 1521, 20_000])
def test_chunks_at_the_end_of_a_sound(samples: int) -> None:
    """Zeros behind the last frame of the filter banks, and as many chunks as the original makes."""
    sound = np.random.default_rng(2).uniform(-0.5, 0.5, samples).astype(np.float32)
    banks: list[NDArray[np.float32]] = []

    def keep(bank: NDArray[np.float32], *_: object) -> NDArray[np.float32]:
        banks.append(bank.reshape(67, 80))
        return np.zeros((1, 16, 512), np.float32)

    count = len(reference.wenet_chunks(sound, keep))
    assert chunk_count(samples) == count
    expected, banks = banks, []
    with RowFile([sound[:, None]], 1) as file:
        WenetChunks(file, lambda bank: keep(bank)[0]).window(np.arange(count, dtype=np.int32))
    for ours, theirs in zip(banks, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-4)
