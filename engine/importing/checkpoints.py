# SPDX-License-Identifier: GPL-3.0-or-later
"""PyTorch checkpoints as ONNX files: the extra `torch`. Weights alone are read; nothing in a file is run."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import AvatarError, InputError, install_extra
from ..inference.external_data import has_external_data
from ..inference.families import ENCODER_INPUT, ENCODER_OUTPUT, FAMILIES

SUFFIXES = (".pth", ".pt", ".ckpt")
"""Of PyTorch's files."""

TOLERANCE = 1e-4
"""How far a value of the exported network may be from PyTorch's."""

_OPSET = 17
_WRAPPERS = ("state_dict", "model", "net")  # under which trainers keep the weights beside other things
_SOUND = "audio_model.conv1.conv.0.weight"  # [wide, channels of the sound features, 1, 1]
_DEEP = "down5.maxpool_conv.0.double_conv.0.conv.0.weight"  # only the larger U-Net has it
_PREFIX = "audio_encoder."
_ENCODER = f"{_PREFIX}0.conv_block.0.weight"  # where it stands alone, without the prefix
_FAMILIES = {(True, 32): "synctalk2d", (False, 16): "ultralight", (False, 128): "ultralight-wenet"}


def as_onnx(file: Path, scratch: Path) -> Path:
    """The file itself, or what it becomes in the folder `scratch`: one .onnx file with all of its weights.

    Raises:
        InputError: PyTorch is missing, the checkpoint is of no network that Lipreel knows (AvatarError), or
            weights that lie in another file cannot be read.
    """
    if file.suffix.lower() not in SUFFIXES:
        return _joined(file, scratch)
    missing = [name for name in ("torch", "onnx") if importlib.util.find_spec(name) is None]
    if missing:
        how = f"Give an .onnx file. {install_extra('torch')}"
        raise InputError(f"reading a PyTorch checkpoint needs {', '.join(missing)}", str(file), how)
    weights = _weights(file)
    scratch.mkdir(parents=True, exist_ok=True)
    if _SOUND in weights:
        target = scratch / "generator.onnx"
        family = FAMILIES[_family(file, weights)]
        from .torch_networks import Generator

        inputs = {family.image_name: family.image_shape, family.audio_name: family.audio_shape}
        _export(file, Generator(family.name), weights, inputs, family.output_name, target)
    elif own := _encoder_weights(weights):
        from .torch_networks import Encoder

        target = scratch / "audio_encoder.onnx"
        _export(file, Encoder(), own, dict([ENCODER_INPUT]), ENCODER_OUTPUT[0], target)
    else:
        what = "holds no generator of SyncTalk_2D or Ultralight, and no audio encoder"
        raise AvatarError(what, str(file), "Other networks are taken as .onnx files")
    return target


def _joined(file: Path, scratch: Path) -> Path:
    """A network whose weights lie in files beside it, as one file; any other, or what is none, as it is."""
    try:
        if not has_external_data(file):
            return file
    except (OSError, ValueError):  # told by whoever opens it
        return file
    if importlib.util.find_spec("onnx") is None:
        what = "keeps weights in another file, and the package onnx, which joins them, is not there"
        raise InputError(what, str(file), install_extra("prepare"))
    import onnx

    scratch.mkdir(parents=True, exist_ok=True)
    target = scratch / f"{len(list(scratch.glob('*.onnx')))}-{file.name}"
    try:
        onnx.save(onnx.load(file), target)
    except Exception as error:  # of many kinds: a file that is missing, short, or lies elsewhere
        reason = str(error).partition("\n")[0]
        how = "Copy all files of the export, side by side"
        raise AvatarError(f"its weights in another file cannot be read ({reason})", str(file), how) from error
    return target


def _weights(file: Path) -> dict[str, Any]:
    """The tensors of a checkpoint by their names, without the wrappings of trainers."""
    import torch

    try:
        data = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # of pickle, zip, the file system or torch: they share no class
        what = "is no PyTorch file of weights alone"
        raise AvatarError(what, str(file), "Save its state_dict, or give an .onnx file") from error
    for wrapper in _WRAPPERS:
        if isinstance(data, Mapping) and isinstance(data.get(wrapper), Mapping):
            data = data[wrapper]
    if not isinstance(data, Mapping) or not all(isinstance(value, torch.Tensor) for value in data.values()):
        raise AvatarError("holds no weights by name", str(file), "Save its state_dict, or give an .onnx file")
    return {str(name).removeprefix("module."): value for name, value in data.items()}


def _encoder_weights(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the audio encoder, which may stand alone or be a part of more; empty if there is none."""
    if _ENCODER not in weights:
        weights = {f"{_PREFIX}{name}": value for name, value in weights.items()}
    if _ENCODER not in weights:
        return {}
    return {name: value for name, value in weights.items() if name.startswith(_PREFIX)}


def _family(file: Path, weights: Mapping[str, Any]) -> str:
    kind = (_DEEP in weights, int(weights[_SOUND].shape[1]))
    if kind not in _FAMILIES:
        depth = "deep" if kind[0] else "shallow"
        what = f"is a {depth} U-Net that hears {kind[1]} channels: none of {', '.join(_FAMILIES.values())}"
        raise AvatarError(what, str(file))
    return _FAMILIES[kind]


def _export(
    file: Path,
    network: Any,
    weights: Mapping[str, Any],
    inputs: Mapping[str, tuple[int, ...]],
    output: str,
    target: Path,
) -> None:
    """Load the weights, write the network with a free batch, and compare the two."""
    import torch

    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()]
        what = f"does not fit the network that it seems to be ({' '.join(lines[1:2]):.120})"
        raise AvatarError(what, str(file)) from error
    network.eval()
    torch.manual_seed(0)
    example = tuple(torch.rand(2, *shape) for shape in inputs.values())
    torch.onnx.export(
        network,
        example,
        str(target),
        input_names=list(inputs),
        output_names=[output],
        dynamic_axes={name: {0: "b"} for name in (*inputs, output)},
        opset_version=_OPSET,
        dynamo=False,  # the other exporter has much to say on standard error, and takes five times as long
    )
    with torch.no_grad():
        expected = network(*example).numpy()
    _compare(file, target, dict(zip(inputs, (tensor.numpy() for tensor in example), strict=True)), expected)


def _compare(file: Path, target: Path, inputs: dict[str, Any], expected: Any) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
    worst = float(np.abs(session.run(None, inputs)[0] - expected).max())
    if not worst <= TOLERANCE:  # a value that is no number is no better
        raise AvatarError(
            f"as ONNX it differs from PyTorch by {worst:.2g}, more than {TOLERANCE:g}", str(file)
        )
