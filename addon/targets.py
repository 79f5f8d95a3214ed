# SPDX-License-Identifier: GPL-3.0-or-later
"""From the selected sound strips and the settings to jobs, as plain data."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..engine.errors import InputError
from . import avatars, compat, strips
from .folders import folder_name
from .placement import SoundStrip
from .preferences import OUTPUT, preferences
from .work import Request


@dataclass(frozen=True)
class Target:
    """A job, and the sound strip that it is for."""

    key: strips.StripKey
    made: SoundStrip
    """The part of the strip that gets pictures."""
    request: Request

    @property
    def suffix(self) -> str:
        """Of the frames' files: png or jpg."""
        return str(self.request.options["format"])

    def pictures(self, count: int) -> strips.Pictures:
        """The first `count` frames."""
        return strips.Pictures(self.made, self.request.out, self.suffix, count)

    def facts(self) -> dict[str, str | int]:
        """What the image strip says of its job."""
        return {
            "avatar": self.request.avatar,
            "folder": str(self.request.out),
            "fps": str(self.made.fps),
            "start": str(self.made.start),
            "frames": self.made.frames,
        }

    def report_facts(self) -> dict[str, object]:
        """What a report of a failure tells of the job."""
        options = {name: value for name, value in self.request.options.items() if value is not None}
        return {"strip": self.key.strip, **self.facts(), **options}


def targets(
    context: Any, scene: Any, sounds: Sequence[Any], *, avatar: str | None = None, output: str | None = None
) -> list[Target]:
    """A job for each of the sound strips of a scene; `avatar` and `output` come before the scene's own.

    Raises:
        InputError: There are none, or something about a strip or the settings is wrong.
    """
    if not sounds:
        raise InputError("no sound strip is selected", how="Select one in the Sequencer")
    folder = output_folder(context, scene, output)
    return [_target(context, scene, sound, avatar or scene.lipreel.avatar, folder) for sound in sounds]


def disabled_reason(context: Any) -> str:
    """Why there is nothing to generate, or "": cheap enough to be asked whenever the panel is drawn."""
    scene = compat.sequencer_scene(context)
    sounds = strips.selected_sounds(scene) if scene else []
    if not sounds:
        return "Select a sound strip"
    try:
        output_folder(context, scene)
        for sound in sounds:
            _made(scene, sound)
    except InputError as error:
        return f"{error.what[:1].upper()}{error.what[1:]}. {error.how}"
    return ""


def _target(context: Any, scene: Any, sound: Any, avatar: str, folder: Path) -> Target:
    made = _made(scene, sound)
    settings = scene.lipreel
    wanted = preferences(context)
    options = {
        "fps": made.fps,
        "format": "png" if settings.overlay else settings.format,
        "quality": settings.quality,
        "overlay": settings.overlay,
        "precision": settings.precision if avatars.has_fast(avatar) else "exact",
        "workers": _workers(wanted.workers if wanted else 0),
        "provider": wanted.provider if wanted else "auto",
    }
    out = _own_folder(folder, scene, sound)
    request = Request(strips.read_sound(sound, made).read, bpy.path.abspath(avatar), out, options)
    return Target(strips.key_of(scene, sound), made, request)


def _made(scene: Any, sound: Any) -> SoundStrip:
    """The part of the strip that gets pictures."""
    place = strips.read_place(scene, sound)
    if scene.lipreel.range == "STRIP":
        return place
    if not scene.use_preview_range:
        raise InputError("there is no preview range", "range", "Set one (P), or choose Strip as the range")
    return place.clipped(scene.frame_preview_start, scene.frame_preview_end)


def output_folder(context: Any, scene: Any, output: str | None = None) -> Path:
    """The folder in which each strip gets one: `output`, else the scene's, else that of the preferences.

    Raises:
        InputError: There is none, or it is beside a .blend file that was never saved.
    """
    wanted = preferences(context)
    path = output or scene.lipreel.output or (wanted.output if wanted else OUTPUT)
    if not path:
        raise InputError("there is no output folder", "output", "Choose one")
    if path.startswith("//") and not bpy.data.filepath:
        how = "Save it first, or choose another output folder"
        raise InputError("the .blend file has no folder yet", "output", how)
    return Path(bpy.path.abspath(path))


def _own_folder(folder: Path, scene: Any, sound: Any) -> Path:
    """Named after the strip, and after its scene too if a strip of another scene has that one."""
    own = folder / folder_name(sound.name)
    if str(own) in strips.folders_of_others(scene):
        return folder / folder_name(f"{sound.name} ({scene.name})")
    return own


def _workers(wanted: int) -> int | None:
    """How many to use; None, all cores, where no window wants one for itself."""
    if wanted or bpy.app.background:
        return wanted or None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)
