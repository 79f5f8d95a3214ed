# SPDX-License-Identifier: GPL-3.0-or-later
"""A network in integers of 8 bits, as far as its images stay like those of the exact one."""

import logging
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from ..arrays import Floats
from ..inference.families import Family
from ..inference.session import open_network
from ..runtime.monitor import Monitor
from .graph import Graph, macs
from .rewrite import fill_up, merge
from .row_scaling import scale_in_rows
from .samples import Sample, psnr
from .tiling import tiled

WANTED_DB = 40.0
"""The least likeness of any frame to the exact one; an error of about 2.5 levels of 255."""

_MARGIN_DB = 2.0  # frames that nobody has looked at may be worse than those that are compared

_MOST_S = 60.0  # seconds of tries: with what comes before and behind, about two minutes on two cores
_RANKING = 0.6  # of them, to rank convolutions

_GLANCE = 4  # one frame in so many is enough to rank convolutions by

_KINDS = ["Conv", "Concat", "Resize", "Relu", "MaxPool"]

_MOST_AT_ONCE = 8 << 20  # integers in one value: a quarter of the bytes of as many floats

_FEW = 4  # channels, of an image: convolutions of so few take longer in integers than in floats


@dataclass(frozen=True)
class Fast:
    """A network of integers, and how it was judged."""

    least_db: float
    """Likeness to the exact one, see `psnr`, of the worst frame; none of them was calibrated with."""
    floats: tuple[str, ...]
    """Convolutions that stayed in floats: the first and the last, then those that pay most first."""
    convolutions: int
    """All that there are."""


def quantise(
    graph: Graph, family: Family, samples: list[Sample], target: Path, wanted_db: float, monitor: Monitor
) -> Fast | None:
    """Write the network in integers to `target`; the graph is rewritten on the way.

    None, and no file, if it has no convolutions that would be faster in integers.

    Args:
        graph: The exact network.
        family: Its interface.
        samples: Frames; half of them calibrate, half compare.
        target: The new .onnx file.
        wanted_db: Convolutions stay in floats, those that pay most first, until every frame is as like.
        monitor: Told of "quantise", which counts convolutions.
    """
    for rewrite in (merge, fill_up, scale_in_rows):
        rewrite(graph)
        graph.settle()
    tiled(graph, _MOST_AT_ONCE)
    always = _at_the_ends(graph)
    with tempfile.TemporaryDirectory(prefix="lipreel-") as folder:
        source = graph.save(Path(folder) / "float.onnx")
        names = _name(source)
        every = {node.output[0]: macs(graph, node) for node in graph.nodes}
        work = {name: every[name] for name in names if name not in always}
        if not work:
            return None

        def likeness(floats: Collection[str], part: int) -> float:
            chosen = samples[::part]
            _quantise(source, target, chosen[::2], sorted(always.union(floats)))
            return _likeness(target, family, chosen[1::2])

        found = _keep_floats(work, likeness, wanted_db, monitor)
        kept = (name for name in names if name in always)
        return replace(found, floats=(*kept, *found.floats), convolutions=len(names))


def _at_the_ends(graph: Graph) -> set[str]:
    """The names of the nodes that stay in floats, whatever the likeness.

    First, convolutions of images, and last, whatever no convolution follows, are no faster in integers; and
    what the last convolution draws would come in steps, seen as bands on a cheek.
    """
    names: set[str] = set()
    leads_on: set[str] = set()
    for node in reversed(graph.nodes):
        last = not leads_on.intersection(node.output)
        if last or (node.op_type == "Conv" and graph.shapes[node.input[0]][1] < _FEW):
            names.add(node.output[0])
        if not last or node.op_type == "Conv":
            leads_on.update(node.input)
    return names


def _keep_floats(
    work: Mapping[str, int],
    likeness: Callable[[Collection[str], int], float],
    wanted_db: float,
    monitor: Monitor,
    seconds: float = _MOST_S,
) -> Fast:
    """Find few floats that do, in the order of what each convolution spoils for the work it saves.

    After `seconds` no more is tried: convolutions that nobody has looked at stay in floats.
    """
    names, enough, begun = sorted(work, key=lambda name: -work[name]), wanted_db + _MARGIN_DB, monotonic()
    found = likeness((), 1)
    if found >= enough:
        return Fast(found, (), len(names))
    alone: dict[str, float] = {}
    for name in monitor.steps("quantise", names, len(names)):
        alone[name] = likeness(set(names) - {name}, _GLANCE)
        if monotonic() - begun > _RANKING * seconds:
            break
    unknown = names[len(alone) :]
    ranked = sorted(alone, key=lambda name: work[name] * 10 ** (alone[name] / 10))
    few, many = 0, len(ranked)
    while many - few > 1 and monotonic() - begun < seconds:
        monitor.check()
        middle = (few + many) // 2
        good = likeness([*unknown, *ranked[:middle]], 1) >= enough
        few, many = (few, middle) if good else (middle, many)
    floats = (*unknown, *ranked[:many])
    return Fast(likeness(floats, 1), floats, len(names))


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
    """Of the worst frame."""
    inputs = {family.image_name: family.image_shape, family.audio_name: family.audio_shape}
    network = open_network(file, inputs, (family.output_name, family.output_shape), "cpu")
    return min(psnr(family, network.run(sample.inputs)[0], sample.output) for sample in samples)
