# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks: which provider runs them, and what they compute."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from lipreel.engine.bench.stand_in import make_stand_in
from lipreel.engine.errors import AvatarError, InputError
from lipreel.engine.inference.families import ENCODER_INPUT, ENCODER_OUTPUT
from lipreel.engine.inference.providers import PROVIDERS
from lipreel.engine.inference.session import Network, free_batches, open_network, session_options
from lipreel.tests.helpers import tiny
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.tools.mobile_helpers.usability_checker import (
    ModelProtoWithShapeInfo,
    check_coreml_partitions,
)

ABSENT = [name for name, theirs in PROVIDERS.items() if theirs not in onnxruntime.get_available_providers()]


@pytest.fixture
def encoder_file(tmp_path: Path) -> Path:
    tiny.save_encoder(tmp_path / "encoder.onnx")
    return tmp_path / "encoder.onnx"


def open_encoder(file: Path, provider: str = "cpu") -> Network:
    return open_network(file, dict([ENCODER_INPUT]), ENCODER_OUTPUT, provider)


def mels(count: int, seed: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-4, 4, (count, 1, 80, 16)).astype(np.float32)


def rows_by_hand(mel: NDArray[np.float32]) -> NDArray[np.float64]:
    """What tiny.save_encoder promises."""
    j, k = np.mgrid[0:16, 0:512]
    return np.asarray(mel.mean(axis=(1, 2), dtype=np.float64) @ (((j + k) % 7) / 64))


def test_runs_a_batch(encoder_file: Path) -> None:
    mel = mels(5)
    rows = open_encoder(encoder_file).run({"mel": mel})
    assert rows.shape == (5, 512)
    np.testing.assert_allclose(rows, rows_by_hand(mel), atol=1e-4)


def test_a_network_for_a_batch_of_one_runs_any(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).random((3, 6, 320, 320), np.float32)
    inputs = {"input": numbers, "audio": np.zeros((3, 32, 16, 16), np.float32)}
    outputs = []
    for batch in ("b", 1):
        tiny.save_generator(tmp_path / "generator.onnx", batch=batch)
        shapes = {"input": (6, 320, 320), "audio": (32, 16, 16)}
        network = open_network(tmp_path / "generator.onnx", shapes, ("output", (3, 320, 320)), "cpu")
        outputs.append(network.run(inputs))
    assert np.array_equal(outputs[0], outputs[1])


def test_threads_share_one_network(encoder_file: Path) -> None:
    network = open_encoder(encoder_file)
    batches = [mels(3, seed) for seed in range(40)]
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda mel: network.run({"mel": mel}), batches))
    for mel, found in zip(batches, rows, strict=True):
        np.testing.assert_allclose(found, rows_by_hand(mel), atol=1e-4)


@pytest.mark.parametrize("fixed", [False, True])
def test_core_ml_takes_the_generator_whole(tmp_path: Path, fixed: bool) -> None:
    """By onnxruntime's own checker, from the file as its session for Core ML would have it.

    It takes the input that the five enlargings leave out for one without a shape, so they are not counted.
    """
    made = make_stand_in(tmp_path / "made.onnx")
    options = session_options(1, free_batches(made) if fixed else ())
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(tmp_path / "seen.onnx")
    onnxruntime.InferenceSession(made, options, providers=["CPUExecutionProvider"])
    model = ModelProtoWithShapeInfo(tmp_path / "seen.onnx").model_with_shape_info
    found = check_coreml_partitions(model, True, "coreml_supported_mlprogram_ops.md")
    enlarging = sum(node.op_type == "Resize" for node in model.graph.node)
    assert (found.num_nodes, enlarging) == (182, 5)
    assert found.num_supported_nodes == (182 - enlarging if fixed else 0)
    assert found.nodes_unsupported_due_to_op == 0


def test_auto_says_what_is_in_use(encoder_file: Path) -> None:
    network = open_encoder(encoder_file, "auto")
    assert network.session.get_providers()[0] == PROVIDERS[network.provider]


@pytest.mark.skipif(not ABSENT, reason="this onnxruntime has every provider")
def test_provider_that_is_not_there_names_those_that_are(encoder_file: Path) -> None:
    with pytest.raises(InputError, match=r"It can be: auto, .*cpu") as caught:
        open_encoder(encoder_file, ABSENT[0])
    assert caught.value.where == "provider"


@pytest.mark.skipif(not ABSENT, reason="this onnxruntime has every provider")
def test_fall_back_is_said_aloud(encoder_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider is claimed by onnxruntime and then dropped, as CUDA is without its driver."""
    claimed = [PROVIDERS[ABSENT[0]], "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: claimed)
    with pytest.warns(UserWarning, match="not in available provider names"):  # onnxruntime's own words
        network = open_encoder(encoder_file, "auto")
    assert network.provider == "cpu"
    assert ABSENT[0] in network.warning
    with pytest.warns(UserWarning, match="not in"), pytest.raises(InputError, match="does not start"):
        open_encoder(encoder_file, ABSENT[0])


def test_unknown_provider(encoder_file: Path) -> None:
    with pytest.raises(InputError, match="abacus"):
        open_encoder(encoder_file, "abacus")


def test_broken_file_is_told_in_one_line_and_no_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.onnx").write_bytes(b"\x08\x08 nothing")
    with pytest.raises(AvatarError, match=r"x\.onnx: not a network") as caught:
        open_encoder(tmp_path / "x.onnx")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_input_that_no_family_has(tmp_path: Path) -> None:
    tiny.save_generator(tmp_path / "generator.onnx")
    with pytest.raises(AvatarError, match="an input 'audio'"):
        open_network(tmp_path / "generator.onnx", {"input": (6, 320, 320)}, ("output", (3, 320, 320)), "cpu")


def test_network_that_opens_and_does_not_run(tmp_path: Path) -> None:
    file = tmp_path / "generator.onnx"
    nodes = [helper.make_node("Gather", ["input", "places"], ["output"], axis=1)]
    places = numpy_helper.from_array(np.array([5, 6, 7], np.int64), "places")  # of an input of 3
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["b", "c"]) for name in ("input", "output")
    ]
    graph = helper.make_graph(nodes, "broken", values[:1], values[1:], [places])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    network = open_network(file, {"input": (3,)}, ("output", (3,)), "cpu")
    with pytest.raises(AvatarError, match="does not run") as caught:
        network.run({"input": np.zeros((1, 3), np.float32)})
    assert caught.value.where == str(file)
    assert "\n" not in caught.value.what
