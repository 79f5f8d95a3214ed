# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of other systems, imported, speak as their contracts say: the engine against reference.py.

Compared are the values of the pixels before any lossy encoding: inside the face square to the reference,
outside of it to the image itself.
"""

import json
import math
import wave
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import pytest
from lipreel.engine.avatar.avatar_types import Avatar
from lipreel.engine.avatar.library import MODELS, load_avatar
from lipreel.engine.bench import stand_in
from lipreel.engine.importing.from_video import Clip, create_avatar
from lipreel.engine.importing.import_plan import ImportOptions
from lipreel.engine.importing.importer import import_avatar
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import images, packages, reference, seeded, tiny
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Expected = Callable[[int], tuple[Pixels, reference.Box]]

EXACT = JobOptions(feather=0, silence="model", precision="exact", format="png")


def samples_of(path: Path) -> NDArray[np.float32]:
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getnchannels()) == (16000, 1)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return np.asarray(samples / np.float32(32768), np.float32)


def read(path: Path) -> Pixels:
    picture = images.read(path)
    assert picture is not None, path
    return picture


def synctalk(
    pictures: list[Pixels], boxes: list[reference.Box], generator: Path, encoder: Path, sound: Path
) -> Expected:
    """The reference's frame i, and where its face is."""
    draw = reference.network(generator, "input", "audio")
    rows = reference.encoder_rows(reference.log_mel(samples_of(sound)), reference.network(encoder, "mel"))
    order = reference.template_order(len(pictures), reference.frame_count(len(samples_of(sound))))

    def frame(i: int) -> tuple[Pixels, reference.Box]:
        picture, box = pictures[order[i]], boxes[order[i]]
        return reference.inset_frame(picture, box, reference.synctalk_sound(rows, i), draw, 328), box

    return frame


def assert_equal_to(expected: Expected, got: Callable[[int], Pixels], frames: list[int]) -> None:
    for i in frames:
        want, (x, y, size) = expected(i)
        difference = np.abs(got(i).astype(int) - want)
        patch = difference[y : y + size, x : x + size]
        assert patch.max() <= 1, f"frame {i}"
        assert patch.mean() < 0.05, f"frame {i}"
        patch[:] = 0
        assert not difference.any(), f"frame {i} outside its face square"


def written(out: Path) -> Callable[[int], Pixels]:
    return lambda i: read(out / f"frame_{i + 1:06d}.png")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # 1.1 s: the ping-pong of six images turns twice, and neither 80 nor 25 a second divide it.
    return tiny.save_sound(tmp_path_factory.mktemp("sound") / "speech.wav", 1.1)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = packages.make_clone(tmp_path_factory.mktemp("clone") / "drawn")
    seeded.save_generator(folder / "models" / "generator.onnx", "synctalk2d")
    seeded.save_encoder(folder / "models" / "audio_encoder.onnx")
    packages.write_config(folder)
    return folder


@pytest.fixture(scope="module")
def clone(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Avatar:
    return import_avatar(package, tmp_path_factory.mktemp("avatars") / "clone").avatar


@pytest.fixture(scope="module")
def frames(clone: Avatar, sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("frames")
    generate(open_sound(sound), clone, out, EXACT)
    return out


def test_digital_clone_package(package: Path, frames: Path, sound: Path) -> None:
    expected = synctalk(
        [read(package / "full_body_img" / f"{k + 1}.jpg") for k in range(6)],
        [packages.square(k) for k in range(6)],
        package / "models" / "generator.onnx",
        package / "models" / "audio_encoder.onnx",
        sound,
    )
    assert len(list(frames.glob("*.png"))) == math.ceil(1.1 * 25) == 28
    assert_equal_to(expected, written(frames), list(range(28)))


def test_reference_is_no_mirror(package: Path, frames: Path, sound: Path) -> None:
    """The comparison sees each of the ports' errors: with any of them, frames are no longer equal."""
    pictures = [read(package / "full_body_img" / f"{k + 1}.jpg") for k in range(6)]
    boxes = [packages.square(k) for k in range(6)]
    networks = (package / "models" / "generator.onnx", package / "models" / "audio_encoder.onnx")
    expected = synctalk(pictures, boxes, *networks, sound)
    want, (x, y, size) = expected(12)
    late = synctalk(pictures, [boxes[0], *boxes[:-1]], *networks, sound)(12)[0]
    swapped = synctalk([p[:, :, ::-1].copy() for p in pictures], boxes, *networks, sound)(12)[0][:, :, ::-1]
    next_one = expected(13)[0]
    got = written(frames)(12).astype(int)
    for wrong in (late, swapped, next_one):
        assert np.abs(got - wrong)[y : y + size, x : x + size].mean() > 0.5
    assert np.abs(got - want)[y : y + size, x : x + size].mean() < 0.05


def test_synctalk_folder(sound: Path, tmp_path: Path) -> None:
    source = packages.make_data_folder(tmp_path / "May", count=4)
    generator = seeded.save_generator(tmp_path / "net.onnx", "synctalk2d", seed=5)
    encoder = seeded.save_encoder(tmp_path / "ave.onnx", seed=6)
    options = ImportOptions(generator=generator, encoder=encoder)
    imported = import_avatar(source, tmp_path / "may", options)
    generate(open_sound(sound), imported.avatar, tmp_path / "frames", EXACT)
    pictures = [read(source / "full_body_img" / f"{k}.jpg") for k in range(4)]
    boxes = [packages.square(k) for k in range(4)]
    expected = synctalk(pictures, boxes, generator, encoder, sound)
    assert_equal_to(expected, written(tmp_path / "frames"), list(range(28)))


def test_sound_shorter_than_a_window(clone: Avatar, tmp_path: Path) -> None:
    """By the contract: padded with silence to 16 mel frames."""
    sound = tiny.save_sound(tmp_path / "short.wav", 0.1)
    generate(open_sound(sound), clone, tmp_path / "frames", EXACT)
    padded = np.zeros(15 * 200, np.float32)
    padded[:1600] = samples_of(sound)
    rows = reference.encoder_rows(
        reference.log_mel(padded), reference.network(clone.path("audio_encoder.onnx"), "mel")
    )
    draw = reference.network(clone.path("generator.onnx"), "input", "audio")

    def expected(i: int) -> tuple[Pixels, reference.Box]:
        box = packages.square(i + 1)
        picture = read(clone.path(f"frames/{i + 1:04d}.jpg"))
        return reference.inset_frame(picture, box, reference.synctalk_sound(rows, i), draw, 328), box

    assert_equal_to(expected, written(tmp_path / "frames"), [0, 1, 2])


@pytest.mark.parametrize("workers", [1, 3])
def test_bytes_do_not_depend_on_the_workers(
    clone: Avatar, frames: Path, sound: Path, tmp_path: Path, workers: int
) -> None:
    generate(open_sound(sound), clone, tmp_path, replace(EXACT, workers=workers))
    for path in sorted(frames.glob("*.png")):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_bytes_do_not_depend_on_a_stop(clone: Avatar, frames: Path, sound: Path, tmp_path: Path) -> None:
    options = replace(EXACT, workers=2)
    generate(open_sound(sound), clone, tmp_path, options)
    for number in (1, 2, 9, 14, 28):
        (tmp_path / f"frame_{number:06d}.png").unlink()
    result = generate(open_sound(sound), clone, tmp_path, options)
    assert result.frames_written == 5
    for path in sorted(frames.glob("*.png")):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30)])
def test_wav2lip(tmp_path: Path, sound: Path, fps: Fraction) -> None:
    folder = tiny.make_avatar(tmp_path / "w", "wav2lip", count=4, images="png")
    seeded.save_generator(folder / "generator.onnx", "wav2lip")
    tiny.rehash(folder)
    tiny.edit(folder, "fps = 25", f"fps = {fps}")
    generate(open_sound(sound), load_avatar(folder), tmp_path / "frames", replace(EXACT, fps=fps))
    mel = reference.log_mel(samples_of(sound))
    network = reference.network(folder / "generator.onnx", "mel_spectrogram", "video_frames")
    count = reference.frame_count(len(samples_of(sound)), int(fps))
    order = reference.template_order(4, count)

    def expected(i: int) -> tuple[Pixels, reference.Box]:
        box = (100 + 3 * order[i], 60 + 2 * order[i], tiny.SQUARE_SIZE)
        heard = reference.wav2lip_sound(mel, i, float(fps))
        return reference.wav2lip_frame(tiny.picture(order[i]), box, heard, network), box

    assert_equal_to(expected, written(tmp_path / "frames"), list(range(count)))


def test_stand_in_has_the_size_of_the_contract(tmp_path: Path) -> None:
    """12.19 million parameters and 4.886 GMAC; a folded normalisation was one more for each channel."""
    figures = {}
    for name, make in (("generator", stand_in.make_stand_in), ("encoder", stand_in.make_encoder_stand_in)):
        path = make(tmp_path / f"{name}.onnx", seed=1)
        assert make(tmp_path / "again.onnx", seed=1).read_bytes() == path.read_bytes()
        assert make(tmp_path / "again.onnx", seed=2).read_bytes() != path.read_bytes()
        figures[name] = count(path)
    parameters, macs = figures["generator"]
    assert round(parameters / 1e6, 2) == 12.19
    assert round(macs / 1e9, 3) == 4.886
    parameters, macs = figures["encoder"]
    assert round(parameters / 1e6, 2) == 2.81
    assert round(macs / 1e9, 3) == 0.093
    assert 46e6 < (tmp_path / "generator.onnx").stat().st_size < 49e6


def count(path: Path) -> tuple[int, int]:
    """Parameters before folding, and multiplications of all convolutions."""
    model = onnx.shape_inference.infer_shapes(onnx.load(path))
    shapes = {
        value.name: [axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in (*model.graph.value_info, *model.graph.output)
    }
    dims = {weight.name: list(weight.dims) for weight in model.graph.initializer}
    parameters = macs = 0
    for node in model.graph.node:
        if node.op_type == "Conv":
            weight = dims[node.input[1]]
            _, channels, height, width = shapes[node.output[0]]
            parameters += math.prod(weight) + 2 * channels
            macs += math.prod(weight) * height * width
    return parameters, macs


def test_clone_of_the_true_size(tmp_path: Path) -> None:
    """Images of the demo avatar as a package, and both networks as large as real ones."""
    pictures = [read(MODELS / "demo" / "frames" / f"{k:04d}.jpg") for k in (0, 20, 40)]
    boxes = [(480, 366, 328), (486, 360, 341), (478, 369, 317)]
    package = packages.make_clone(tmp_path / "clone", pictures=pictures, squares=boxes)
    generator = stand_in.make_stand_in(package / "models" / "generator.onnx")
    encoder = stand_in.make_encoder_stand_in(package / "models" / "audio_encoder.onnx")
    packages.write_config(package)
    avatar = import_avatar(package, tmp_path / "avatar").avatar
    sound = tiny.save_sound(tmp_path / "speech.wav", 0.27)
    generate(open_sound(sound), avatar, tmp_path / "frames", EXACT)
    copies = [read(package / "full_body_img" / f"{k + 1}.jpg") for k in range(3)]
    expected = synctalk(copies, boxes, generator, encoder, sound)
    assert reference.template_order(3, 7) == [1, 2, 1, 0, 1, 2, 1]
    assert_equal_to(expected, written(tmp_path / "frames"), [0, 1, 3, 6])  # first, both turns, last


def test_wav2lip_clip(tmp_path: Path, sound: Path) -> None:
    """A sequence with squares set by hand, made an avatar: frames as the contract has them."""
    pictures = [packages.face(k) for k in range(5)]
    packages.save_pictures(tmp_path / "clip", pictures, first=1)
    track = tmp_path / "track.json"
    track.write_text(json.dumps({str(k + 1): packages.square(k) for k in range(5)}))
    generator = seeded.save_generator(tmp_path / "wav2lip.onnx", "wav2lip", seed=3)
    clip = Clip(tmp_path / "clip", fps=Fraction(24), track=track)
    avatar = create_avatar(clip, tmp_path / "avatar", ImportOptions(generator=generator)).avatar
    generate(open_sound(sound), avatar, tmp_path / "frames", replace(EXACT, fps=Fraction(24)))
    mel = reference.log_mel(samples_of(sound))
    network = reference.network(generator, "mel_spectrogram", "video_frames")
    count = reference.frame_count(len(samples_of(sound)), 24)
    order = reference.template_order(5, count, start=0)

    def expected(i: int) -> tuple[Pixels, reference.Box]:
        box, picture = packages.square(order[i]), read(tmp_path / "clip" / f"{order[i] + 1}.jpg")
        return reference.wav2lip_frame(picture, box, reference.wav2lip_sound(mel, i, 24), network), box

    assert_equal_to(expected, written(tmp_path / "frames"), list(range(count)))
