# SPDX-License-Identifier: GPL-3.0-or-later
"""Lipreel: a sound strip in, a lip-synced talking character out."""

import gc


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
