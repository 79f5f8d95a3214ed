# SPDX-License-Identifier: GPL-3.0-or-later
"""What the buttons do with strips that are there. Each says why it is greyed."""

from contextlib import suppress
from typing import Any

import bpy

from ...engine.errors import InputError
from .. import compat
from ..jobs.generate_job import GenerateJob
from ..jobs.plate_job import PlateJob
from ..jobs.queue import queue
from ..sequencer import image_strips, sound_strips, strip_changes, strip_direction, strip_settings
from ..sequencer.targets import NO_SCENE, refuse_linked
from .operator_base import Operator, RunsJobs, busy


class LIPREEL_OT_insert(Operator, bpy.types.Operator):
    """Put what the last job made into the Sequencer."""

    bl_idname = "lipreel.insert"
    bl_label = "Insert"
    bl_description = "Put the images that the last job made above the selected sound strip"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        if reason := busy() or _no_sounds(context):
            return reason
        if not isinstance(queue.job, GenerateJob):
            return "Nothing was made yet"
        if len(_sounds(context)) != 1:
            return "Select the one sound strip that the images are for"
        if sound_strips.file_name(_sounds(context)[0]) != queue.job.target.file:
            return f"The images are for {queue.job.target.file}"
        return "This sound strip has its images" if _images(context) else ""

    def execute(self, context: Any) -> set[str]:
        """Insert the frames that are there."""
        job = queue.job
        if not isinstance(job, GenerateJob):
            return {"CANCELLED"}
        (sound,) = _sounds(context)
        return self.do(lambda: job.insert(compat.sequencer_scene(context), sound))


class LIPREEL_OT_remove(Operator, bpy.types.Operator):
    """Remove the strips that Lipreel made."""

    bl_idname = "lipreel.remove"
    bl_label = "Remove Image Strip"
    bl_description = (
        "Remove the image strips of the selected sound strips, and the plates under them. The sounds stay, "
        "and so do the images on disk"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        return busy() or _no_sounds(context) or ("" if _images(context) else _NONE_MADE)

    def execute(self, context: Any) -> set[str]:
        """Remove the image strips; the sound strips stay."""
        scene = compat.sequencer_scene(context)

        def remove() -> None:
            for image in _images(context):
                strip_changes.refuse_locked(scene, image)
                sharing = image_strips.sharing(scene, image)
                others = [sound.name for sound in sharing if sound not in _sounds(context)]
                if others:
                    what = f"the strip is that of {others[0]}, too"
                    raise InputError(what, image.name, "Select both, or cut the strip where the sound is cut")
            for sound in _sounds(context):
                strip_changes.remove(scene, sound)  # and the plate under it: a face with a lifeless mouth

        return self.do(remove)


class LIPREEL_OT_set_end_frame(Operator, bpy.types.Operator):
    """Have the scene last as long as the talking character."""

    bl_idname = "lipreel.set_end_frame"
    bl_label = "Set End Frame"
    bl_description = (
        "Let the scene end where the selected strips end, so that a rendered video is not cut off"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        if reason := _no_sounds(context):
            return reason
        scene = compat.sequencer_scene(context)
        return "" if scene.frame_end < last_frame(context) else "The scene does not end before the strips"

    def execute(self, context: Any) -> set[str]:
        """Move the end; the start stays."""
        compat.sequencer_scene(context).frame_end = last_frame(context)
        return {"FINISHED"}


class LIPREEL_OT_insert_plate(RunsJobs, bpy.types.Operator):
    """Put the avatar's own images under an overlay."""

    bl_idname = "lipreel.insert_plate"
    bl_label = "Insert Plate"
    bl_description = (
        "Put the avatar's own images under the overlay, each at the moment for which the overlay was drawn"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        if reason := busy() or _no_sounds(context):
            return reason
        if not _images(context):
            return _NONE_MADE
        return "" if _overlays(context) else "Only an overlay needs a plate under it: see Images"

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Begin."""
        return self.begin(lambda: self._runs(context))

    def execute(self, context: Any) -> set[str]:
        """Do it all."""
        return self.wait(lambda: self._runs(context))

    def _runs(self, context: Any) -> list[Any]:
        scene = compat.sequencer_scene(context)
        return [PlateJob(scene, sound, overlay) for sound, overlay in _overlays(context)]


class LIPREEL_OT_copy_settings(Operator, bpy.types.Operator):
    """Give other strips the settings of this one."""

    bl_idname = "lipreel.copy_settings"
    bl_label = "Copy to Selected"
    bl_description = "Give all selected sound strips the settings that are shown"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        if reason := busy() or _no_sounds(context):
            return reason
        return "" if len(_sounds(context)) > 1 else "Select more than one sound strip"

    def execute(self, context: Any) -> set[str]:
        """Copy them."""
        scene = compat.sequencer_scene(context)
        sounds = _sounds(context)
        source = sound_strips.foremost(scene, sounds)
        for sound in sounds:
            strip_settings.copy(source, sound)
        return {"FINISHED"}


class LIPREEL_OT_shift_corrections(Operator, bpy.types.Operator):
    """Put the keys of a strip's direction back over their words."""

    bl_idname = "lipreel.shift_corrections"
    bl_label = "Shift Corrections"
    bl_description = (
        "Move the keys of the direction to where their words are since the sound was slipped under them or "
        "the frame rate changed"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        if reason := busy() or _no_sounds(context):
            return reason
        return "" if _beside(context) else "All corrections lie over their words"

    def execute(self, context: Any) -> set[str]:
        """Move them."""
        scene = compat.sequencer_scene(context)
        for sound, zero in _beside(context):
            strip_direction.shift(scene, sound, zero)
        return {"FINISHED"}


def _beside(context: Any) -> list[tuple[Any, int]]:
    """The selected sounds whose keys lie beside their words, and where their moment 0 lies."""
    scene = compat.sequencer_scene(context)
    found = []
    for sound in _sounds(context):
        with suppress(InputError):  # a retimed one has no moments
            zero = sound_strips.read_place(scene, sound).zero
            if strip_direction.beside(scene, sound, zero):
                found.append((sound, zero))
    return found


_NONE_MADE = "Select a sound strip that Lipreel has made a strip for"


def last_frame(context: Any) -> int:
    """The last frame of the selected sound strips and of what was made for them."""
    ends = [compat.ends(strip)[1] for strip in [*_sounds(context), *_images(context)]]
    return max(ends, default=1) - 1


def _sounds(context: Any) -> list[Any]:
    return sound_strips.selected_sounds(compat.sequencer_scene(context))


def _overlays(context: Any) -> list[tuple[Any, Any]]:
    """Those of the selected sounds whose image strip was made as an overlay, each with it."""
    images = image_strips.own_strips(compat.sequencer_scene(context))
    pairs = [(sound, images[sound.name]) for sound in _sounds(context) if sound.name in images]
    return [(sound, image) for sound, image in pairs if image_strips.is_overlay(image)]


def _images(context: Any) -> list[Any]:
    """The image strips of the selected sounds."""
    images = image_strips.own_strips(compat.sequencer_scene(context))
    return [images[sound.name] for sound in _sounds(context) if sound.name in images]


def _no_sounds(context: Any) -> str:
    """Why there is nothing to work on, or ""."""
    scene = compat.sequencer_scene(context)
    if scene is None:
        return NO_SCENE
    try:
        refuse_linked(scene)
    except InputError as error:
        return str(error)
    return "" if _sounds(context) else "Select a sound strip"
