# SPDX-License-Identifier: GPL-3.0-or-later
"""Lipreel: a sound strip in, a lip-synced talking character out."""

import gc
from typing import Any


def __getattr__(name: str) -> Any:
    """`__version__`, read from the manifest when it is asked for: Blender imports this at every start."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .engine.version import own_version

    return own_version()


def register() -> None:
    """Blender's door in."""
    collecting = gc.isenabled()
    gc.disable()  # or Python looks through all that Blender holds, which takes as long as the rest
    try:
        from .addon import registration

        registration.register()
    finally:
        if collecting:
            gc.enable()


def unregister() -> None:
    """Blender's door out."""
    from .addon import registration

    registration.unregister()
