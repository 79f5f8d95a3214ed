# SPDX-License-Identifier: GPL-3.0-or-later
"""A digital-clone package as an import plan.

Its JSON files contradict each other on paths, shapes and numbering. Relied on are only: file and sha256 of
the networks in onnx_dist_config.json, and "rect" in cache/crop_rectangles.json. By the contract rectangle k
belongs to image k+1; pairing.py checks that against the crops or the landmarks.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..avatar.avatar_types import Square
from ..errors import InputError
from ..inference.families import FAMILIES
from ..runtime.monitor import Monitor
from .clone_networks import package_networks
from .clone_pictures import Pictures, package_pictures, pairing_shift
from .found_networks import check_encoder, check_generator
from .import_plan import FPS, ImportOptions, ImportPlan, title
from .package_json import read_rectangles
from .recognise import RECTANGLES, Recognised


def plan_digital_clone(
    source: Recognised, options: ImportOptions, scratch: Path, monitor: Monitor
) -> ImportPlan:
    """What to take from the package; its video, if it has no images, is decoded into `scratch`.

    Raises:
        InputError: Something is missing, damaged or does not fit together.
        JobCancelled: In the middle.
    """
    family = FAMILIES["synctalk2d"]
    networks = package_networks(source.folder, options, scratch)
    check_generator(networks.generator, family)
    check_encoder(networks.encoder, family)
    squares = read_rectangles(source.folder / RECTANGLES)
    pictures = package_pictures(source.folder, scratch, monitor)
    if len(pictures.files) != len(squares):
        what = f"half a package: {len(pictures.files)} images, but {len(squares)} rectangles"
        raise InputError(what, str(source.folder), "Copy the whole package")
    plan = ImportPlan(
        source=source.words,
        name=title(options, source.folder),
        family=family,
        generator=networks.generator,
        encoder=networks.encoder,
        pictures=pictures.files,
        squares=squares,
        fps=FPS,
        licence=options.licence,
        notes=(*networks.notes, *pictures.notes),
    )
    return _paired(plan, pictures, squares, source.folder, monitor)


def _paired(
    plan: ImportPlan, pictures: Pictures, squares: Sequence[Square], folder: Path, monitor: Monitor
) -> ImportPlan:
    """The plan with each image beside its own square, and a note where that is not the contract's."""
    shift, evidence = pairing_shift(folder, pictures, squares, monitor)
    if not evidence:
        note = "no crops and no landmarks: that rectangle k belongs to image k+1 could not be checked"
        return replace(plan, notes=(*plan.notes, note))
    if shift == 0:
        return plan
    count = len(squares) - abs(shift)
    first_picture, first_square = max(shift, 0), max(-shift, 0)
    numbers = f"rectangle {first_square} belongs to {pictures.names[first_picture]}"
    note = f"numbered otherwise than usual: by its {evidence}, {numbers}; {count} images have both"
    return replace(
        plan,
        pictures=pictures.files[first_picture : first_picture + count],
        squares=tuple(squares[first_square : first_square + count]),
        notes=(*plan.notes, note),
    )
