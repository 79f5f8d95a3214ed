# SPDX-License-Identifier: GPL-3.0-or-later
"""What the buttons do that begin or end a job. Each says in tooltip and panel why it is greyed."""

from pathlib import Path
from typing import Any

import bpy

from ...engine.errors import InputError
from .. import compat
from ..extension import avatars_folder
from ..jobs.generate_job import GenerateJob
from ..jobs.import_job import ImportJob
from ..jobs.job import Job
from ..jobs.live import live, preview_open
from ..jobs.plate_job import PlateJob
from ..jobs.preview_job import PreviewJob
from ..jobs.queue import queue
from ..sequencer import image_strips, strip_changes
from ..sequencer.sound_strips import selected_sounds
from ..sequencer.targets import disabled_reason, targets
from .operator_base import Operator, RunsJobs, busy


class LIPREEL_OT_generate(RunsJobs, bpy.types.Operator):
    """Make a talking character from the selected sound strips."""

    bl_idname = "lipreel.generate"
    bl_label = "Generate"
    bl_description = "Make a talking character that says the selected sound strips, and put it above them"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        return busy() or disabled_reason(context)

    redraw_retouched: bpy.props.BoolProperty(
        name="Redraw Retouched Frames",
        description="Make images anew that somebody has changed since; what was changed is set aside",
        default=False,
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Begin."""
        return self.begin(lambda: self._runs(context))

    def execute(self, context: Any) -> set[str]:
        """Do it all."""
        return self.wait(lambda: self._runs(context))

    def _runs(self, context: Any) -> list[Job]:
        scene = compat.sequencer_scene(context)
        sounds = selected_sounds(scene)
        wanted = targets(context, scene, sounds, redraw_retouched=self.redraw_retouched)
        images = image_strips.own_strips(scene)
        jobs: list[Job] = []
        for sound, target in zip(sounds, wanted, strict=True):
            jobs.append(GenerateJob(target))
            image = images.get(sound.name)
            if image is not None and strip_changes.plate_of(scene, image) is not None:
                jobs.append(PlateJob(scene, sound, image))  # it goes with its overlay
        return jobs


class LIPREEL_OT_preview_frame(RunsJobs, bpy.types.Operator):
    """Show the frame under the playhead ahead of all others."""

    bl_idname = "lipreel.preview_frame"
    bl_label = "Preview Frame"
    bl_description = (
        "Draw the frame under the playhead over the Sequencer's preview, until the playhead moves on. Called "
        "by a script, it makes a strip of that one frame"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        reason = busy() or disabled_reason(context)
        if reason:
            return reason
        scene = compat.sequencer_scene(context)
        return "" if _under_playhead(scene) else "The playhead is not over a selected sound strip"

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Show it, without a change of the file; as a script would, if no preview is open to draw it over."""
        if not preview_open():
            return self.begin(lambda: _preview_runs(context))
        if not live.on:
            live.turn_on(once=compat.sequencer_scene(context).frame_current)
        return {"CANCELLED"}  # nothing to take back

    def execute(self, context: Any) -> set[str]:
        """Do it all."""
        return self.wait(lambda: _preview_runs(context))


class LIPREEL_OT_cancel(Operator, bpy.types.Operator):
    """Stop the job."""

    bl_idname = "lipreel.cancel"
    bl_label = "Cancel"
    bl_description = "Stop. The images that are there are kept, and Generate goes on from there"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, _context: Any) -> str:
        """Why it cannot be used now, or ""."""
        return "" if queue.running else "Nothing is running"

    def execute(self, _context: Any) -> set[str]:
        """Ask the job to stop."""
        queue.cancel()
        return {"FINISHED"}


class LIPREEL_OT_import_avatar(RunsJobs, bpy.types.Operator):
    """Bring an avatar into the user's folder of avatars."""

    bl_idname = "lipreel.import_avatar"
    bl_label = "Import Avatar"
    bl_description = "Choose the folder of an avatar, or of another system's, and bring it to your avatars"
    bl_options = {"REGISTER", "UNDO"}

    directory: bpy.props.StringProperty(
        name="Folder",
        description="An avatar (with an avatar.toml), or a digital-clone package",
        subtype="DIR_PATH",
    )
    smooth_squares: bpy.props.BoolProperty(
        name="Smooth Squares",
        description="Steady the face squares of another system's avatar, by up to two pixels, if what is "
        "drawn jitters; frames then differ a little from those of its own system",
        default=False,
        options={"SKIP_SAVE"},
    )
    filter_folder: bpy.props.BoolProperty(
        name="Filter Folders",
        description="Show folders",
        default=True,
        options={"HIDDEN", "SKIP_SAVE"},
    )

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        if reason := busy():
            return reason
        return "" if avatars_folder(context) else "Choose an avatars folder in the preferences first"

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Let the user choose the folder; `execute` comes after that."""
        self._from_button = True
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> set[str]:
        """Import it: in the background if the folder was chosen in the window."""
        go = self.begin if getattr(self, "_from_button", False) else self.wait
        return go(lambda: self._runs(context))

    def _runs(self, context: Any) -> list[Job]:
        library = avatars_folder(context)
        if library is None:
            raise InputError("there is no avatars folder", "preferences", "Choose one")
        source = Path(bpy.path.abspath(self.directory))
        scene = compat.sequencer_scene(context)
        return [ImportJob(source, library, self.smooth_squares, scene.name)]


class LIPREEL_OT_copy_report(Operator, bpy.types.Operator):
    """Copy why the last job failed."""

    bl_idname = "lipreel.copy_report"
    bl_label = "Copy Report"
    bl_description = "Copy what went wrong, with versions and the traceback, to be pasted into a report"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, _context: Any) -> str:
        """Why it cannot be used now, or ""."""
        return "" if queue.failures else "Nothing has failed"

    def execute(self, context: Any) -> set[str]:
        """Put the report on the clipboard."""
        context.window_manager.clipboard = "\n\n".join(failure.report for failure in queue.failures)
        self.report({"INFO"}, "Copied")
        return {"FINISHED"}


class LIPREEL_OT_keep_step(bpy.types.Operator):
    """An undo step that takes the place of the one before if nothing was done meanwhile."""

    bl_idname = "lipreel.keep_step"
    bl_label = GenerateJob.undo_message
    bl_description = "Keep what a job has made as one step"
    bl_options = {"INTERNAL", "UNDO_GROUPED"}
    bl_undo_group = GenerateJob.undo_message

    def execute(self, _context: Any) -> set[str]:
        """The step is all there is to it."""
        return {"FINISHED"}


def _preview_runs(context: Any) -> list[Job]:
    scene = compat.sequencer_scene(context)
    frame = scene.frame_current
    return [PreviewJob(target, frame) for target in targets(context, scene, _under_playhead(scene))]


def _under_playhead(scene: Any) -> list[Any]:
    """The selected sound strips that the playhead is over."""
    found = []
    for sound in selected_sounds(scene):
        left, right = compat.ends(sound)
        if left <= scene.frame_current < right:
            found.append(sound)
    return found
