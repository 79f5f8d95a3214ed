# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks that an exporter has written as two files become one in an imported avatar."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from lipreel.engine.errors import AvatarError
from lipreel.engine.importing.checkpoints import as_onnx
from onnx import numpy_helper


def split(source: Path, target: Path) -> None:
    """The same network, its weights in a file beside it."""
    model = onnx.load(source)
    onnx.save_model(model, target, save_as_external_data=True, location="weights.bin", size_threshold=0)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """One with a weight of every value from 0 to 63."""
    weights = numpy_helper.from_array(np.arange(64, dtype=np.float32), "w")
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Add", ["x", "w"], ["y"])],
        "g",
        [value("x", 1, [1, 64])],
        [value("y", 1, [1, 64])],
        [weights],
    )
    onnx.save(onnx.helper.make_model(graph), tmp_path / "whole.onnx")
    return tmp_path / "whole.onnx"


def test_two_files_become_one(network: Path, tmp_path: Path) -> None:
    split(network, tmp_path / "two.onnx")
    one = as_onnx(tmp_path / "two.onnx", tmp_path / "scratch")
    (tmp_path / "weights.bin").unlink()
    (weights,) = onnx.load(one).graph.initializer
    assert np.array_equal(numpy_helper.to_array(weights), np.arange(64))
    assert as_onnx(network, tmp_path / "scratch") == network


def gone(folder: Path) -> None:
    (folder / "weights.bin").unlink()


def short(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(bytes(100))


def elsewhere(folder: Path) -> None:
    (folder.parent / "secret.bin").write_bytes(bytes(256))
    model = onnx.load(folder / "two.onnx", load_external_data=False)
    for entry in model.graph.initializer[0].external_data:
        if entry.key == "location":
            entry.value = "../secret.bin"
    onnx.save(model, folder / "two.onnx")


@pytest.mark.parametrize("spoil", [gone, short, elsewhere])
def test_weights_that_are_not_there_are_told(
    network: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    split(network, folder / "two.onnx")
    spoil(folder)
    with pytest.raises(AvatarError, match="its weights in another file cannot be read"):
        as_onnx(folder / "two.onnx", tmp_path / "scratch")
