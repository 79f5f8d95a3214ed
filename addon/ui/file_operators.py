# SPDX-License-Identifier: GPL-3.0-or-later
"""What the menu does with frames on disk. Each says why it is greyed."""

from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..sequencer import frame_files, image_strips, sound_strips
from .operator_base import Operator, busy

_MEGABYTE = 1_000_000


class LIPREEL_OT_copy_sequence(Operator, bpy.types.Operator):
    """Copy the frames of a strip for other programs."""

    bl_idname = "lipreel.copy_sequence"
    bl_label = "Copy as Plain Sequence"
    bl_description = (
        "Copy the images of the selected strip, numbered from 1, for other programs: into the folder that "
        "you choose, or, if there is something in it, into a new one inside it"
    )
    bl_options = {"REGISTER"}

    directory: bpy.props.StringProperty(
        name="Folder",
        description="An empty folder, a new one, or one to make a new one in",
        subtype="DIR_PATH",
    )
    filter_folder: bpy.props.BoolProperty(
        name="Filter Folders", description="Show folders", default=True, options={"HIDDEN", "SKIP_SAVE"}
    )

    @classmethod
    def disabled_reason(cls, context: Any) -> str:
        """Why it cannot be used now, or ""."""
        if reason := busy():
            return reason
        return (
            "" if len(_images(context)) == 1 else "Select one sound strip that Lipreel has made a strip for"
        )

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Let the user choose the folder."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> set[str]:
        """Copy."""
        (image,) = _images(context)
        chosen = Path(bpy.path.abspath(self.directory))

        def copy() -> None:
            count, folder = frame_files.copy_numbered(image, chosen)
            self.report({"INFO"}, f"{_frames(count)} in {folder}")

        return self.do(copy)


class LIPREEL_OT_remove_unused(Operator, bpy.types.Operator):
    """Clear away what no strip shows."""

    bl_idname = "lipreel.remove_unused"
    bl_label = "Remove Unused Frames"
    bl_description = "List the frames that no strip of this file shows, ask, and move them to a folder aside"
    bl_options = {"REGISTER"}

    @classmethod
    def disabled_reason(cls, _context: Any) -> str:
        """Why it cannot be used now, or ""."""
        if reason := busy():
            return reason
        # What its saved state shows must not go: Revert would bring a strip back without its frames.
        unsaved = not bpy.data.filepath or (
            bpy.data.is_dirty and not bpy.app.background
        )  # there it always is
        return "Save the file first" if unsaved else ""

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Show what it is about, and ask."""
        self._found = frame_files.unused()
        if not self._found.files:
            return self.execute(context)
        return set(context.window_manager.invoke_props_dialog(self, width=420))

    def draw(self, _context: Any) -> None:
        """What would go, folder by folder."""
        found = self._found
        layout = self.layout
        layout.label(
            text=f"{_frames(len(found.files))} that no strip shows, {found.bytes / _MEGABYTE:.1f} MB:"
        )
        sizes: dict[str, list[int]] = {}
        for file in found.files:
            sizes.setdefault(file.parent.name, []).append(file.stat().st_size)
        for folder, each in sizes.items():
            layout.label(text=f"{folder}: {len(each)}, {sum(each) / _MEGABYTE:.1f} MB", icon="FILE_FOLDER")
        layout.label(text="They go to the folder lipreel/removed.", icon="INFO")
        layout.label(text="Undo in Blender does not bring them back.", icon="BLANK1")
        if found.kept_for:
            layout.label(text=f"Folders that {', '.join(found.kept_for)} shows too are left alone")

    def execute(self, _context: Any) -> set[str]:
        """Move them."""
        found = frame_files.unused()

        def clear() -> None:
            target = frame_files.clear_away(found)
            left = f". What {', '.join(found.kept_for)} shows too is left alone" if found.kept_for else ""
            moved = (
                f"{_frames(len(found.files))} in {target}" if target else "All frames are shown by a strip"
            )
            self.report({"INFO"}, moved + left)

        return self.do(clear)


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"


def _images(context: Any) -> list[Any]:
    """The image strips of the selected sounds."""
    scene = compat.sequencer_scene(context)
    if scene is None:
        return []
    images = image_strips.own_strips(scene)
    return [images[sound.name] for sound in sound_strips.selected_sounds(scene) if sound.name in images]
