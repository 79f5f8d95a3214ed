# SPDX-License-Identifier: GPL-3.0-or-later
"""From the selected sound strips and the settings to jobs, as plain data."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ...engine.errors import InputError
from ...engine.runtime.cores import usable_cores
from .. import compat
from ..characters import avatars
from ..extension import OUTPUT, preferences
from . import image_strips, numbers, sound_strips, strip_changes, strip_direction, strip_settings
from .folders import home_folder, is_of_number, numbers_there, strip_folder
from .placement import SoundStrip
from .request import Request
from .shown import to_make

_BLOCK_SECONDS = 2
"""Frames are made in blocks of so much time in the window: the strip that grows is not to lag behind."""


@dataclass(frozen=True)
class Target:
    """A job, and the sound strip that it is for."""

    key: sound_strips.StripKey
    number: int
    """Of the sound strip, of its image strip and of its folder."""
    place: SoundStrip
    """Where the sound strip was when the job was begun."""
    whole: bool
    """Whether the job is for all of the strip, and not for a preview range."""
    request: Request
    file: str
    """Name of the sound's file."""
    settings: str
    """What the frames are made with, in words: another text means other frames."""
    avatar: str
    """As the strip's settings have it, or are to have it."""
    output: str
    """Likewise."""
    fit: str
    connect: bool
    """Whether a new image strip is connected with its sound strip."""
    cuts: frozenset[int] = frozenset()
    """See image_strips.cuts; as it was before the jobs began, which may move such ends."""

    def facts(self) -> dict[str, object]:
        """What the image strip says of its job."""
        moments = self.place.moments
        return {
            "sound": self.key.strip,
            "file": self.file,
            "fps": str(self.place.fps),
            "shift": str(self.place.shift),
            "sound_moments": [moments.start, moments.stop],
            "heard_moments": [self.request.heard.start, self.request.heard.stop],
            "whole": self.whole,
            "settings": self.settings,
        }

    def report_facts(self) -> dict[str, object]:
        """What a report of a failure tells of the job."""
        options = {name: value for name, value in self.request.options.items() if value is not None}
        asked = {"strip": self.key.strip, "folder": self.request.folder, "avatar": self.request.avatar}
        return {**asked, **self.facts(), **options}


def targets(
    context: Any,
    scene: Any,
    sounds: Sequence[Any],
    *,
    avatar: str | None = None,
    output: str | None = None,
    redraw_retouched: bool = False,
    to_look: bool = False,
) -> list[Target]:
    """A job for each of the sound strips of a scene; `avatar` and `output` come before the strips' own.

    With `to_look` nothing will be written: a locked image strip does not matter, nor does an unsaved file.

    Raises:
        InputError: There are none, or something about a strip or the settings is wrong.
    """
    if not sounds:
        raise InputError("no sound strip is selected", how="Select one in the Sequencer")
    refuse_linked(scene)
    return [
        _target(context, scene, sound, avatar, output, redraw_retouched=redraw_retouched, to_look=to_look)
        for sound in sounds
    ]


def disabled_reason(context: Any) -> str:
    """Why there is nothing to generate, or "": cheap enough to be asked whenever the panel is drawn."""
    scene = compat.sequencer_scene(context)
    if scene is None:
        return NO_SCENE
    sounds = sound_strips.selected_sounds(scene)
    try:
        refuse_linked(scene)
        if not sounds:
            return "Select a sound strip"
        images = image_strips.own_strips(scene)
        for sound in sounds:
            output_folder(context, sound)
            _asked(scene, sound)
            if sound.name in images:
                strip_changes.refuse_locked(scene, images[sound.name])
    except InputError as error:
        where = f"{error.where}: " if error.where else ""
        return f"{where}{error.what[:1].upper()}{error.what[1:]}. {error.how}"
    return ""


NO_SCENE = "Choose a scene in the Sequencer's header: this workspace has none"


def refuse_linked(scene: Any) -> None:
    """InputError if what is in the scene belongs to another file."""
    if scene.library is None and scene.override_library is None:
        return
    what = "the scene is linked from another file" if scene.library else "the scene is an override"
    how = "Open that file, or make the scene local: Object > Relations > Make Local > All"
    raise InputError(what, scene.name, how)


def stale(scene: Any, sounds: Sequence[Any]) -> list[Any]:
    """Those of some sound strips which, or whose settings, have changed since their images were made."""
    images = image_strips.own_strips(scene)
    owners = Counter(image.name for image in images.values())
    made = [
        sound for sound in sounds if sound.name in images and not image_strips.is_old(images[sound.name])
    ]  # a strip of 0.1 knows too little of itself
    heard = sound_strips.heard_moments(scene, made)
    return [
        sound
        for sound, moments in zip(made, heard, strict=True)
        if _is_stale(scene, sound, images[sound.name], moments, shared=owners[images[sound.name].name] > 1)
    ]


def _is_stale(scene: Any, sound: Any, image: Any, heard: range, *, shared: bool) -> bool:
    place = sound_strips.read_place(scene, sound)
    record = image[image_strips.RECORD]
    parts = {"sound_moments": place.moments, "heard_moments": heard}
    same_part = all(list(record.get(name, ())) == [part.start, part.stop] for name, part in parts.items())
    return not (
        (same_part or shared or not record.get("whole"))  # else it shows a part, or more than this sound
        and image_strips.zero_of(image) == place.zero
        and image_strips.same_clock(image, place.fps, place.shift)
        and record.get("file") == sound_strips.file_name(sound)
        and record.get("settings") == _settings(scene, sound, sound.lipreel.avatar, sound.lipreel.output)
    )


def _settings(scene: Any, sound: Any, avatar: str, output: str) -> str:
    options = {name: value for name, value in _options(sound, avatar).items() if value is not None}
    told = {"avatar": avatar, "output": output, "lead": sound.lipreel_lead, **options}
    if avatars.takes_track(avatar):
        if track := mouth_file(sound):
            told |= {"mouth": [str(track), track.stat().st_mtime_ns if track.is_file() else 0]}
        zero = sound_strips.read_place(scene, sound).zero
        told |= {"direction": directed} if (directed := strip_direction.digest(scene, sound, zero)) else {}
    return json.dumps(told, sort_keys=True)


def mouth_file(sound: Any) -> Path | None:
    """The file that a sound strip's mouth moves by, if it is not what is heard."""
    path = sound.lipreel.mouth
    return Path(bpy.path.abspath(path)) if path else None


def _options(sound: Any, avatar: str) -> dict[str, Any]:
    """Those fields of JobOptions that belong to a strip; the computer's own are in `_computer`."""
    settings = sound.lipreel
    return {
        "format": "png" if settings.overlay else settings.format,
        "quality": settings.quality,
        "overlay": settings.overlay,
        "precision": settings.precision if avatars.has_fast(avatar) else "exact",
        "silence": None if settings.silence == "avatar" else settings.silence,
        "colour_match": {"avatar": None, "on": True, "off": False}[settings.colour_match],
        "feather": round(settings.feather, 3) if settings.own_edge else None,
    }


def _computer(context: Any) -> dict[str, Any]:
    wanted = preferences(context)
    return {
        "workers": _workers(wanted.workers if wanted else 0),
        "provider": wanted.provider if wanted else "auto",
    }


def _target(
    context: Any,
    scene: Any,
    sound: Any,
    avatar: str | None,
    output: str | None,
    *,
    redraw_retouched: bool,
    to_look: bool,
) -> Target:
    place, asked = sound_strips.read_place(scene, sound), _asked(scene, sound)
    image = image_strips.own_strip(sound, scene)
    if image is not None and not to_look:
        strip_changes.refuse_locked(scene, image)
    avatar, out = avatar or sound.lipreel.avatar, output or sound.lipreel.output
    settings = _settings(scene, sound, avatar, out)
    home = _home(context, sound, output, to_look=to_look)
    number = numbers.number_for(sound, _lost_numbers(home, sound), alone=image is None)
    kept = _kept_folder(image, out)
    folder = kept or strip_folder(home, sound.name, number)
    moments, whole = asked.moments, asked == place
    if image is not None and kept and image_strips.same_clock(image, place.fps, place.shift):
        moments = to_make(moments, image_strips.read_shown(image).moments)
    elif image is not None:  # its images cannot stand beside the new ones: all of them are needed
        moments, whole = sound_strips.all_moments(scene, image_strips.sharing(scene, image)), True
    directed = avatars.takes_track(avatar)
    request = Request(
        sound=sound_strips.read_sound(sound),
        avatar=bpy.path.abspath(avatar),
        folder=folder,
        moments=moments,
        heard=sound_strips.heard_moments(scene, [sound])[0],
        fps=place.fps,
        shift=place.shift,
        lead=sound.lipreel_lead,
        blend=Path(bpy.data.filepath) if bpy.data.filepath else None,
        options={**_options(sound, avatar), **_computer(context)},
        mouth=mouth_file(sound) if directed else None,
        direction=strip_direction.read(scene, sound, place.zero, moments) if directed else None,
        block=None if bpy.app.background else round(_BLOCK_SECONDS * place.fps),
        redraw_retouched=redraw_retouched,
    )
    key, file = sound_strips.key_of(scene, sound, number, place.moments), sound_strips.file_name(sound)
    return Target(
        key,
        number,
        place,
        whole,
        request,
        file,
        settings,
        avatar,
        out,
        sound.lipreel.fit,
        _connect(context),
        image_strips.cuts(scene, image) if image is not None else frozenset(),
    )


def _home(context: Any, sound: Any, output: str | None, *, to_look: bool) -> Path:
    try:
        return home_folder(output_folder(context, sound, output), bpy.data.filepath)
    except InputError:
        if to_look:
            return Path(bpy.app.tempdir)
        raise


def prepare(scene: Any, sound: Any, target: Target) -> None:
    """Write into the sound strip what belongs to it from now on: its number, and the settings it shows."""
    numbers.give(sound, target.number)
    if (sound.lipreel.avatar, sound.lipreel.output) != (target.avatar, target.output):
        sound.lipreel.avatar, sound.lipreel.output = target.avatar, target.output  # the command line's
    strip_settings.adopt(sound)
    strip_direction.note(scene, sound, target.place.zero)


def _lost_numbers(home: Path, sound: Any) -> list[int]:
    """Numbers that folders were given for this strip, and that no other .blend shows the frames of."""
    from ...engine.job.strip_users import blends_of  # not at the top: few starts of Blender want it

    mine = Path(bpy.data.filepath)
    return [
        number
        for number in numbers_there(home, sound.name)
        if not any(
            blend != mine and blend.is_file() for blend in blends_of(strip_folder(home, sound.name, number))
        )
    ]


def _kept_folder(image: Any | None, output: str) -> Path | None:
    """The folder that an image strip has already, unless another output was chosen since.

    Only one of ours is taken: its user may have pointed the strip at any other.
    """
    if image is None or image_strips.is_old(image):
        return None
    folder, number = image_strips.folder_of(image), numbers.number_of(image)
    if number is None or not is_of_number(folder, number):
        return None
    try:
        made_with = json.loads(image[image_strips.RECORD].get("settings", "{}"))
    except ValueError:
        return None
    return folder if made_with.get("output") == output else None


def _asked(scene: Any, sound: Any) -> SoundStrip:
    """The part of the strip that is to get images."""
    place = sound_strips.read_place(scene, sound)
    if scene.lipreel.range == "STRIP":
        return place
    if not scene.use_preview_range:
        raise InputError("there is no preview range", "range", "Set one (P), or choose Strip as the range")
    return place.clipped(scene.frame_preview_start, scene.frame_preview_end)


def output_folder(context: Any, sound: Any, output: str | None = None) -> Path:
    """The folder in which each strip gets one: `output`, else the strip's, else that of the preferences.

    Raises:
        InputError: There is none, or it is beside a .blend file that was never saved.
    """
    wanted = preferences(context)
    path = output or sound.lipreel.output or (wanted.output if wanted else OUTPUT)
    if not path:
        raise InputError("there is no output folder", how="Choose one")
    if path.startswith("//") and not bpy.data.filepath:
        raise InputError("save the file first", how="The images are kept beside it")
    return Path(bpy.path.abspath(path))


def _connect(context: Any) -> bool:
    wanted = preferences(context)
    return bool(wanted and wanted.connect)


def _workers(wanted: int) -> int | None:
    """How many to use; None, all cores, where no window wants one for itself."""
    if wanted or bpy.app.background:
        return wanted or None
    return max(1, usable_cores() - 1)
