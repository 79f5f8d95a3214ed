# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of Lipreel, installed or as an extension."""

import tomllib
from pathlib import Path

MANIFEST = Path(__file__).parent.parent / "blender_manifest.toml"
"""Goes wherever Lipreel goes. Python's own register of packages takes longer to open."""


def own_version() -> str:
    """As `lipreel --version` says it."""
    return str(tomllib.loads(MANIFEST.read_text(encoding="utf-8"))["version"])
