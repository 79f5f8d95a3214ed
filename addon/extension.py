# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension as Blender knows it: its name, its preferences, its folders."""

from pathlib import Path
from typing import Any

import bpy

PACKAGE = __package__.rpartition(".")[0]
"""The extension's name among Blender's add-ons."""

OUTPUT = "//lipreel/"
"""The folder beside the .blend file in which each strip gets one."""


def preferences(context: Any) -> Any | None:
    """The preferences, or None where the add-on runs without being installed."""
    addon = context.preferences.addons.get(PACKAGE)
    return addon.preferences if addon else None


def avatars_folder(context: Any) -> Path | None:
    """The user's folder of avatars, which may not be there yet; None where the add-on is not installed."""
    wanted = preferences(context)
    if wanted and wanted.avatars_folder:
        return Path(bpy.path.abspath(wanted.avatars_folder))
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path="avatars"))
    except ValueError:  # it is no extension: it was put on Python's path instead
        return None
