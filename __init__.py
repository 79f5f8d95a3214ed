# SPDX-License-Identifier: GPL-3.0-or-later
"""Lipreel: a sound strip in, a lip-synced talking character out."""


def register() -> None:
    """Blender's door in."""
    from .addon import registration

    registration.register()


def unregister() -> None:
    """Blender's door out."""
    from .addon import registration

    registration.unregister()
