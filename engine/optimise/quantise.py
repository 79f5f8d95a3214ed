# SPDX-License-Identifier: GPL-3.0-or-later
"""A network in integers of 8 bits, as far as its pictures stay like those of the exact one."""

import logging
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..families import Family
from ..session import open_network
from ..watch import Watch
from .graph import Graph
from .rewrite import fill_up, merge
from .samples import Sample, psnr

Floats = NDArray[np.float32]

WANTED_DB = 40.0
"""The least likeness to the exact pictures; an error of about 2.5 levels of 255."""

_KINDS = ["Conv", "Concat", "Resize", "Relu", "MaxPool"]
_CALIBRATED = 12  # frames; the others are for the comparison


@dataclass(frozen=True)
class Fast:
    """A network of integers, and how it was judged."""

    psnr_db: float
    """Against the exact one, in the masked part of frames that it was not calibrated with."""
    floats: tuple[str, ...]
    """Convolutions that stayed in floats, the most sensitive first."""
    convolutions: int
    """All that there are."""


def quantise(
    graph: Graph, family: Family, samples: list[Sample], target: Path, wanted_db: float, watch: Watch
) -> Fast:
    """Write the network in integers to `target`; the graph is rewritten on the way.

    Args:
        graph: The exact network.
        family: Its interface.
        samples: Frames; half of them calibrate, half compare.
        target: The new .onnx file.
        wanted_db: Convolutions stay in floats, the most sensitive first, until the likeness is this.
        watch: Told of "quantise", which counts convolutions.
    """
    for rewrite in (merge, fill_up):
        rewrite(graph)
        graph.settle()
    with tempfile.TemporaryDirectory(prefix="lipreel-") as folder:
        source = graph.save(Path(folder) / "float.onnx")
        names = _name(source)

        def likeness(floats: Collection[str]) -> float:
            _quantise(source, target, samples[::2][:_CALIBRATED], sorted(floats))
            return _likeness(target, family, samples[1::2])

        return _keep_floats(names, likeness, wanted_db, watch)


def _keep_floats(
    names: list[str], likeness: Callable[[Collection[str]], float], wanted_db: float, watch: Watch
) -> Fast:
    """Find the fewest floats that do, in the order of how much each convolution spoils by itself."""
    found = likeness(())
    if found >= wanted_db:
        return Fast(found, (), len(names))
    alone = {name: likeness(set(names) - {name}) for name in watch.steps("quantise", names, len(names))}
    worst = sorted(names, key=lambda name: alone[name])
    few, many = 0, len(worst)
    while many - few > 1:
        watch.check()
        middle = (few + many) // 2
        few, many = (few, middle) if likeness(worst[:middle]) >= wanted_db else (middle, many)
    return Fast(likeness(worst[:many]), tuple(worst[:many]), len(names))


def _name(file: Path) -> list[str]:
    """Give every node a name, as the quantiser needs; the names of the convolutions."""
    import onnx

    model = onnx.load(file)
    for node in model.graph.node:
        node.name = node.output[0]
    onnx.save(model, file)
    return [node.name for node in model.graph.node if node.op_type == "Conv"]


def _quantise(source: Path, target: Path, samples: list[Sample], floats: list[str]) -> None:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
        def __init__(self) -> None:
            self._left = iter(samples)

        def get_next(self) -> dict[str, Floats] | None:
            sample = next(self._left, None)
            return None if sample is None else sample.inputs

    logging.disable(logging.WARNING)  # it warns of a preparation that the graph has behind it
    try:
        quantize_static(
            source,
            target,
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_KINDS,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=floats,
        )
    finally:
        logging.disable(logging.NOTSET)


def _likeness(file: Path, family: Family, samples: list[Sample]) -> float:
    inputs = {family.image_name: family.image_shape, family.audio_name: family.audio_shape}
    network = open_network(file, inputs, (family.output_name, family.output_shape), "cpu")
    drawn = [network.run(sample.inputs)[0] for sample in samples]
    return psnr(family, drawn, [sample.output for sample in samples])
