# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks rewritten: fewer operations, the same images; halves that are one when put together."""

import shutil
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from lipreel.engine.avatar.avatar_types import Avatar, PreparedPart
from lipreel.engine.avatar.library import MODELS, load_avatar
from lipreel.engine.bench.stand_in import make_encoder_stand_in, make_stand_in
from lipreel.engine.errors import AvatarError, InputError
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.optimise import rewrite
from lipreel.engine.optimise.graph import Graph, macs, read_graph
from lipreel.engine.optimise.prepare_avatar import prepare_avatar
from lipreel.engine.optimise.row_scaling import scale_in_rows
from lipreel.engine.optimise.samples import psnr, take_samples
from lipreel.engine.optimise.tiling import tiled
from lipreel.engine.painters.neural import open_generator
from lipreel.engine.runtime.monitor import Monitor
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import tiny
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIDE = 6


def network(path: Path, *, between: str = "") -> Path:
    """From `x` [b,3,6,6] and `y` [b,5,3,3]: 1x1, joined with the enlarged `y`, 1x1 and `between`, 3x3."""
    random = np.random.default_rng(4)
    shapes = {"w0": (12, 3, 1, 1), "b0": (12,), "w1": (24, 17, 1, 1), "b1": (24,), "w2": (2, 24, 3, 3)}
    arrays = {name: random.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}
    arrays["scales"] = np.array([1, 1, 2, 2], np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w0", "b0"], ["narrow"], kernel_shape=[1, 1]),
        helper.make_node("Resize", ["y", "", "scales"], ["large"], mode="linear"),
        helper.make_node("Concat", ["large", "narrow"], ["joined"], axis=1),
        helper.make_node("Conv", ["joined", "w1", "b1"], ["wide"], kernel_shape=[1, 1]),
        helper.make_node("Relu", ["wide"], ["positive"]),
        helper.make_node("Conv", ["positive", "w2"], ["output"], kernel_shape=[3, 3], pads=[1] * 4),
    ]
    if between:
        nodes[3].output[0] = "before"
        nodes.insert(4, helper.make_node(between, ["before"], ["wide"]))
    values: dict[str, list[str | int]] = {
        "x": ["b", 3, SIDE, SIDE],
        "y": ["b", 5, SIDE // 2, SIDE // 2],
        "output": ["b", 2, SIDE, SIDE],
    }
    x, y, output = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in values.items()
    )
    weights = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    graph = helper.make_graph(nodes, "small", [x, y], [output], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def read(path: Path) -> Graph:
    return read_graph(path, {"x": (3, SIDE, SIDE), "y": (5, SIDE // 2, SIDE // 2)})


def work(graph: Graph) -> int:
    return sum(macs(graph, node) for node in graph.nodes)


def run(path: Path) -> NDArray[np.float32]:
    random = np.random.default_rng(9)
    inputs = {
        "x": random.normal(0, 1, (1, 3, SIDE, SIDE)).astype(np.float32),
        "y": random.normal(0, 1, (1, 5, SIDE // 2, SIDE // 2)).astype(np.float32),
    }
    return np.asarray(onnxruntime.InferenceSession(path).run(None, inputs)[0])


@pytest.mark.parametrize("between", ["", "Tanh"])
def test_every_rewrite_keeps_the_pictures(tmp_path: Path, between: str) -> None:
    before = run(network(tmp_path / "small.onnx", between=between))
    assert np.ptp(before) > 1
    graph = read(tmp_path / "small.onnx")
    for change in (rewrite.share_out, rewrite.enlarge_late, rewrite.merge, rewrite.fill_up):
        change(graph)
        graph.settle()
        np.testing.assert_allclose(run(graph.save(tmp_path / "new.onnx")), before, atol=1e-5)


def test_channels_scaled_in_rows(tmp_path: Path) -> None:
    """Numbers on either side, a Relu behind them, and an image that something else reads half way."""
    y, x = (
        helper.make_tensor_value_info(*named) for named in (("y", 1, (1, 5, 1, 1)), ("x", 1, (1, 5, 8, 6)))
    )
    nodes = [
        helper.make_node("Mul", ["y", "x"], ["scaled"]),
        helper.make_node("Add", ["scaled", "y"], ["shifted"]),
        helper.make_node("Relu", ["shifted"], ["positive"]),
        helper.make_node("Mul", ["positive", "x"], ["mixed"]),  # two images
        helper.make_node("Add", ["y", "mixed"], ["again"]),
        helper.make_node("Sub", ["again", "positive"], ["output"]),
    ]
    output = helper.make_tensor_value_info("output", 1, (1, 5, 8, 6))
    model = helper.make_model(helper.make_graph(nodes, "styled", [x, y], [output]))
    model.opset_import[0].version, model.ir_version = 17, 8
    onnx.save(model, tmp_path / "styled.onnx")
    graph = read_graph(tmp_path / "styled.onnx", {"x": (5, 8, 6), "y": (5, 1, 1)})
    scale_in_rows(graph)
    assert Counter(node.op_type for node in graph.nodes)["Tile"] == 3
    graph.save(tmp_path / "rows.onnx")
    random = np.random.default_rng(2)
    given = {name: random.normal(0, 1, graph.inputs[name]).astype(np.float32) for name in "xy"}
    drawn = [
        onnxruntime.InferenceSession(tmp_path / name).run(None, given)[0]
        for name in ("styled.onnx", "rows.onnx")
    ]
    assert np.array_equal(*drawn)


@pytest.mark.parametrize("stride", [1, 2])
def test_wide_pictures_are_made_a_few_channels_at_a_time(tmp_path: Path, stride: int) -> None:
    """Widened from an image and an enlarged one, each channel by itself, and mixed again, as in a U-Net."""
    random = np.random.default_rng(6)
    shapes = {"w0": (96, 3, 1, 1), "w1": (96, 5, 1, 1), "b1": (96,), "w2": (96, 1, 3, 3), "b2": (96,)}
    shapes |= {"w3": (2, 96, 1, 1), "b3": (2,)}
    arrays = {name: random.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}
    arrays["scales"] = np.array([1, 1, 2, 2], np.float32)
    alone: dict[str, Any] = {"kernel_shape": [3, 3], "pads": [1] * 4, "group": 96, "strides": [stride] * 2}
    nodes = [
        helper.make_node("Conv", ["x", "w0"], ["wide"], kernel_shape=[1, 1]),
        helper.make_node("Conv", ["y", "w1", "b1"], ["small"], kernel_shape=[1, 1]),
        helper.make_node("Resize", ["small", "", "scales"], ["large"], mode="linear"),
        helper.make_node("Add", ["wide", "large"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["positive"]),
        helper.make_node("Conv", ["positive", "w2", "b2"], ["alone"], **alone),
        helper.make_node("Relu", ["alone"], ["again"]),
        helper.make_node("Conv", ["again", "w3", "b3"], ["output"], kernel_shape=[1, 1]),
    ]
    output: list[str | int] = ["b", 2, SIDE // stride, SIDE // stride]
    values: dict[str, list[str | int]] = {
        "x": ["b", 3, SIDE, SIDE],
        "y": ["b", 5, SIDE // 2, SIDE // 2],
        "output": output,
    }
    x, y, out = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in values.items()
    )
    weights = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    opset = [helper.make_opsetid("", 17)]
    graph = helper.make_graph(nodes, "wide", [x, y], [out], weights)
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "wide.onnx")

    before = run(tmp_path / "wide.onnx")
    new = tiled(read(tmp_path / "wide.onnx"), most=32 * SIDE**2)
    assert max(shape[1] for shape in new.shapes.values()) == 32
    assert work(new) == work(read(tmp_path / "wide.onnx"))
    np.testing.assert_allclose(run(new.save(tmp_path / "new.onnx")), before, atol=1e-5)


def test_wide_pictures_that_something_else_reads_stay_whole(tmp_path: Path) -> None:
    """Also the last convolution is no 1x1 one."""
    graph = read(network(tmp_path / "small.onnx"))
    names = [node.output[0] for node in graph.nodes]
    assert [node.output[0] for node in tiled(graph, most=1).nodes] == names


def test_work_counted_by_hand(tmp_path: Path) -> None:
    """Shared out and done before enlarging, and the two 1x1 of the other branch merged into one."""
    graph = read(network(tmp_path / "small.onnx"))
    last = 2 * 24 * 9 * 36
    assert work(graph) == 12 * 3 * 36 + 24 * 17 * 36 + last
    rewrite.optimise(graph)
    assert work(graph) == 24 * 5 * 9 + (24 * 3 * 36) + (2 * 24 * 9 * 36)


def test_what_is_between_is_left_alone(tmp_path: Path) -> None:
    """Of a value that others read too, nothing is moved."""
    path = network(tmp_path / "small.onnx")
    model = onnx.load(path)
    model.graph.output.append(helper.make_tensor_value_info("joined", TensorProto.FLOAT, None))
    onnx.save(model, path)
    graph = read(path)
    before = work(graph)
    rewrite.share_out(graph)
    graph.settle()
    assert work(graph) == before


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Avatar:
    """Networks of the true size, prepared; four images."""
    folder = tiny.make_avatar(tmp_path_factory.mktemp("avatars") / "large", count=4)
    make_stand_in(folder / "generator.onnx", seed=3)
    make_encoder_stand_in(folder / "audio_encoder.onnx", seed=3)
    tiny.rehash(folder)
    report = prepare_avatar(load_avatar(folder))
    assert report.work < 0.85
    assert report.shared > 0.3
    return report.avatar


def test_both_forms_draw_as_the_original(prepared: Avatar) -> None:
    random = np.random.default_rng(1)
    family = prepared.generator.family
    picture = random.random((1, *family.image_shape), np.float32)
    sound = random.normal(0, 1, (1, *family.audio_shape)).astype(np.float32)
    forms = [
        open_generator(replace(prepared, prepared=PreparedPart()), "cpu"),
        open_generator(prepared, "cpu"),
        open_generator(prepared, "cpu", shared=2),
    ]
    assert [form.first is None for form in forms] == [True, True, False]
    original, whole, halves = (form.draw(form.see(picture), sound) for form in forms)
    assert np.ptp(original) > 0.1
    assert np.abs(whole - original).max() < 1e-4
    assert np.abs(halves - original).max() < 1e-4


def test_bytes_depend_on_no_order_of_frames(prepared: Avatar, tmp_path: Path) -> None:
    """Frames that share a template are drawn together; a resumed job groups them in another way."""
    sound = open_sound(tiny.save_sound(tmp_path / "speech.wav", 0.5))
    options = JobOptions(fps=Fraction(25), workers=1, provider="cpu")
    first = generate(sound, prepared, tmp_path / "one", options)
    assert first.frames == 13
    again = replace(options, workers=3)
    generate(sound, prepared, tmp_path / "other", again)
    for number in (2, 3, 7, 13):
        (tmp_path / "other" / f"frame_{number:06d}.png").unlink()
    assert generate(sound, prepared, tmp_path / "other", again).frames_written == 4
    for file in (tmp_path / "one").glob("*.png"):
        assert (tmp_path / "other" / file.name).read_bytes() == file.read_bytes()


def test_prepared_twice_is_prepared_once(prepared: Avatar, tmp_path: Path) -> None:
    folder = shutil.copytree(prepared.folder, tmp_path / "copy")
    before = {file.name for file in folder.rglob("*")}
    again = prepare_avatar(load_avatar(folder)).avatar
    assert {file.name for file in folder.rglob("*")} == before
    assert again.fingerprint == prepared.fingerprint


def test_another_generator_needs_another_preparation(prepared: Avatar, tmp_path: Path) -> None:
    folder = shutil.copytree(prepared.folder, tmp_path / "copy")
    make_stand_in(folder / "generator.onnx", seed=8)
    tiny.rehash(folder)
    new = prepare_avatar(load_avatar(folder)).avatar
    assert not set(new.prepared.files()) & set(prepared.prepared.files())
    assert {f"prepared/{file.name}" for file in (folder / "prepared").iterdir()} == set(new.prepared.files())


def test_half_of_a_pair_is_refused(prepared: Avatar, tmp_path: Path) -> None:
    folder = shutil.copytree(prepared.folder, tmp_path / "copy")
    tiny.edit(folder, f'sound_half = "{prepared.prepared.sound_half}"\n', "")
    with pytest.raises(AvatarError, match=r"\[prepared\] sound_half: is missing"):
        load_avatar(folder)


def test_fast_without_a_fast_generator_says_how(prepared: Avatar, tmp_path: Path) -> None:
    sound = open_sound(tiny.save_sound(tmp_path / "speech.wav", 0.3))
    with pytest.raises(InputError, match="lipreel avatar prepare DIR --fast"):
        generate(sound, prepared, tmp_path / "out", JobOptions(precision="fast"))


def test_every_fast_frame_of_the_demo_is_like_the_exact_one() -> None:
    """At least 44 dB in the masked part of each, with speech that it was not calibrated with.

    40 are promised of any avatar; below 44, the demo's cheeks had bands.
    """
    demo = load_avatar("demo")
    family, fast = demo.generator.family, open_generator(demo, "cpu", "fast")
    speech = Path(__file__).parents[2] / "data" / "speech.wav"
    samples = [sample for gain in (1, 0.05, 8) for sample in take_samples(demo, speech, 40, Monitor(), gain)]
    for sample in samples:
        seen = fast.see(sample.inputs[family.image_name])
        assert psnr(family, fast.draw(seen, sample.inputs[family.audio_name]), sample.output) >= 44


def test_likeness_by_hand() -> None:
    family = load_avatar(MODELS / "demo").generator.family
    black = np.zeros(family.output_shape, np.float32)
    grey = np.full(family.output_shape, 25.5 / 255, np.float32)  # 25 levels
    assert psnr(family, grey, black) == pytest.approx(20 * np.log10(255 / 25), abs=1e-4)
