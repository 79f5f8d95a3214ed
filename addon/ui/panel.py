# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels in the sidebar of the Sequencer."""

import textwrap
from typing import Any

import bpy

from ...engine.errors import InputError
from .. import compat
from ..characters import avatars
from ..extension import OUTPUT, preferences
from ..jobs.background_job import Progress, State
from ..jobs.generate_job import GenerateJob
from ..jobs.job import Job
from ..jobs.live import live
from ..jobs.plate_job import PlateJob
from ..jobs.queue import queue
from ..sequencer import image_strips, sound_strips, strip_direction
from ..sequencer.targets import NO_SCENE, output_folder, stale
from .live_overlay import LIPREEL_OT_live
from .operators import (
    LIPREEL_OT_cancel,
    LIPREEL_OT_copy_report,
    LIPREEL_OT_generate,
    LIPREEL_OT_import_avatar,
    LIPREEL_OT_preview_frame,
)
from .preferences import draw_workers
from .strip_operators import (
    LIPREEL_OT_copy_settings,
    LIPREEL_OT_insert,
    LIPREEL_OT_insert_plate,
    LIPREEL_OT_remove,
    LIPREEL_OT_set_end_frame,
    LIPREEL_OT_shift_corrections,
)

_PHASES = {
    "": "Preparing",
    "sound": "Listening",
    "mouth": "Hearing the Mouth",
    "template": "Reading Avatar",
    "frames": "Generating",
    "files": "Copying",
    "video": "Reading Video",
    "landmarks": "Reading Landmarks",
    "pairing": "Checking Order",
    "check": "Checking",
}
_CHARACTER = 6.2  # pixels of a letter at a scale of 1, on average: for breaking lines


class _InSidebar:
    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Lipreel"


class LIPREEL_PT_main(_InSidebar, bpy.types.Panel):
    """From a sound strip to a talking character."""

    bl_idname = "LIPREEL_PT_main"
    bl_label = "Lipreel"

    def draw(self, context: Any) -> None:
        """Draw the panel."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        scene = compat.sequencer_scene(context)
        if scene is None:
            _draw_text(layout, context, NO_SCENE, "INFO")
            return
        sounds = sound_strips.selected_sounds(scene)
        settings = shown_settings(scene, sounds)
        column = layout.column()
        column.enabled = not queue.running
        old = stale(scene, sounds)
        _draw_sounds(column, scene, sounds, old)
        _draw_avatar(column, settings)
        column.prop(scene.lipreel, "range")
        _draw_output(column, context, settings, sounds)
        if queue.running:
            _draw_progress(layout, queue.progress, queue.job, len(queue.waiting))
        else:
            _draw_generate(layout, context, sounds, bool(old))
            _draw_outcome(layout, context, sounds)


class LIPREEL_PT_pictures(_InSidebar, bpy.types.Panel):
    """What the images are like."""

    bl_idname = "LIPREEL_PT_pictures"
    bl_parent_id = "LIPREEL_PT_main"
    bl_label = "Images"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether there is a scene to work on."""
        return compat.sequencer_scene(context) is not None

    def draw(self, context: Any) -> None:
        """Draw the panel."""
        scene = compat.sequencer_scene(context)
        sounds = sound_strips.selected_sounds(scene)
        settings = shown_settings(scene, sounds)
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.enabled = not queue.running
        layout.prop(settings, "overlay")
        column = layout.column()
        column.active = not settings.overlay  # which is always PNG
        column.prop(settings, "format")
        if settings.format == "jpg":
            column.prop(settings, "quality")
        layout.prop(settings, "fit")
        layout.prop(settings, "silence")
        layout.prop(settings, "colour_match")
        row = layout.row(heading=settings.bl_rna.properties["own_edge"].name)
        row.prop(settings, "own_edge", text="")
        edge = row.row()
        edge.active = settings.own_edge
        edge.prop(settings, "feather", text="")


class LIPREEL_PT_direction(_InSidebar, bpy.types.Panel):
    """How the mouth moves."""

    bl_idname = "LIPREEL_PT_direction"
    bl_parent_id = "LIPREEL_PT_main"
    bl_label = "Direction"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether there is a sound strip to direct."""
        scene = compat.sequencer_scene(context)
        return scene is not None and bool(sound_strips.selected_sounds(scene))

    def draw(self, context: Any) -> None:
        """Draw the panel; the dot beside a dial keys it, as I over it does."""
        scene = compat.sequencer_scene(context)
        sound = sound_strips.foremost(scene, sound_strips.selected_sounds(scene))
        layout = self.layout
        layout.use_property_split = True
        layout.enabled = not queue.running
        layout.prop(sound, "lipreel_lead")
        directed = avatars.takes_track(sound.lipreel.avatar)
        if not directed:
            _draw_text(layout, context, "This avatar hears for itself: only its lead can be set", "INFO")
        off = strip_direction.beside(scene, sound, _zero(scene, sound)) if directed else 0
        if off:
            where = "after" if off < 0 else "before"
            frames = "1 frame" if abs(off) == 1 else f"{abs(off)} frames"
            text = f"Corrections lie {frames} {where} their words"
            _draw_text(layout, context, text, "ERROR")
            layout.operator(LIPREEL_OT_shift_corrections.bl_idname, icon="NEXT_KEYFRAME")
        column = layout.column()
        column.enabled = directed
        column.prop(sound, strip_direction.INTENSITY, slider=True)
        column.prop(sound, strip_direction.HOLD)
        column.prop(sound.lipreel, "mouth")
        for heading, dials in (("Corrections", strip_direction.OFFSETS), ("Gain", strip_direction.GAINS)):
            column.label(text=heading)
            each = column.column(align=True)
            for dial in dials:
                each.prop(sound, dial, slider=True)


class LIPREEL_PT_performance(_InSidebar, bpy.types.Panel):
    """How the images are computed."""

    bl_idname = "LIPREEL_PT_performance"
    bl_parent_id = "LIPREEL_PT_main"
    bl_label = "Performance"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether there is a scene to work on."""
        return compat.sequencer_scene(context) is not None

    def draw(self, context: Any) -> None:
        """Draw the panel; what belongs to the computer is kept in the preferences, for all files."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.enabled = not queue.running
        scene = compat.sequencer_scene(context)
        settings = shown_settings(scene, sound_strips.selected_sounds(scene))
        if avatars.has_fast(settings.avatar):  # any other is exact, whatever was chosen before
            layout.prop(settings, "precision")
        wanted = preferences(context)
        if wanted is not None:
            draw_workers(layout, wanted)
            layout.prop(wanted, "provider")


def _zero(scene: Any, sound: Any) -> int:
    """The frame at which moment 0 of a sound lies; of a retimed strip, which has none, where it begins."""
    try:
        return sound_strips.read_place(scene, sound).zero
    except InputError:
        return compat.ends(sound)[0]


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


def shown_settings(scene: Any, sounds: list[Any]) -> Any:
    """The settings in the panel: those of a selected sound strip, else what new strips begin with."""
    return sound_strips.foremost(scene, sounds).lipreel if sounds else scene.lipreel


def _draw_sounds(layout: Any, scene: Any, sounds: list[Any], old: list[Any]) -> None:
    for sound in sounds[:5]:
        left, right = compat.ends(sound)
        seconds = (right - left) * scene.render.fps_base / scene.render.fps
        row = layout.row()
        row.label(text=f"{sound.name}  ({seconds:.1f} s)", icon="SOUND")
        if sound in old:
            row.label(text="Out of date", icon="FILE_REFRESH")
    if len(sounds) > 5:
        layout.label(text=f"and {len(sounds) - 5} more")
    if len(sounds) > 1:
        layout.label(text=f"Settings of {sound_strips.foremost(scene, sounds).name}:")
        layout.operator(LIPREEL_OT_copy_settings.bl_idname, icon="DUPLICATE")


def _draw_avatar(layout: Any, settings: Any) -> None:
    layout.prop(settings, "avatar_choice")
    row = layout.split(factor=0.4)
    row.label()
    side = row.row()
    side.template_icon_view(settings, "avatar_choice", show_labels=True, scale=2.6, scale_popup=6)
    side.operator(LIPREEL_OT_import_avatar.bl_idname, text="Import...", icon="IMPORT")


def _draw_output(layout: Any, context: Any, settings: Any, sounds: list[Any]) -> None:
    wanted = preferences(context)
    layout.prop(settings, "output", placeholder=wanted.output if wanted else OUTPUT)
    if not (sounds and bpy.data.filepath):
        return
    try:
        folder = output_folder(context, sounds[0])
    except InputError:
        return
    if not image_strips.blender_path(folder).startswith("//"):
        text = "This folder is kept as an absolute path: the project cannot be moved together with it"
        _draw_text(layout, context, text, "INFO")


def _draw_progress(layout: Any, progress: Progress, job: Job | None, waiting: int) -> None:
    if job is not None:
        layout.label(text=job.title)
    layout.progress(factor=progress.factor, text=progress_text(progress), type="BAR")
    facts = []
    if progress.state is State.GENERATING and progress.phase == "frames" and progress.speed > 0:
        facts.append(f"{progress.speed:.1f} frames/s")
    if progress.seconds_left is not None:
        facts.append(time_left(progress.seconds_left))
    if waiting:
        facts.append(f"{waiting} waiting")
    layout.label(text=", ".join(facts))
    layout.operator(LIPREEL_OT_cancel.bl_idname, icon="CANCEL")


def _draw_generate(layout: Any, context: Any, sounds: list[Any], update: bool) -> None:
    column = layout.column()
    row = column.row()
    row.scale_y = 1.4
    row.operator(LIPREEL_OT_generate.bl_idname, text="Update" if update else "Generate", icon="PLAY")
    row = column.row(align=True)
    row.operator(LIPREEL_OT_preview_frame.bl_idname, icon="IMAGE_DATA")
    row.operator(LIPREEL_OT_live.bl_idname, icon="HIDE_OFF", depress=live.on and live.once is None)
    if live.on and live.note:
        _draw_text(column, context, f"Live: {live.note}", "INFO")
    reason = LIPREEL_OT_generate.disabled_reason(context)
    if reason:
        _draw_text(layout, context, reason, "INFO")
        if not bpy.data.filepath and sounds:
            layout.operator("wm.save_mainfile", text="Save...", icon="FILE_TICK")
        return
    preview = LIPREEL_OT_preview_frame.disabled_reason(context)
    if preview:
        _draw_text(layout, context, f"No preview: {preview[:1].lower()}{preview[1:]}", "INFO")
    for operator, icon in (
        (LIPREEL_OT_insert_plate, "IMAGE_BACKGROUND"),
        (LIPREEL_OT_remove, "TRASH"),
    ):
        if not operator.disabled_reason(context):
            layout.operator(operator.bl_idname, icon=icon)


def _draw_outcome(layout: Any, context: Any, sounds: list[Any]) -> None:
    """What came of the last jobs: each that failed, and those that are about the selected sound strips."""
    told = [job for job in queue.ended if job.background.failure or _is_about(job, sounds)]
    for job in told:
        cancelled = job.background.state is State.CANCELLED
        icon = "ERROR" if job.background.failure else "INFO" if cancelled else "CHECKMARK"
        name = f"{job.title}: " if len(queue.ended) > 1 else ""
        _draw_text(layout.box(), context, f"{name}{job.note()}", icon)
    if queue.failures:
        _draw_details(layout, context)
    made = [job for job in told if isinstance(job, GenerateJob) and not job.background.failure]
    if len(made) == 1:
        _draw_frames(layout, context, made[0], alone=len(sounds) == 1)


def _is_about(job: Job, sounds: list[Any]) -> bool:
    """Whether what came of a job belongs beside these sound strips."""
    if isinstance(job, GenerateJob) and not job.gone:
        return any(job.is_of(sound) for sound in sounds)
    return job.changed or not isinstance(job, PlateJob)


def _draw_frames(layout: Any, context: Any, job: GenerateJob, *, alone: bool) -> None:
    """What can be done with what a job made; `alone` if its sound strip is the only one that is selected."""
    if job is queue.job and (job.gone or job.removed):
        layout.operator(LIPREEL_OT_insert.bl_idname, icon="ADD")
        if reason := LIPREEL_OT_insert.disabled_reason(context):
            _draw_text(layout, context, reason, "INFO")
    if job.retouched and alone:
        button = layout.operator(LIPREEL_OT_generate.bl_idname, text="Redraw Retouched", icon="FILE_REFRESH")
        button.redraw_retouched = True
    if not LIPREEL_OT_set_end_frame.disabled_reason(context):
        _draw_text(layout, context, "The scene ends before the strip", "INFO")
        layout.operator(LIPREEL_OT_set_end_frame.bl_idname, icon="PREVIEW_RANGE")
    folder = str(job.target.request.folder)
    layout.operator("wm.path_open", text="Open Folder", icon="FILE_FOLDER").filepath = folder


def _draw_details(layout: Any, context: Any) -> None:
    header, body = layout.panel("lipreel_details", default_closed=True)
    header.label(text="Details")
    if body is not None:
        body.operator(LIPREEL_OT_copy_report.bl_idname, icon="COPYDOWN")
        lines = body.column(align=True)
        lines.scale_y = 0.8
        for failure in queue.failures:
            for line in failure.report.splitlines():
                _draw_text(lines, context, line)


def _draw_text(layout: Any, context: Any, text: str, icon: str = "NONE") -> None:
    """Text in as many lines as it takes: Blender's labels are cut off."""
    width = context.region.width / context.preferences.system.ui_scale
    column = layout.column(align=True)
    for line in textwrap.wrap(text, max(20, int((width - 60) / _CHARACTER))) or [""]:
        column.label(text=line, icon=icon)
        icon = "BLANK1" if icon != "NONE" else icon
