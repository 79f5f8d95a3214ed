# SPDX-License-Identifier: GPL-3.0-or-later
"""The avatar's own pictures under an overlay: each at the moment for which the overlay was drawn."""

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import bpy

from ..sequencer import image_strips, sound_strips, strip_changes
from ..sequencer.placement import SoundStrip
from ..sequencer.shown import Shown
from .background_job import BackgroundJob
from .job import Job
from .libraries import load_libraries

if TYPE_CHECKING:
    from pathlib import Path

    from ...engine.job.plate import Plate
    from ...engine.runtime.monitor import Progress

PLATE = "lipreel_plate"
"""The custom property of a plate: the number of its sound strip."""


class PlateJob(Job):
    """An image strip of the template's pictures, below the overlay."""

    undo_message = "Insert Lipreel Plate"

    def __init__(self, scene: Any, sound: Any, image: Any) -> None:
        """For the overlay `image` of a sound strip."""
        self.place = sound_strips.read_place(scene, sound)
        self.moments = image_strips.read_shown(image).seen
        self.folder = image_strips.folder_of(image)
        self.key = sound_strips.key_of(scene, sound, image["lipreel_number"], self.place.moments)
        self.title = sound.name
        avatar = bpy.path.abspath(sound.lipreel.avatar)
        call = partial(_make, avatar, self.folder, self.moments, self.place)
        super().__init__(BackgroundJob(call, {"strip": sound.name, "avatar": avatar, "folder": self.folder}))

    def finish(self, result: "Plate") -> None:
        """Put the strip below the overlay."""
        found = sound_strips.find(self.key)
        if found is None:
            return
        scene, sound = found
        image = image_strips.own_strip(sound, scene)
        shown = Shown(self.moments.start, result.files, self.moments)
        files = strip_changes.Files(shown, self.folder, result.size)
        strip_changes.insert_plate(scene, sound, image, files, sound.lipreel.fit)[PLATE] = self.key.number
        self.changed = True

    def done_note(self) -> str:
        """What came of it."""
        return f"The plate of {self.title} is below its overlay"


def _make(
    avatar: str,
    folder: "Path",
    moments: range,
    place: SoundStrip,
    cancel: threading.Event,
    progress: "Progress",
) -> "Plate":
    load_libraries()
    from ...engine.avatar.library import load_avatar
    from ...engine.job.plate import write_plate
    from ...engine.runtime.monitor import Monitor

    return write_plate(
        load_avatar(avatar), folder, moments, place.fps, place.shift, Monitor(progress, cancel)
    )
