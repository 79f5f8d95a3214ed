# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame under the playhead, shown where there is room for it."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from .. import compat
from ..sequencer import preview_strips, sound_strips
from ..sequencer.targets import Target
from .background_job import BackgroundJob
from .engine_calls import Board, generate_frames
from .job import Job

if TYPE_CHECKING:
    from ...engine.job.generate_clip import ClipResult

_IMAGE = "Lipreel Preview"


class PreviewJob(Job):
    """One frame: in an open image editor, else as a strip of one frame above the sound."""

    undo_message = "Preview Lipreel Frame"

    def __init__(self, target: Target, frame: int) -> None:
        """The frame `frame` of the scene, which lies in the target's range."""
        moment = frame - target.place.zero
        call = partial(generate_frames, target.request, Board(), range(moment, moment + 1))
        super().__init__(BackgroundJob(call, target.report_facts()))
        self.title = target.key.strip
        self._target = target
        self._frame = frame
        self._place = moment - target.request.moments.start

    def finish(self, result: "ClipResult") -> None:
        """Show the image that was made."""
        file = self._target.request.folder / result.files[self._place]
        editors = compat.image_editors()
        if editors:
            image = _image(file)
            for editor in editors:
                editor.image = image
            return
        found = sound_strips.find(self._target.key)
        if found is not None:
            number, fit = self._target.number, self._target.fit
            preview_strips.insert(*found, number, file, result.size, self._frame, fit)
            self.changed = True

    def done_note(self) -> str:
        """What came of it."""
        return f"Preview of frame {self._frame}"


def _image(file: Path) -> bpy.types.Image:
    image = bpy.data.images.get(_IMAGE)
    if image is None:
        image = bpy.data.images.load(str(file))
        image.name = _IMAGE
    image.filepath = str(file)
    image.reload()
    return image
