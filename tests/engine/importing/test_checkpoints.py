# SPDX-License-Identifier: GPL-3.0-or-later
"""PyTorch checkpoints into ONNX. The tests that need PyTorch are skipped without it."""

import importlib.util
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.bench import stand_in
from lipreel.engine.cli import main
from lipreel.engine.errors import AvatarError, InputError
from lipreel.engine.importing.checkpoints import as_onnx
from lipreel.engine.painters.networks import check_avatar
from lipreel.tests.helpers import packages

FAMILIES = ["synctalk2d", "ultralight", "ultralight-wenet"]

INPUTS = {
    "synctalk2d": {"input": (6, 320, 320), "audio": (32, 16, 16)},
    "ultralight": {"input": (6, 160, 160), "audio": (16, 32, 32)},
    "ultralight-wenet": {"input": (6, 160, 160), "audio": (128, 16, 32)},
}

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")


def lively(kind: Callable[..., Any], *arguments: Any) -> Any:
    """A network with seeded weights, and normalisations as training leaves them."""
    import torch

    torch.manual_seed(3)  # what layers begin with is PyTorch's own chance
    network = kind(*arguments)
    random = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for part in network.modules():
            if isinstance(part, torch.nn.BatchNorm2d):
                part.weight.uniform_(0.5, 1.5, generator=random)
                part.bias.normal_(0, 0.2, generator=random)
                part.running_mean.normal_(0, 0.2, generator=random)
                part.running_var.uniform_(0.5, 2, generator=random)
    return network.eval()


@needs_torch
@pytest.mark.parametrize("family", FAMILIES)
def test_generator(tmp_path: Path, family: str) -> None:
    """As ONNX it computes what it does in PyTorch, for any batch."""
    import torch
    from lipreel.engine.importing.torch_networks import Generator

    network = lively(Generator, family)
    torch.save(network.state_dict(), tmp_path / "99.pth")
    session = onnxruntime.InferenceSession(as_onnx(tmp_path / "99.pth", tmp_path / "scratch"))
    random = np.random.default_rng(5)
    for batch in (1, 3):
        values = {name: random.random((batch, *shape), np.float32) for name, shape in INPUTS[family].items()}
        with torch.no_grad():
            expected = network(*map(torch.from_numpy, values.values())).numpy()
        (got,) = session.run(["output"], values)
        assert got.shape == (batch, 3, *INPUTS[family]["input"][1:])
        assert np.abs(got - expected).max() <= 1e-4
        assert expected.std() > 0.02


@needs_torch
def test_description_is_that_of_the_contract(tmp_path: Path) -> None:
    """12.19 million parameters; and with the stand-in's weights, the stand-in's output.

    The stand-in is built layer by layer by the recipe, and shares no code with the description.
    """
    import torch
    from lipreel.engine.importing.torch_networks import Encoder, Generator

    for network, make, inputs, millions in (
        (Generator("synctalk2d"), stand_in.make_stand_in, INPUTS["synctalk2d"], 12.19),
        (Encoder(), stand_in.make_encoder_stand_in, {"mel": (1, 80, 16)}, 2.81),
    ):
        assert round(sum(weight.numel() for weight in network.parameters()) / 1e6, 2) == millions
        path = make(tmp_path / "stand_in.onnx", seed=7)
        random = np.random.default_rng(8)
        values = {name: random.random((2, *shape), np.float32) for name, shape in inputs.items()}
        fill(network.eval(), path, [torch.from_numpy(value) for value in values.values()])
        with torch.no_grad():
            got = network(*map(torch.from_numpy, values.values())).numpy()
        (expected,) = onnxruntime.InferenceSession(path).run(None, values)
        assert np.abs(got - expected).max() <= 1e-4 * max(1, np.abs(expected).max())


def fill(network: Any, path: Path, example: list[Any]) -> None:
    """Give the convolutions, in the order in which they are run, the weights of an ONNX file's.

    A normalisation behind them becomes the bias, and else does nothing.
    """
    import torch

    model = onnx.load(path)
    arrays = {weight.name: onnx.numpy_helper.to_array(weight).copy() for weight in model.graph.initializer}
    weights = iter(
        [arrays[n] for n in node.input[1:3]] for node in model.graph.node if node.op_type == "Conv"
    )
    order: list[Any] = []
    for part in network.modules():
        if isinstance(part, torch.nn.Conv2d | torch.nn.BatchNorm2d):
            part.register_forward_hook(lambda module, *_: order.append(module))
    with torch.no_grad():
        network(*example)
        for part, behind in zip(order, [*order[1:], None], strict=True):
            if isinstance(part, torch.nn.BatchNorm2d):
                continue
            weight, bias = map(torch.from_numpy, next(weights))
            assert part.weight.shape == weight.shape
            part.weight.copy_(weight)
            if part.bias is not None:
                part.bias.zero_()
            if isinstance(behind, torch.nn.BatchNorm2d):
                behind.weight.fill_(math.sqrt(1 + behind.eps))
                behind.bias.copy_(bias)
            else:
                part.bias.copy_(bias)
    assert next(weights, None) is None


@needs_torch
def test_names_are_those_of_published_checkpoints() -> None:
    from lipreel.engine.importing.torch_networks import Encoder, Generator

    deep = Generator("synctalk2d").state_dict()
    assert tuple(deep["inc.inconv.0.conv.0.weight"].shape) == (12, 6, 1, 1)
    assert tuple(deep["down5.maxpool_conv.0.double_conv.1.conv.3.weight"].shape) == (1024, 1, 3, 3)
    assert tuple(deep["audio_model.conv1.conv.6.weight"].shape) == (64, 64, 1, 1)
    assert tuple(deep["audio_model.bn5.running_var"].shape) == (512,)
    assert tuple(deep["fuse_conv.0.double_conv.0.conv.0.weight"].shape) == (2048, 1024, 1, 1)
    assert tuple(deep["up3.conv.double_conv.0.conv.6.weight"].shape) == (32, 256, 1, 1)
    assert tuple(deep["outc.conv.weight"].shape) == (3, 16, 1, 1)
    shallow = Generator("ultralight").state_dict()
    assert tuple(shallow["audio_model.conv1.conv.0.weight"].shape) == (32, 16, 1, 1)
    assert tuple(shallow["up4.conv.double_conv.1.conv.7.bias"].shape) == (32,)
    assert "down5.maxpool_conv.0.double_conv.0.conv.0.weight" not in shallow
    assert tuple(Encoder().state_dict()["audio_encoder.12.conv_block.0.weight"].shape) == (512, 512, 1, 1)


@needs_torch
def test_folder_with_checkpoints(tmp_path: Path) -> None:
    """The whole way, with the weights wrapped as trainers do."""
    import torch
    from lipreel.engine.importing.torch_networks import Encoder, Generator

    generator, encoder = lively(Generator, "synctalk2d"), lively(Encoder)
    wrapped = {f"module.{name}": value for name, value in generator.state_dict().items()}
    (tmp_path / "audio").mkdir()
    torch.save({"epoch": 99, "state_dict": wrapped}, tmp_path / "99.pth")
    own = {name.removeprefix("audio_encoder."): value for name, value in encoder.state_dict().items()}
    torch.save(own, tmp_path / "audio" / "99.pth")  # of the same name, but elsewhere
    networks = ["--generator", "99.pth", "--audio-encoder", "audio/99.pth"]
    source = packages.make_data_folder(tmp_path / "May", count=3)
    given = [str(tmp_path / name) if name.endswith(".pth") else name for name in networks]
    assert main(["avatar", "import", str(source), str(tmp_path / "may"), *given]) == 0
    avatar = load_avatar(tmp_path / "may")
    check_avatar(avatar)
    assert sorted(path.name for path in (tmp_path / "may").iterdir()) == [
        *("audio_encoder.onnx", "avatar.toml", "frames", "generator.onnx", "prepared", "squares.csv")
    ]
    mel = np.random.default_rng(1).normal(0, 2, (1, 1, 80, 16)).astype(np.float32)
    with torch.no_grad():
        expected = encoder(torch.from_numpy(mel)).numpy()
    (got,) = onnxruntime.InferenceSession(avatar.path("audio_encoder.onnx")).run(None, {"mel": mel})
    assert np.abs(got - expected).max() <= 1e-4


@needs_torch
@pytest.mark.parametrize("form", ["alone", "as it is saved", "a part of more"])
def test_audio_encoder_by_any_of_its_names(tmp_path: Path, form: str) -> None:
    import torch
    from lipreel.engine.importing.torch_networks import Encoder

    encoder = lively(Encoder)
    weights = dict(encoder.state_dict())
    if form == "alone":
        weights = {name.removeprefix("audio_encoder."): value for name, value in weights.items()}
    elif form == "a part of more":
        weights["face_encoder.0.conv_block.0.weight"] = torch.zeros(1)
    torch.save(weights, tmp_path / "ave.pth")
    session = onnxruntime.InferenceSession(as_onnx(tmp_path / "ave.pth", tmp_path / "scratch"))
    mel = np.random.default_rng(1).normal(0, 2, (2, 1, 80, 16)).astype(np.float32)
    with torch.no_grad():
        expected = encoder(torch.from_numpy(mel)).numpy()
    assert np.abs(session.run(None, {"mel": mel})[0] - expected).max() <= 1e-4


@needs_torch
def test_checkpoints_that_are_something_else(tmp_path: Path) -> None:
    import torch
    from lipreel.engine.importing.torch_networks import Generator

    file, scratch = tmp_path / "net.pth", tmp_path / "scratch"

    def refused() -> str:
        with pytest.raises(AvatarError) as caught:
            as_onnx(file, scratch)
        assert caught.value.where == str(file)
        return str(caught.value)

    file.write_bytes(b"no checkpoint")
    assert "is no PyTorch file of weights alone" in refused()
    torch.save({"path": Path("x")}, file)  # a class that weights alone do not need
    assert "is no PyTorch file of weights alone" in refused()
    torch.save({"epoch": 3}, file)
    assert "holds no weights by name" in refused()
    torch.save({"face_encoder_blocks.0.0.conv_block.0.weight": torch.zeros(1)}, file)
    assert "holds no generator of SyncTalk_2D or Ultralight" in refused()
    weights = Generator("ultralight").state_dict()
    del weights["outc.conv.bias"]
    torch.save(weights, file)
    assert (
        'does not fit the network that it seems to be (Missing key(s) in state_dict: "outc.conv.bias"'
        in refused()
    )
    weights = Generator("ultralight").state_dict()
    weights["audio_model.conv1.conv.0.weight"] = torch.zeros(24, 12, 1, 1)
    torch.save(weights, file)
    assert "is a shallow U-Net that hears 12 channels: none of synctalk2d" in refused()
    weights = Generator("ultralight").state_dict()
    weights["outc.conv.bias"][0] = math.nan
    torch.save(weights, file)
    assert "as ONNX it differs from PyTorch by nan" in refused()


class Harm:
    """What makes a folder when it is unpickled, as a stranger's file may."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return Path.mkdir, (self.folder,)


@needs_torch
@pytest.mark.parametrize("form", ["zip", "old", "pickle"])
def test_a_file_that_does_harm_when_it_is_loaded(form: str, tmp_path: Path) -> None:
    import torch

    data = {"outc.conv.weight": torch.zeros(1), "harm": Harm(tmp_path / "harm")}
    file = tmp_path / "99.pth"
    if form == "pickle":
        file.write_bytes(pickle.dumps(data))
    else:
        torch.save(data, file, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(AvatarError, match="is no PyTorch file of weights alone"):
        as_onnx(file, tmp_path / "scratch")
    assert not (tmp_path / "harm").exists()


def test_without_pytorch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(InputError, match=r"pip install 'lipreel\[torch\]', or in a clone: make extra-torch"):
        as_onnx(tmp_path / "net.pth", tmp_path)


def test_onnx_is_taken_as_it_is(tmp_path: Path) -> None:
    assert as_onnx(tmp_path / "net.onnx", tmp_path / "scratch") == tmp_path / "net.onnx"
    assert not (tmp_path / "scratch").exists()
