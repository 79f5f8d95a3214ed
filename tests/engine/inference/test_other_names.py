# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks as other exporters write them: other names, more outputs, other ranges."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.cli import main
from lipreel.engine.errors import AvatarError
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.painters.networks import check_avatar
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import tiny
from onnx import TensorProto, helper


@pytest.fixture
def avatar(tmp_path: Path) -> Path:
    return tiny.make_avatar(tmp_path / "avatar", images="png")


def frames(avatar: Path, out: Path) -> tuple[dict[str, bytes], tuple[str, ...]]:
    speech = tiny.save_sound(out.parent / "speech.wav", 0.3)
    result = generate(open_sound(speech), load_avatar(avatar), out, JobOptions())
    return {file.name: file.read_bytes() for file in out.glob("frame_*")}, result.warnings


def rename(file: Path, names: dict[str, str]) -> None:
    """Call inputs and outputs of a network otherwise."""
    model = onnx.load(file)
    for value in (*model.graph.input, *model.graph.output):
        value.name = names.get(value.name, value.name)
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    onnx.save(model, file)


def put_in_front(file: Path, shape: list[int]) -> None:
    """An auxiliary output before all others, of a constant."""
    model = onnx.load(file)
    values = helper.make_tensor("aux_values", TensorProto.FLOAT, shape, np.full(shape, 7.0).ravel())
    model.graph.node.append(helper.make_node("Constant", [], ["aux"], value=values))
    outputs = [helper.make_tensor_value_info("aux", TensorProto.FLOAT, shape), *model.graph.output]
    del model.graph.output[:]
    model.graph.output.extend(outputs)
    onnx.save(model, file)


def scale(file: Path, factor: float, offset: float) -> None:
    """Have the generator draw in another range."""
    model = onnx.load(file)
    (output,) = model.graph.output
    for node in model.graph.node:
        node.output[:] = ["drawn" if name == output.name else name for name in node.output]
    for name, value in (("factor", factor), ("offset", offset)):
        model.graph.initializer.append(helper.make_tensor(name, TensorProto.FLOAT, [], [value]))
    model.graph.node.append(helper.make_node("Mul", ["drawn", "factor"], ["scaled"]))
    model.graph.node.append(helper.make_node("Add", ["scaled", "offset"], [output.name]))
    onnx.save(model, file)


def test_the_output_that_was_checked_is_the_one_that_is_used(avatar: Path, tmp_path: Path) -> None:
    before, _ = frames(avatar, tmp_path / "before")
    put_in_front(avatar / "generator.onnx", [1, 3, 320, 320])
    put_in_front(avatar / "audio_encoder.onnx", [1, 512])
    tiny.rehash(avatar)
    after, warnings = frames(avatar, tmp_path / "after")
    assert after == before
    assert warnings == ()


def test_other_names_are_taken_by_their_shapes_and_told(avatar: Path, tmp_path: Path) -> None:
    before, _ = frames(avatar, tmp_path / "before")
    rename(avatar / "generator.onnx", {"input": "picture", "audio": "sound", "output": "face"})
    rename(avatar / "audio_encoder.onnx", {"mel": "spectrogram", "emb": "rows"})
    tiny.rehash(avatar)
    after, warnings = frames(avatar, tmp_path / "after")
    assert after == before
    assert "generator.onnx: its input 'picture' is taken for 'input', by its shape" in warnings
    assert len(warnings) == 5
    assert set(check_avatar(load_avatar(avatar))) == set(warnings)


def test_names_that_leave_a_doubt_are_refused(avatar: Path) -> None:
    model = onnx.load(avatar / "generator.onnx")
    model.graph.input.append(helper.make_tensor_value_info("other", TensorProto.FLOAT, [1, 6, 320, 320]))
    onnx.save(model, avatar / "generator.onnx")
    rename(avatar / "generator.onnx", {"input": "picture"})
    tiny.rehash(avatar)
    with pytest.raises(AvatarError, match="has no input 'input'"):
        check_avatar(load_avatar(avatar))


@pytest.mark.parametrize(
    ("factor", "offset", "words"), [(255.0, 0.0, "0 ... 255, where"), (2.0, -1.0, "-1 ... 1, where")]
)
def test_other_ranges_are_named(
    avatar: Path, capsys: pytest.CaptureFixture[str], factor: float, offset: float, words: str
) -> None:
    scale(avatar / "generator.onnx", factor, offset)
    tiny.rehash(avatar)
    assert main(["avatar", "check", str(avatar)]) == 2
    assert words in capsys.readouterr().err


def test_values_that_are_no_numbers_are_told(avatar: Path) -> None:
    scale(avatar / "generator.onnx", float("nan"), 0.0)
    tiny.rehash(avatar)
    with pytest.raises(AvatarError, match="values that are no numbers"):
        check_avatar(load_avatar(avatar))


def test_initializers_that_are_listed_as_inputs(avatar: Path, tmp_path: Path) -> None:
    """As exporters wrote them up to the third version of the format."""
    before, _ = frames(avatar, tmp_path / "before")
    for name in ("generator.onnx", "audio_encoder.onnx"):
        model = onnx.load(avatar / name)
        for tensor in model.graph.initializer:
            shape = list(tensor.dims)
            model.graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, shape))
        model.ir_version = 3
        onnx.save(model, avatar / name)
    tiny.rehash(avatar)
    assert frames(avatar, tmp_path / "after")[0] == before
