# SPDX-License-Identifier: GPL-3.0-or-later
"""Avatars and sounds of strangers, made to do harm: each is refused by a rule."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import soundfile
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.cli import main
from lipreel.engine.errors import AvatarError
from lipreel.engine.inference.external_data import external_files
from lipreel.engine.painters.networks import check_avatar
from lipreel.tests.helpers import tiny
from onnx import helper
from onnx.external_data_helper import set_external_data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.make_avatar(tmp_path / "avatar")


def refusal(folder: Path) -> str:
    tiny.rehash(folder)
    with pytest.raises(AvatarError) as caught:
        check_avatar(load_avatar(folder))
    return str(caught.value)


def change(file: Path, spoil: "object") -> None:
    model = onnx.load(file)
    assert callable(spoil)
    spoil(model)
    file.write_bytes(model.SerializeToString())


def move_out(tensor: onnx.TensorProto, place: str) -> None:
    """Say that a tensor's four bytes are in another file."""
    set_external_data(tensor, location=place, offset=0, length=4)
    tensor.ClearField("raw_data")


@pytest.mark.parametrize("place", ["no.bin", "../weights.bin", "/etc/hostname", "a/../../weights.bin"])
def test_weights_in_another_file(folder: Path, place: str) -> None:
    (folder.parent / "weights.bin").write_bytes(struct.pack("<f", 0.5))
    change(folder / "generator.onnx", lambda model: move_out(model.graph.initializer[3], place))
    assert "keeps weights in another file" in refusal(folder)


def test_weights_beside_a_network(folder: Path) -> None:
    """They are read where they are whole, and listed with their hash."""
    network, weights = folder / "audio_encoder.onnx", folder / "weights.bin"
    whole = onnx.load(network)
    onnx.save_model(whole, network, save_as_external_data=True, location=weights.name)
    tiny.rehash(folder)
    check_avatar(load_avatar(folder))
    text = (folder / "avatar.toml").read_text("utf-8")
    lines = [line for line in text.splitlines(keepends=True) if weights.name not in line]
    (folder / "avatar.toml").write_text("".join(lines), "utf-8")
    with pytest.raises(AvatarError, match=r"the weights weights.bin are not in \[files\]"):
        check_avatar(load_avatar(folder))
    data = weights.read_bytes()
    weights.write_bytes(data[:-1])
    assert "shorter than the network says" in refusal(folder)
    weights.unlink()
    (folder.parent / "elsewhere.bin").write_bytes(data)
    weights.symlink_to(folder.parent / "elsewhere.bin")
    assert "outside the avatar's folder" in refusal(folder)
    with pytest.raises(ValueError, match="is not a file beside it"):
        external_files(network)


def test_weights_of_a_subgraph_in_another_file(folder: Path) -> None:
    """Deep inside: a constant in the attribute of a node in a branch of an If."""

    def hide(model: onnx.ModelProto) -> None:
        value = onnx.numpy_helper.from_array(np.array([0.5], np.float32))
        move_out(value, "../weights.bin")
        constant = helper.make_node("Constant", [], ["x"], value=value)
        out = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
        branch = helper.make_graph([constant], "branch", [], [out])
        model.graph.node.append(
            helper.make_node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch)
        )
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(True), "yes"))

    change(folder / "generator.onnx", hide)
    assert "keeps weights in another file" in refusal(folder)


def test_operators_of_ones_own(folder: Path) -> None:
    def own(model: onnx.ModelProto) -> None:
        model.graph.node[-1].domain = "stranger"
        model.opset_import.append(helper.make_opsetid("stranger", 1))

    change(folder / "generator.onnx", own)
    assert "stranger:Add" in refusal(folder)


@pytest.mark.parametrize("name", ["generator.onnx", "audio_encoder.onnx", "frames/0002.jpg"])
def test_links_out_of_the_folder(folder: Path, tmp_path: Path, name: str) -> None:
    (folder / name).replace(tmp_path / "outside")
    (folder / name).symlink_to(tmp_path / "outside")
    assert "outside the avatar's folder" in refusal(folder)


def png(width: int, height: int) -> bytes:
    """A black image, as small as it gets."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    line = bytes(1 + 3 * width)
    packed = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_pictures_that_unpack_to_a_memory_full(tmp_path: Path) -> None:
    folder = tiny.make_avatar(tmp_path / "avatar", images="png", count=2)
    for file in (folder / "frames").iterdir():
        file.write_bytes(png(12_000, 12_000))
    assert "12000x12000" in refusal(folder)


def test_a_png_whose_part_claims_two_gigabytes(tmp_path: Path) -> None:
    folder = tiny.make_avatar(tmp_path / "avatar", images="png")
    file = folder / "frames" / "0001.png"
    data = file.read_bytes()
    at = data.index(b"IDAT")
    file.write_bytes(data[: at - 4] + b"\x7f\xff\xff\xff" + data[at:])
    assert "breaks off" in refusal(folder)


LISTS = {
    "ffconcat": "ffconcat version 1.0\nfile other.avi\n",
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\nother.avi\n#EXT-X-ENDLIST\n",
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_video_that_is_a_list_of_other_files(kind: str, tmp_path: Path) -> None:
    """FFmpeg opens what it names, wherever that is."""
    folder = tiny.make_avatar(tmp_path / "avatar", images="video")
    (folder / "template.avi").rename(folder / "other.avi")
    (folder / f"list.{kind}").write_text(LISTS[kind])
    assert cv2.VideoCapture(str(folder / f"list.{kind}")).read()[0]
    tiny.edit(folder, 'video = "template.avi"', f'video = "list.{kind}"')
    assert "no mp4, mov" in refusal(folder)


def test_a_video_whose_frames_fill_the_memory(tmp_path: Path) -> None:
    folder = tiny.make_avatar(tmp_path / "avatar", images="video")
    data = bytearray((folder / "template.avi").read_bytes())
    size = data.index(b"strf") + 12  # behind the chunk's size and the header's own
    data[size : size + 8] = struct.pack("<ii", 12_000, 12_000)
    (folder / "template.avi").write_bytes(data)
    assert "12000x12000" in refusal(folder)


def test_a_crop_that_fills_the_memory(folder: Path) -> None:
    tiny.edit(folder, 'file = "generator.onnx"', 'file = "generator.onnx"\ncrop = 300000\ninset = 149840')
    assert "crop: 300000 is more than" in refusal(folder)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (22, struct.pack("<H", 60_000)),  # channels
        (24, struct.pack("<I", 4_000_000_000)),  # samples a second
        (24, struct.pack("<I", 1)),
        (40, struct.pack("<I", 0x70000000)),  # bytes of sound
    ],
)
def test_wav_headers_that_claim_too_much(folder: Path, tmp_path: Path, at: int, value: bytes) -> None:
    speech = tiny.save_sound(tmp_path / "speech.wav", 0.2)
    data = speech.read_bytes()
    speech.write_bytes(data[:at] + value + data[at + len(value) :])
    assert main(["generate", str(speech), "--avatar", str(folder), "--out", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()


def test_flac_that_claims_a_month(folder: Path, tmp_path: Path) -> None:
    """Its header has 36 bits for the number of samples."""
    speech = tmp_path / "speech.flac"
    soundfile.write(speech, np.zeros(16000), 16000)
    data = bytearray(speech.read_bytes())
    data[21] |= 0x0F
    data[22:26] = b"\xff\xff\xff\xf0"
    speech.write_bytes(data)
    assert main(["generate", str(speech), "--avatar", str(folder), "--out", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()
