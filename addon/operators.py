# SPDX-License-Identifier: GPL-3.0-or-later
"""What the buttons do. Each operator says why it is greyed: in its tooltip, and in the panel."""

import time
from typing import Any

import bpy

from ..engine.errors import InputError
from . import compat, strips
from .session import session
from .targets import Target, disabled_reason, targets
from .timer import keep_ticking

_POLL = 0.05  # seconds between two looks of a script that waits


class LIPREEL_OT_generate(bpy.types.Operator):
    """Make a talking character from the selected sound strips.

    From a button it returns at once and the job runs on; called by a script it returns when all is done, and
    raises RuntimeError if it fails.
    """

    bl_idname = "lipreel.generate"
    bl_label = "Generate"
    bl_description = "Make a talking character that says the selected sound strips, and put it above them"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        if session.running:
            return "Lipreel is at work"
        if compat.is_rendering():
            return "Blender is rendering"
        return disabled_reason(context)

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether it can be used now."""
        return _allowed(cls, context)

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Begin, and leave the rest to the timer."""
        try:
            session.start(_selected(context))
        except InputError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        keep_ticking()
        return {"CANCELLED"}  # nothing has changed yet: no undo step now, but when the strip is there

    def execute(self, context: Any) -> set[str]:
        """Do it all, and return then."""
        try:
            session.start(_selected(context))
            while session.tick():
                time.sleep(_POLL)
        except InputError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        except KeyboardInterrupt:
            session.stop()
            raise
        if session.failure:
            self.report({"ERROR"}, session.failure.message)
            return {"CANCELLED"}
        self.report({"INFO"}, session.run.note() if session.run else "")
        return {"FINISHED"}


class LIPREEL_OT_cancel(bpy.types.Operator):
    """Stop the job."""

    bl_idname = "lipreel.cancel"
    bl_label = "Cancel"
    bl_description = "Stop. The pictures that are there are kept, and Generate goes on from there"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, _context: Any) -> str:
        """Why it cannot be used now, or ""."""
        return "" if session.running else "Nothing is running"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether it can be used now."""
        return _allowed(cls, context)

    def execute(self, _context: Any) -> set[str]:
        """Ask the job to stop."""
        session.cancel()
        return {"FINISHED"}


class LIPREEL_OT_insert(bpy.types.Operator):
    """Put what the last job made into the Sequencer."""

    bl_idname = "lipreel.insert"
    bl_label = "Insert"
    bl_description = "Put the pictures that the last job made above the selected sound strip"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        if session.running:
            return "Lipreel is at work"
        if compat.is_rendering():
            return "Blender is rendering"
        if session.run is None:
            return "Nothing was made yet"
        scene = compat.sequencer_scene(context)
        return "" if len(strips.selected_sounds(scene)) == 1 else "Select one sound strip"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether it can be used now."""
        return _allowed(cls, context)

    def execute(self, context: Any) -> set[str]:
        """Insert the frames that are there."""
        if session.run is None:
            return {"CANCELLED"}
        scene = compat.sequencer_scene(context)
        (sound,) = strips.selected_sounds(scene)
        target = session.run.target
        try:
            strips.insert(scene, sound, target.pictures(session.run.frames_there()), target.facts())
        except InputError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class LIPREEL_OT_remove(bpy.types.Operator):
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
        if session.running:
            return "Lipreel is at work"
        if compat.is_rendering():
            return "Blender is rendering"
        scene = compat.sequencer_scene(context)
        sounds = strips.selected_sounds(scene)
        made = any(strips.own_strip(sound, scene) is not None for sound in sounds)
        return "" if made else "Select a sound strip that Lipreel has made a strip for"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether it can be used now."""
        return _allowed(cls, context)

    def execute(self, context: Any) -> set[str]:
        """Remove the image strips; the sound strips stay."""
        scene = compat.sequencer_scene(context)
        for sound in strips.selected_sounds(scene):
            strips.remove(scene, sound)
        return {"FINISHED"}


class LIPREEL_OT_copy_report(bpy.types.Operator):
    """Copy why the last job failed."""

    bl_idname = "lipreel.copy_report"
    bl_label = "Copy Details"
    bl_description = "Copy what went wrong, with versions and the traceback, to be pasted into a report"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, _context: Any) -> str:
        """Why it cannot be used now, or ""."""
        return "" if session.failure else "Nothing has failed"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether it can be used now."""
        return _allowed(cls, context)

    def execute(self, context: Any) -> set[str]:
        """Put the report on the clipboard."""
        if session.failure is None:
            return {"CANCELLED"}
        context.window_manager.clipboard = session.failure.report
        self.report({"INFO"}, "Copied")
        return {"FINISHED"}


def _selected(context: Any) -> list[Target]:
    scene = compat.sequencer_scene(context)
    return targets(context, scene, strips.selected_sounds(scene))


def _allowed(operator: Any, context: Any) -> bool:
    """The common poll: greyed with a reason in the tooltip."""
    reason = operator.disabled_reason(context)
    if reason:
        operator.poll_message_set(reason)
    return not reason
