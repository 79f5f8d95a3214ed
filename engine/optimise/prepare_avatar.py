# SPDX-License-Identifier: GPL-3.0-or-later
"""An avatar's generator in the forms that are fast, in its folder, and `avatar.toml` told of them."""

import hashlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..avatar.avatar_toml import read_avatar
from ..avatar.avatar_types import Avatar
from ..errors import InputError
from ..painters.networks import check_networks
from ..painters.neural import GeneratorNetwork, open_halves, open_whole
from ..runtime.monitor import Monitor
from ..runtime.storage import storage_error, write_atomic
from .graph import Graph, macs, read_graph
from .quantise import WANTED_DB, Fast, quantise
from .rewrite import optimise
from .samples import take_samples
from .split import split
from .tiling import tiled

FOLDER = "prepared"

TOLERANCE = 0.1 / 255
"""By how much a rewritten network may differ from the original: a tenth of a level."""

_SAMPLES = 32  # frames at each loudness, to calibrate with and to compare
_GAINS = (1.0, 0.2, 5.0)  # what is louder or quieter than anything calibrated with would be drawn wrong
_TABLE = re.compile(r"^\[prepared\]\n.*?(?=^\[)", re.MULTILINE | re.DOTALL)
_HASH = re.compile(rf'^"{FOLDER}/[^"\n]*" = "[^"\n]*"\n', re.MULTILINE)


@dataclass(frozen=True)
class Report:
    """What came of it."""

    avatar: Avatar
    """Read anew."""
    work: float
    """Of the exact form, as a part of what it was."""
    shared: float
    """The part of that work which frames of one template share; 0 if the network has no such half."""
    fast: Fast | None
    """Of the network of integers, if one was asked for and there is something to gain."""


def prepare_avatar(
    avatar: Avatar, *, sound: Path | None = None, wanted_db: float = WANTED_DB, monitor: Monitor | None = None
) -> Report:
    """Write the forms that pay into the avatar's folder; forms of an earlier call go.

    Names hold a part of the file's hash, and `avatar.toml` is replaced last: whenever this is stopped, the
    avatar is whole.

    Args:
        avatar: In a folder that can be written to.
        sound: Speech to calibrate by, for a form in integers; without it there is none.
        wanted_db: How like the exact images each of those of the integers must be, see `psnr`.
        monitor: Told of "samples" and "quantise".

    Raises:
        InputError: The package `onnx` is missing, the folder cannot be written to, or the sound is wrong.
        AvatarError: The generator is not a network.
        JobCancelled: In the middle; what was there stays.
    """
    monitor = monitor or Monitor()
    with tempfile.TemporaryDirectory(prefix="lipreel-") as scratch:
        report, forms = _forms(avatar, sound, wanted_db, monitor, Path(scratch))
        avatar = _put(avatar, forms)
    return replace(report, avatar=avatar)


def _forms(
    avatar: Avatar, sound: Path | None, wanted_db: float, monitor: Monitor, scratch: Path
) -> tuple[Report, dict[str, Path]]:
    """The new files, by their keys in the table, and the report."""
    family = avatar.generator.family
    file = avatar.path(avatar.generator.file)
    inputs = {family.image_name: family.image_shape, family.audio_name: family.audio_shape}
    before = _work(read_graph(file, inputs))
    exact = optimise(read_graph(file, inputs))
    original = open_whole(file, family, "cpu")
    forms: dict[str, Path] = {}
    work, shared = 1.0, 0.0
    halves = split(exact, family.audio_name)
    whole = tiled(exact).save(scratch / "exact.onnx")
    if _work(exact) < before and _agree(open_whole(whole, family, "cpu"), original):
        forms["exact"], work = whole, _work(exact) / before
    if halves:
        first = tiled(halves.template).save(scratch / "template.onnx")
        second = tiled(halves.sound).save(scratch / "sound.onnx")
        if _agree(open_halves(first, second, family, "cpu"), original):
            forms["template_half"], forms["sound_half"] = first, second
            shared = _work(halves.template) / _work(exact)
    fast = None
    if sound is not None:
        samples = [
            sample for gain in _GAINS for sample in take_samples(avatar, sound, _SAMPLES, monitor, gain)
        ]
        target = scratch / "fast.onnx"
        fast = quantise(read_graph(file, inputs), family, samples, target, wanted_db, monitor)
        if fast is not None:
            forms["fast"] = target
    return Report(avatar, work, shared, fast), forms


def _agree(form: GeneratorNetwork, original: GeneratorNetwork) -> bool:
    """Whether both draw the same, but for the rounding of floats."""
    random = np.random.default_rng(0)
    picture, sound = (
        random.random((1, *shape), np.float32) for shape in (form.family.image_shape, form.family.audio_shape)
    )
    drawn = [network.draw(network.see(picture), sound) for network in (form, original)]
    return float(np.abs(drawn[0] - drawn[1]).max()) <= TOLERANCE


def _work(graph: Graph) -> int:
    return sum(macs(graph, node) for node in graph.nodes)


def _put(avatar: Avatar, forms: dict[str, Path]) -> Avatar:
    """Copy the forms into the avatar's folder, tell its avatar.toml, and remove those of before."""
    names, hashes = {}, {}
    try:
        (avatar.folder / FOLDER).mkdir(exist_ok=True)
        for key, file in forms.items():
            data = file.read_bytes()
            sha256 = hashlib.sha256(data).hexdigest()
            names[key] = f"{FOLDER}/{key}-{sha256[:8]}.onnx"
            hashes[names[key]] = sha256
            write_atomic(avatar.folder / names[key], data)
        toml = avatar.folder / "avatar.toml"
        text = "".join(_lines(toml.read_text("utf-8"), names, hashes))
        write_atomic(toml, text.encode("utf-8"))
        new = read_avatar(avatar.folder)
        check_networks(new)
        _remove_others(avatar.folder / FOLDER, set(names.values()))
    except OSError as error:
        raise storage_error(error, avatar.folder) from error
    return new


def _lines(text: str, names: dict[str, str], hashes: dict[str, str]) -> Iterator[str]:
    """avatar.toml with another table [prepared] and other hashes."""
    text = _HASH.sub("", _TABLE.sub("", text))
    head, found, files = text.partition("[files]\n")
    if not found:
        raise InputError("has no table [files] of its own", "avatar.toml", "Write it in that form")
    yield head
    if names:
        yield "[prepared]\n"
        yield from (f'{key} = "{name}"\n' for key, name in names.items())
        yield "\n"
    yield found
    yield from (f'"{name}" = "{sha256}"\n' for name, sha256 in hashes.items())
    yield files


def _remove_others(folder: Path, names: set[str]) -> None:
    for file in folder.glob("*.onnx"):
        if f"{FOLDER}/{file.name}" not in names:
            file.unlink()
    if not names:
        folder.rmdir()
