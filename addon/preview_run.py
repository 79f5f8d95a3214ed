# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame under the playhead, shown where there is room for it."""

from functools import partial
from pathlib import Path

import bpy

from . import compat, strips
from .job import Job
from .running import Run
from .targets import Target
from .work import preview_frame

_IMAGE = "Lipreel Preview"


class PreviewRun(Run):
    """One frame: in an open image editor, else as a strip of one frame above the sound."""

    undo_message = "Preview Lipreel Frame"

    def __init__(self, target: Target, frame: int) -> None:
        """The frame `frame` of the scene, which lies in the target's range."""
        number = frame - target.made.left + 1
        super().__init__(Job(partial(preview_frame, target.request, number), target.report_facts()))
        self.title = target.key.strip
        self._target = target
        self._frame = frame

    def finish(self, result: Path) -> None:
        """Show the picture in `result`."""
        editors = compat.image_editors()
        if editors:
            image = _image(result)
            for editor in editors:
                editor.image = image
            return
        found = strips.find(self._target.key)
        if found is not None:
            strips.insert_preview(*found, result, self._frame)
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
