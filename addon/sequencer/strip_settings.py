# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sound strip is made with: its own settings, or else its scene's (ui/properties.py declares them)."""

from typing import Any

from . import strip_direction

_OWN = "strip_"


def own_name(name: str) -> str:
    """The property that keeps what a strip has of its own of a setting."""
    return f"{_OWN}{name}"


def adopt(sound: Any) -> bool:
    """Write into a sound strip the settings that it shows, so that it keeps them; whether any was new."""
    settings = sound.lipreel
    new = [name for name in _names(settings) if not settings.is_property_set(own_name(name))]
    for name in new:
        setattr(settings, name, getattr(settings, name))
    return bool(new)


def copy(source: Any, target: Any) -> None:
    """Give a sound strip the settings that another one shows."""
    for name in _names(source.lipreel):
        setattr(target.lipreel, name, getattr(source.lipreel, name))
    target.lipreel_lead = source.lipreel_lead
    strip_direction.copy(source, target)


def _names(settings: Any) -> list[str]:
    """The settings that a strip may have of its own."""
    kept = (name for name in settings.bl_rna.properties.keys() if name.startswith(_OWN))  # noqa: SIM118
    return [name.removeprefix(_OWN) for name in kept]
