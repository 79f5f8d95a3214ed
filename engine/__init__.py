# SPDX-License-Identifier: GPL-3.0-or-later
"""The pipeline, from a sound to frames: it never imports bpy. What scripts need of it is named here.

Nothing is imported until it is asked for: Blender imports this package whenever it starts.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .avatar.library import list_avatars, load_avatar
    from .errors import (
        AvatarError,
        FolderBusyError,
        FolderTakenError,
        InputError,
        JobCancelled,
        LipreelError,
        StuckError,
    )
    from .importing.import_plan import ImportOptions
    from .importing.importer import import_avatar
    from .job.generate import generate
    from .job.mux import mux
    from .job.options import JobOptions
    from .job.preview import preview
    from .mouth.hear import hear
    from .mouth.track import MouthTrack
    from .sound.sound import open_sound

_WHERE = {
    "AvatarError": "errors",
    "FolderBusyError": "errors",
    "FolderTakenError": "errors",
    "ImportOptions": "importing.import_plan",
    "InputError": "errors",
    "JobCancelled": "errors",
    "JobOptions": "job.options",
    "LipreelError": "errors",
    "StuckError": "errors",
    "generate": "job.generate",
    "import_avatar": "importing.importer",
    "list_avatars": "avatar.library",
    "MouthTrack": "mouth.track",
    "hear": "mouth.hear",
    "load_avatar": "avatar.library",
    "mux": "job.mux",
    "open_sound": "sound.sound",
    "preview": "job.preview",
}

__all__ = [
    "AvatarError",
    "FolderBusyError",
    "FolderTakenError",
    "ImportOptions",
    "InputError",
    "JobCancelled",
    "JobOptions",
    "LipreelError",
    "MouthTrack",
    "StuckError",
    "generate",
    "hear",
    "import_avatar",
    "list_avatars",
    "load_avatar",
    "mux",
    "open_sound",
    "preview",
]


def __getattr__(name: str) -> object:
    """What is in the table, from where it is."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_WHERE[name]}", __name__), name)


def __dir__() -> list[str]:
    """What there is to ask for."""
    return sorted(__all__)
