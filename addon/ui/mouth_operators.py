# SPDX-License-Identifier: GPL-3.0-or-later
"""Mouth tracks as files: written for other programs, and taken in place of what is heard."""

from pathlib import Path
from typing import Any

import bpy

from ...engine.errors import InputError
from .. import compat
from ..characters import avatars
from ..jobs.engine_calls import MouthExport
from ..jobs.export_job import ExportJob
from ..jobs.job import Job
from ..sequencer import sound_strips, strip_direction
from ..sequencer.targets import mouth_file
from .operator_base import Operator, RunsJobs, busy

_FORMATS = (
    ("lipreel", "Lipreel (.mouth.json)", "All six curves and the shapes: Use Mouth Track reads it back"),
    ("lipreel-csv", "Lipreel (.mouth.csv)", "The same as a table"),
    ("rhubarb-tsv", "Rhubarb (.tsv)", "Shapes, as Rhubarb Lip Sync writes them"),
    ("rhubarb-xml", "Rhubarb (.xml)", "Shapes, as Rhubarb Lip Sync writes them"),
    ("rhubarb-json", "Rhubarb (.json)", "Shapes, as Rhubarb Lip Sync writes them"),
    ("moho", "Moho (.dat)", "Switch data for Moho and OpenToonz"),
    ("papagayo", "Papagayo (.pgo)", "A Papagayo project"),
    ("livelink-csv", "Live Link Face (.csv)", "ARKit's shapes, a row a frame"),
)
_ENDINGS = {name: title[title.index("(") + 1 : -1] for name, title, _ in _FORMATS}
_RATE = 80  # values a second of a mouth track


class LIPREEL_OT_export_mouth(RunsJobs, bpy.types.Operator):
    """Write how the mouth moves, for other programs."""

    bl_idname = "lipreel.export_mouth"
    bl_label = "Export Mouth Track"
    bl_description = "Write the movement of the mouth of the selected sound strip's whole sound, directed"
    bl_options = {"REGISTER"}

    filepath: bpy.props.StringProperty(name="File", subtype="FILE_PATH")
    format: bpy.props.EnumProperty(name="Format", items=_FORMATS)
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_glob: bpy.props.StringProperty(
        default="*.json;*.csv;*.tsv;*.xml;*.dat;*.pgo", options={"HIDDEN", "SKIP_SAVE"}
    )

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        return busy() or _one_sound(context)

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Let the user choose the file."""
        sound = _sounds(context)[0]
        self.filepath = str(Path(bpy.data.filepath).parent / Path(sound.name).stem) + _ENDINGS[self.format]
        self._asked = True
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def check(self, _context: Any) -> bool:
        """Keep the ending that the format has."""
        path = Path(self.filepath)
        stem = path.name
        for ending in sorted(_ENDINGS.values(), key=len, reverse=True):
            if stem.endswith(ending):
                stem = stem.removesuffix(ending)
                break
        wanted = str(path.with_name(stem + _ENDINGS[self.format]))
        changed = bool(wanted != self.filepath)
        self.filepath = wanted
        return changed

    def execute(self, context: Any) -> set[str]:
        """Write it: behind the window if the user has chosen the file there, else at once."""
        if getattr(self, "_asked", False):
            return self.begin(lambda: self._jobs(context))
        return self.wait(lambda: self._jobs(context))

    def _jobs(self, context: Any) -> list[Job]:
        scene = compat.sequencer_scene(context)
        sound = _sounds(context)[0]
        place = sound_strips.read_place(scene, sound)
        source = sound_strips.read_sound(sound)
        # What is keyed counts while the strip is there; before and behind it, as at its ends.
        seconds = [
            float(moment / place.fps + place.shift) for moment in (place.moments.start, place.moments.stop)
        ]
        rows = range(int(max(0.0, seconds[1]) * _RATE) + 1)
        first, last = place.moments.start, place.moments.stop - 1
        moments = [
            min(max((row / _RATE - float(place.shift)) * float(place.fps), first), last) for row in rows
        ]
        wanted = MouthExport(
            sound=source,
            file=Path(bpy.path.abspath(self.filepath)),
            format=self.format,
            fps=place.fps,
            lead=sound.lipreel_lead,
            direction=strip_direction.read(scene, sound, place.zero, moments),
            mouth=mouth_file(sound),
        )
        if wanted.file.exists() and source.path.exists() and wanted.file.samefile(source.path):
            raise InputError("this is the sound itself", str(wanted.file), "Choose another name")
        return [ExportJob(wanted)]


class LIPREEL_OT_use_mouth(Operator, bpy.types.Operator):
    """Move the mouth by a file, in place of what is heard."""

    bl_idname = "lipreel.use_mouth"
    bl_label = "Use Mouth Track"
    bl_description = "Move the mouth by a file: one of Lipreel's, edited, or Rhubarb's .tsv, .xml or .json"
    bl_options = {"REGISTER", "UNDO"}

    filepath: bpy.props.StringProperty(name="File", subtype="FILE_PATH")
    filter_glob: bpy.props.StringProperty(
        default="*.mouth.json;*.mouth.csv;*.tsv;*.xml;*.json", options={"HIDDEN", "SKIP_SAVE"}
    )

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        if reason := busy() or _one_sound(context):
            return reason
        if not avatars.takes_track(_sounds(context)[0].lipreel.avatar):
            return "This avatar hears for itself"
        return ""

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Let the user choose the file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> set[str]:
        """Take it, if it is one."""
        from ...engine.mouth.formats import read_mouth

        def use() -> None:
            read_mouth(Path(bpy.path.abspath(self.filepath)))
            _sounds(context)[0].lipreel.mouth = self.filepath

        return self.do(use)


def _sounds(context: Any) -> list[Any]:
    return sound_strips.selected_sounds(compat.sequencer_scene(context))


def _one_sound(context: Any) -> str:
    scene = compat.sequencer_scene(context)
    return "" if scene is not None and len(_sounds(context)) == 1 else "Select one sound strip"
