# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip, and what Blender's own validator says of it."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from ..engine.errors import InputError
from .contents import MANIFEST, manifest, sources

LARGEST = 200 * 10**6
"""Bytes: what the public repository of Blender's extensions takes."""

_FILE_MODE = 0o100644  # a plain file that its owner may write


def pack(root: Path, zip_file: Path, platform: str, wheels: Sequence[Path]) -> None:
    """Write the extension for `platform`, with these wheels.

    Not by Blender's own builder, which takes the files in the order of the disk and with their dates: here
    the same files give the same bytes.
    """
    zip_file.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(zip_file, "w") as archive:
        _add(archive, MANIFEST, manifest(root, platform, [wheel.name for wheel in wheels]).encode())
        for name in sources(root):
            _add(archive, name, (root / name).read_bytes())
        for wheel in wheels:
            _add(archive, f"wheels/{wheel.name}", wheel.read_bytes())


def check(zip_file: Path, blender: Path) -> None:
    """See that a zip is fit to be published; `blender` is the environment of Blender as a Python module.

    Raises:
        InputError: Blender does not accept it, or it is too large.
    """
    validator, tags = _validator(blender)
    call = [sys.executable, str(validator), "validate", f"--valid-tags={tags}", str(zip_file)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)  # noqa: S603 - Blender's own
    if done.returncode:
        lines = " ".join((done.stdout + done.stderr).split())
        raise InputError(f"Blender does not accept it ({lines})", str(zip_file), "Mend what it names")
    size = zip_file.stat().st_size
    if size > LARGEST:
        how = f"{LARGEST / 1e6:.0f} MB is the most that Blender's repository takes: leave something out"
        raise InputError(f"it has {size / 1e6:.1f} MB", str(zip_file), how)


def _add(archive: ZipFile, name: str, data: bytes) -> None:
    entry = ZipInfo(name)  # with the oldest date that zips know
    entry.external_attr = _FILE_MODE << 16
    entry.create_system = 3  # Unix, whatever it is built on
    archive.writestr(entry, data, ZIP_STORED if name.endswith(".whl") else ZIP_DEFLATED)


def _validator(environment: Path) -> tuple[Path, Path]:
    """Blender's program for extensions, which runs without Blender, and its list of tags."""
    for scripts in environment.glob("[Ll]ib/**/site-packages/bpy/*/scripts"):
        program = scripts / "addons_core/bl_pkg/cli/blender_ext.py"
        tags = scripts / "modules/_bpy_internal/extensions/tags.py"
        if program.is_file() and tags.is_file():
            return program, tags
    raise InputError(
        "Blender as a Python module is not in it", str(environment), "Run make extension: it installs it"
    )
