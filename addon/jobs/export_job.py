# SPDX-License-Identifier: GPL-3.0-or-later
"""A mouth track written for other programs."""

from functools import partial

from .background_job import BackgroundJob
from .engine_calls import MouthExport, export_mouth_track
from .job import Job


class ExportJob(Job):
    """The file is there when it is done; nothing in Blender changes."""

    def __init__(self, wanted: MouthExport) -> None:
        facts = {"file": wanted.file, "format": wanted.format}
        super().__init__(BackgroundJob(partial(export_mouth_track, wanted), facts))
        self.title = wanted.file.name

    def finish(self, result: int) -> None:
        """Nothing more is to do."""

    def done_note(self) -> str:
        """What came of it."""
        return f"Wrote {self.title}: {self.background.result} shapes"
