# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of a digital-clone package, and whether they are the ones that it promises."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..avatar.toml_table import path_inside
from ..errors import InputError
from ..runtime.storage import sha256_file
from .found_networks import required_onnx
from .import_plan import ImportOptions
from .package_json import read_object
from .recognise import CONFIG


@dataclass(frozen=True)
class Networks:
    """Both networks, in files that are there."""

    generator: Path
    encoder: Path
    notes: tuple[str, ...]


def package_networks(folder: Path, options: ImportOptions, scratch: Path) -> Networks:
    """The networks that the user gave, or the package's own once their hashes are checked.

    Raises:
        InputError: One is missing, or its SHA-256 is another and the user did not say that this is well.
    """
    config = read_object(folder / CONFIG) if (folder / CONFIG).is_file() else {}
    notes: list[str] = []
    generator = options.generator or _own(folder, config, "generator", options, notes)
    encoder = options.encoder or _own(folder, config, "audio_encoder", options, notes)
    return Networks(
        required_onnx(generator, "generator", folder, "--generator", scratch),
        required_onnx(encoder, "audio encoder", folder, "--audio-encoder", scratch),
        tuple(notes),
    )


def _own(
    folder: Path, config: dict[str, Any], part: str, options: ImportOptions, notes: list[str]
) -> Path | None:
    """The package's own file for `generator` or `audio_encoder`; None if it says that it has none."""
    entry = config.get(part)
    entry = entry if isinstance(entry, dict) else {}
    if entry.get("included") is False:
        return None
    relative = entry.get("file") or f"models/{part}.onnx"
    try:
        file = path_inside(folder, str(relative))
    except ValueError:
        what = f'the file "{relative}" of the {part} is not in the package'
        raise InputError(what, str(folder / CONFIG)) from None
    expected = entry.get("sha256")
    if not file.is_file():
        return file
    if expected is None:
        notes.append(f"{CONFIG} has no SHA-256 of {relative}: it was taken unchecked")
        return file
    found = sha256_file(file)
    if found != str(expected).lower():
        what = f"its SHA-256 is {found}, but {CONFIG} says {expected}"
        if not options.accept_hash_mismatch:
            how = "Copy the package anew, or add --accept-hash-mismatch to use the file as it is"
            raise InputError(what, str(file), how)
        notes.append(f"{relative}: {what}; used all the same, as you said")
    return file
