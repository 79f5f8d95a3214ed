# SPDX-License-Identifier: GPL-3.0-or-later
"""The data folder of SyncTalk_2D or Ultralight as an import plan: images and landmarks, both from 0.

The two have the same layout, and SyncTalk_2D can be trained with the other's sound features: it is the
generator that tells them apart.
"""

from pathlib import Path

from ..errors import AvatarError, InputError
from ..inference.families import Family
from ..runtime.monitor import Monitor
from .found_networks import check_encoder, generator_family, required_onnx
from .import_plan import FPS, WENET_FPS, ImportOptions, ImportPlan, title
from .landmarks import landmark_square
from .numbered import PICTURES, Numbered, numbered_files
from .recognise import IMAGES, LANDMARKS, Recognised

_SYSTEMS = {
    "synctalk2d": "SyncTalk_2D",
    "ultralight": "Ultralight-Digital-Human with HuBERT",
    "ultralight-wenet": "Ultralight-Digital-Human with WeNet",
}


def plan_data_folder(
    source: Recognised, options: ImportOptions, scratch: Path, monitor: Monitor
) -> ImportPlan:
    """What to take from the folder.

    Raises:
        InputError: Something is missing or does not fit together.
        JobCancelled: In the middle.
    """
    if options.generator is None:
        what = f"is {source.words}, which has no generator"
        raise InputError(what, str(source.folder), "Give it: --generator FILE")
    generator = required_onnx(options.generator, "generator", source.folder, "--generator", scratch)
    family = generator_family(generator)
    encoder = required_onnx(options.encoder, "audio encoder", source.folder, "--audio-encoder", scratch)
    _check_encoder(encoder, family)
    images = _from_zero(source.folder / IMAGES, PICTURES)
    landmarks = _from_zero(source.folder / LANDMARKS, (".lms",))
    if len(images.files) != len(landmarks.files):
        what = f"half a folder: {len(images.files)} images, but landmarks for {len(landmarks.files)}"
        raise InputError(what, str(source.folder), "Copy the whole folder")
    squares = monitor.steps("landmarks", map(landmark_square, landmarks.files), len(landmarks.files))
    return ImportPlan(
        source=f"a data folder of {_SYSTEMS[family.name]}, by its generator",
        name=title(options, source.folder),
        family=family,
        generator=generator,
        encoder=encoder,
        pictures=images.files,
        squares=tuple(squares),
        fps=WENET_FPS if family.audio == "wenet" else FPS,
        licence=options.licence,
    )


def _check_encoder(encoder: Path, family: Family) -> None:
    """Raise AvatarError if it is not the family's, and say why that family's is asked for."""
    try:
        check_encoder(encoder, family)
    except AvatarError as error:
        how = f"The generator is of {_SYSTEMS[family.name]}: give the audio encoder of that"
        raise AvatarError(error.what, error.where, how) from error


def _from_zero(folder: Path, suffixes: tuple[str, ...]) -> Numbered:
    files = numbered_files(folder, suffixes)
    if files is None:  # it was there when the folder was recognised
        raise InputError("holds no numbered files", str(folder))
    if files.first != 0:
        what = f"begins with {files.files[0].name}, but folders of this kind begin with 0{suffixes[0]}"
        raise InputError(what, str(folder), "Copy the whole folder")
    return files
