# SPDX-License-Identifier: GPL-3.0-or-later
"""The avatar's own images under an overlay: each at the moment for which the overlay was drawn."""

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ..sequencer import image_strips, sound_strips, strip_changes
from ..sequencer.placement import SoundStrip
from ..sequencer.shown import Shown
from .background_job import BackgroundJob
from .job import Job
from .libraries import load_libraries

if TYPE_CHECKING:
    from ...engine.job.plate import Plate
    from ...engine.runtime.monitor import Progress


class PlateJob(Job):
    """An image strip of the template's images, below the overlay."""

    undo_message = "Insert Lipreel Plate"

    def __init__(self, scene: Any, sound: Any, image: Any) -> None:
        """For the overlay `image` of a sound strip, as it is when the job begins."""
        moments = sound_strips.read_place(scene, sound).moments
        self.key = sound_strips.key_of(scene, sound, image["lipreel_number"], moments)
        self.title = sound.name
        super().__init__(BackgroundJob(_nothing))
        self._shown = Shown(0, (), range(0))
        self._folder = Path()

    def begin(self) -> None:
        """See what there is to make: a job before this one may have changed the overlay."""
        found = sound_strips.find(self.key)
        image = image_strips.own_strip(found[1], found[0]) if found else None
        if found is None or image is None:
            return
        scene, sound = found
        place, moments = sound_strips.read_place(scene, sound), image_strips.read_shown(image).seen
        self._shown, self._folder = Shown(moments.start, (), moments), image_strips.folder_of(image)
        avatar = bpy.path.abspath(sound.lipreel.avatar)
        call = partial(_make, avatar, self._folder, moments, place)
        facts = {"strip": sound.name, "avatar": avatar, "folder": self._folder}
        self.background = BackgroundJob(call, facts)

    def finish(self, result: "Plate | None") -> None:
        """Put the strip below the overlay."""
        found = sound_strips.find(self.key)
        image = image_strips.own_strip(found[1], found[0]) if found else None
        if found is None or image is None or result is None:
            return
        scene, sound = found
        shown = Shown(self._shown.first, result.files, self._shown.seen)
        files = strip_changes.Files(shown, self._folder, result.size)
        self.changed = strip_changes.put_plate(scene, sound, image, files, sound.lipreel.fit)

    def done_note(self) -> str:
        """What came of it."""
        return "The plate is below its overlay"


def _nothing(_cancel: threading.Event, _progress: "Progress") -> None:
    """There is no overlay any more."""


def _make(
    avatar: str,
    folder: Path,
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
