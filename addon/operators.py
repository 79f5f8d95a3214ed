# SPDX-License-Identifier: GPL-3.0-or-later
"""What the buttons do. Each operator says why it is greyed: in its tooltip, and in the panel."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from ..engine.errors import InputError
from . import compat, strips
from .generate_run import GenerateRun
from .import_run import ImportRun
from .interrupt import interruptible
from .preferences import avatars_folder
from .preview_run import PreviewRun
from .running import Run
from .session import session
from .targets import Target, disabled_reason, targets
from .timer import keep_ticking

_POLL = 0.05  # seconds between two looks of a script that waits


class _Operator:
    """What all have in common: greyed with a reason in the tooltip."""

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        raise NotImplementedError

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether it can be used now."""
        reason = cls.disabled_reason(context)
        if reason:
            cls.poll_message_set(reason)  # type: ignore[attr-defined]  # Blender's
        return not reason


class _RunsJobs(_Operator):
    """From a button it returns at once and the jobs run on; called by a script it returns when all is done,
    and raises RuntimeError if one fails.
    """

    def begin(self, make: Callable[[], list[Run]]) -> set[str]:
        """Begin, and leave the rest to the timer."""
        try:
            session.start(make())
        except InputError as error:
            return self.refuse(str(error))
        keep_ticking()
        return {"CANCELLED"}  # nothing has changed yet: no undo step now, but when something has

    def wait(self, make: Callable[[], list[Run]]) -> set[str]:
        """Do it all, and return then."""
        try:
            with interruptible():
                session.start(make())
                while session.tick():
                    time.sleep(_POLL)
        except InputError as error:
            return self.refuse(str(error))
        except KeyboardInterrupt:
            session.stop()
            raise
        if session.failures:
            return self.refuse("; ".join(failure.message for failure in session.failures))
        self.report({"INFO"}, session.run.note() if session.run else "")  # type: ignore[attr-defined]
        return {"FINISHED"}

    def refuse(self, message: str) -> set[str]:
        """Tell the user why not."""
        self.report({"ERROR"}, message)  # type: ignore[attr-defined]
        return {"CANCELLED"}


class LIPREEL_OT_generate(_RunsJobs, bpy.types.Operator):
    """Make a talking character from the selected sound strips."""

    bl_idname = "lipreel.generate"
    bl_label = "Generate"
    bl_description = "Make a talking character that says the selected sound strips, and put it above them"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        return _busy() or disabled_reason(context)

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Begin."""
        return self.begin(lambda: _generate_runs(context))

    def execute(self, context: Any) -> set[str]:
        """Do it all."""
        return self.wait(lambda: _generate_runs(context))


class LIPREEL_OT_preview_frame(_RunsJobs, bpy.types.Operator):
    """Show the frame under the playhead ahead of all others."""

    bl_idname = "lipreel.preview_frame"
    bl_label = "Preview Frame"
    bl_description = (
        "Make only the frame under the playhead: shown in an open image editor, else as a strip of one frame"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        reason = _busy() or disabled_reason(context)
        if reason:
            return reason
        scene = compat.sequencer_scene(context)
        return "" if _under_playhead(scene) else "The playhead is not over a selected sound strip"

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Begin."""
        return self.begin(lambda: _preview_runs(context))

    def execute(self, context: Any) -> set[str]:
        """Do it all."""
        return self.wait(lambda: _preview_runs(context))


class LIPREEL_OT_cancel(_Operator, bpy.types.Operator):
    """Stop the job."""

    bl_idname = "lipreel.cancel"
    bl_label = "Cancel"
    bl_description = "Stop. The pictures that are there are kept, and Generate goes on from there"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, _context: Any) -> str:
        """Why it cannot be used now, or ""."""
        return "" if session.running else "Nothing is running"

    def execute(self, _context: Any) -> set[str]:
        """Ask the job to stop."""
        session.cancel()
        return {"FINISHED"}


class LIPREEL_OT_insert(_Operator, bpy.types.Operator):
    """Put what the last job made into the Sequencer."""

    bl_idname = "lipreel.insert"
    bl_label = "Insert"
    bl_description = "Put the pictures that the last job made above the selected sound strip"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        if reason := _busy():
            return reason
        if not isinstance(session.run, GenerateRun):
            return "Nothing was made yet"
        scene = compat.sequencer_scene(context)
        return "" if len(strips.selected_sounds(scene)) == 1 else "Select one sound strip"

    def execute(self, context: Any) -> set[str]:
        """Insert the frames that are there."""
        run = session.run
        if not isinstance(run, GenerateRun):
            return {"CANCELLED"}
        scene = compat.sequencer_scene(context)
        (sound,) = strips.selected_sounds(scene)
        try:
            strips.insert(scene, sound, run.target.pictures(run.frames_there()), run.target.facts())
        except InputError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class LIPREEL_OT_remove(_Operator, bpy.types.Operator):
    """Remove the strips that Lipreel made."""

    bl_idname = "lipreel.remove"
    bl_label = "Remove Strip"
    bl_description = (
        "Remove the talking character of the selected sound strips. The pictures are kept on disk"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        if reason := _busy():
            return reason
        scene = compat.sequencer_scene(context)
        sounds = strips.selected_sounds(scene)
        made = any(strips.own_strip(sound, scene) is not None for sound in sounds)
        return "" if made else "Select a sound strip that Lipreel has made a strip for"

    def execute(self, context: Any) -> set[str]:
        """Remove the image strips; the sound strips stay."""
        scene = compat.sequencer_scene(context)
        for sound in strips.selected_sounds(scene):
            strips.remove(scene, sound)
        return {"FINISHED"}


class LIPREEL_OT_import_avatar(_RunsJobs, bpy.types.Operator):
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
        "drawn trembles; frames then differ a little from those of its own system",
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
        if reason := _busy():
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

    def _runs(self, context: Any) -> list[Run]:
        library = avatars_folder(context)
        if library is None:
            raise InputError("there is no avatars folder", "preferences", "Choose one")
        source = Path(bpy.path.abspath(self.directory))
        scene = compat.sequencer_scene(context)
        return [ImportRun(source, library, self.smooth_squares, scene.name)]


class LIPREEL_OT_copy_report(_Operator, bpy.types.Operator):
    """Copy why the last job failed."""

    bl_idname = "lipreel.copy_report"
    bl_label = "Copy Report"
    bl_description = "Copy what went wrong, with versions and the traceback, to be pasted into a report"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, _context: Any) -> str:
        """Why it cannot be used now, or ""."""
        return "" if session.failures else "Nothing has failed"

    def execute(self, context: Any) -> set[str]:
        """Put the report on the clipboard."""
        context.window_manager.clipboard = "\n\n".join(failure.report for failure in session.failures)
        self.report({"INFO"}, "Copied")
        return {"FINISHED"}


def _busy() -> str:
    """What keeps everything waiting, or ""."""
    if session.running:
        return "Lipreel is at work"
    return "Blender is rendering" if compat.is_rendering() else ""


def _generate_runs(context: Any) -> list[Run]:
    scene = compat.sequencer_scene(context)
    return [GenerateRun(target) for target in _targets(context, strips.selected_sounds(scene))]


def _preview_runs(context: Any) -> list[Run]:
    scene = compat.sequencer_scene(context)
    frame = scene.frame_current
    return [PreviewRun(target, frame) for target in _targets(context, _under_playhead(scene))]


def _targets(context: Any, sounds: list[Any]) -> list[Target]:
    return targets(context, compat.sequencer_scene(context), sounds)


def _under_playhead(scene: Any) -> list[Any]:
    """The selected sound strips that the playhead is over."""
    found = []
    for sound in strips.selected_sounds(scene):
        place = compat.times(sound)
        if place.left <= scene.frame_current < place.right:
            found.append(sound)
    return found
