# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels in the sidebar of the Sequencer."""

from typing import Any

import bpy

from . import compat, strips
from .job import Progress, State
from .operators import (
    LIPREEL_OT_cancel,
    LIPREEL_OT_copy_report,
    LIPREEL_OT_generate,
    LIPREEL_OT_insert,
    LIPREEL_OT_remove,
)
from .session import session

_PHASES = {"": "Preparing", "sound": "Listening", "template": "Reading Avatar", "frames": "Generating"}


class _InSidebar:
    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Lipreel"


class LIPREEL_PT_main(_InSidebar, bpy.types.Panel):
    """From a sound strip to a talking character."""

    bl_idname = "LIPREEL_PT_main"
    bl_label = "Lipreel"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether there is a scene to work on."""
        return compat.sequencer_scene(context) is not None

    def draw(self, context: Any) -> None:
        """Draw the panel."""
        scene = compat.sequencer_scene(context)
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column()
        column.enabled = not session.running
        _draw_sounds(column, scene)
        column.prop(scene.lipreel, "avatar")
        column.prop(scene.lipreel, "range")
        column.prop(scene.lipreel, "output")
        if session.running:
            _draw_progress(layout, session.progress, len(session.waiting))
        else:
            _draw_generate(layout, context)
            _draw_outcome(layout)


class LIPREEL_PT_pictures(_InSidebar, bpy.types.Panel):
    """What the pictures are like."""

    bl_idname = "LIPREEL_PT_pictures"
    bl_parent_id = "LIPREEL_PT_main"
    bl_label = "Pictures"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw the panel."""
        settings = compat.sequencer_scene(context).lipreel
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.enabled = not session.running
        layout.prop(settings, "overlay")
        column = layout.column()
        column.active = not settings.overlay  # which is always PNG
        column.prop(settings, "format")
        if settings.format == "jpg":
            column.prop(settings, "quality")


def time_left(seconds: float) -> str:
    """5 as "0:05 left", 3700 as "1:01:40 left"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d} left" if hours else f"{minutes}:{rest:02d} left"


def progress_text(progress: Progress) -> str:
    """One line for a bar."""
    if not progress.total:
        return _PHASES.get(progress.phase, progress.phase.title())
    return f"{_PHASES.get(progress.phase, progress.phase.title())} {100 * progress.factor:.0f}%"


def _draw_sounds(layout: Any, scene: Any) -> None:
    sounds = strips.selected_sounds(scene)
    for sound in sounds[:5]:
        times = compat.times(sound)
        seconds = (times.right - times.left) * scene.render.fps_base / scene.render.fps
        layout.label(text=f"{sound.name}  ({seconds:.1f} s)", icon="SOUND")
    if len(sounds) > 5:
        layout.label(text=f"and {len(sounds) - 5} more")


def _draw_progress(layout: Any, progress: Progress, waiting: int) -> None:
    layout.progress(factor=progress.factor, text=progress_text(progress), type="BAR")
    facts = []
    if progress.state is State.GENERATING and progress.speed > 0:
        facts.append(f"{progress.speed:.1f} frames/s")
    if progress.seconds_left is not None:
        facts.append(time_left(progress.seconds_left))
    if waiting:
        facts.append(f"{waiting} waiting")
    layout.label(text=", ".join(facts))
    layout.operator(LIPREEL_OT_cancel.bl_idname, icon="CANCEL")


def _draw_generate(layout: Any, context: Any) -> None:
    column = layout.column()
    column.scale_y = 1.4
    column.operator(LIPREEL_OT_generate.bl_idname, icon="PLAY")
    reason = LIPREEL_OT_generate.disabled_reason(context)
    if reason:
        layout.label(text=reason, icon="INFO")
    elif not LIPREEL_OT_remove.disabled_reason(context):
        layout.operator(LIPREEL_OT_remove.bl_idname, icon="TRASH")


def _draw_outcome(layout: Any) -> None:
    run = session.run
    if run is None:
        return
    box = layout.box()
    box.label(text=run.note(), icon="ERROR" if session.failure else "CHECKMARK")
    if session.failure:
        box.operator(LIPREEL_OT_copy_report.bl_idname, icon="COPYDOWN")
        return
    if run.gone or run.job.state is State.CANCELLED:
        box.operator(LIPREEL_OT_insert.bl_idname, icon="ADD")
    if run.job.result is not None:
        box.operator("wm.path_open", text="Open Folder", icon="FILE_FOLDER").filepath = str(
            run.target.request.out
        )
