# SPDX-License-Identifier: GPL-3.0-or-later
"""An avatar brought into the user's folder of avatars, and chosen."""

from functools import partial
from pathlib import Path

import bpy

from ..sequencer.sound_strips import selected_sounds
from .background_job import BackgroundJob
from .engine_calls import Brought, import_avatar
from .job import Job


class ImportJob(Job):
    """The avatar is in the chooser when it is done."""

    undo_message = "Import Avatar"

    def __init__(self, source: Path, library: Path, smooth_squares: bool, scene_name: str) -> None:
        facts = {"avatar": source, "to": library, "smooth squares": smooth_squares}
        super().__init__(BackgroundJob(partial(import_avatar, source, library, smooth_squares), facts))
        self.title = source.name
        self._scene = scene_name
        self._notes: tuple[str, ...] = ()

    def finish(self, result: Brought) -> None:
        """Choose the avatar, and keep what the user should hear about it."""
        self._notes = result.notes
        scene = bpy.data.scenes.get(self._scene)
        if scene is not None:
            scene.lipreel.avatar = str(result.folder)
            for sound in selected_sounds(scene):  # whose panel it was
                sound.lipreel.avatar = str(result.folder)
            self.changed = True

    def done_note(self) -> str:
        """What came of it, and what the import has to say."""
        return ". Note: ".join([f"Imported {self.title}", *self._notes])
