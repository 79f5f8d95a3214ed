# SPDX-License-Identifier: GPL-3.0-or-later
"""Lipreel in the menus of the Sequencer: Strip, and the one that opens under the mouse."""

from typing import Any

import bpy

from .file_operators import LIPREEL_OT_copy_sequence, LIPREEL_OT_remove_unused
from .mouth_operators import LIPREEL_OT_export_mouth, LIPREEL_OT_use_mouth
from .operators import LIPREEL_OT_generate, LIPREEL_OT_preview_frame
from .strip_operators import LIPREEL_OT_insert_plate, LIPREEL_OT_remove, LIPREEL_OT_set_end_frame


class LIPREEL_MT_strip(bpy.types.Menu):
    """All that can be done with a strip."""

    bl_idname = "LIPREEL_MT_strip"
    bl_label = "Lipreel"

    def draw(self, _context: Any) -> None:
        """Draw the menu."""
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator(LIPREEL_OT_generate.bl_idname, icon="PLAY")
        layout.operator(LIPREEL_OT_preview_frame.bl_idname, icon="IMAGE_DATA")
        layout.separator()
        layout.operator(LIPREEL_OT_insert_plate.bl_idname)
        layout.operator(LIPREEL_OT_set_end_frame.bl_idname)
        layout.separator()
        layout.operator(LIPREEL_OT_export_mouth.bl_idname, text=f"{LIPREEL_OT_export_mouth.bl_label}...")
        layout.operator(LIPREEL_OT_use_mouth.bl_idname, text=f"{LIPREEL_OT_use_mouth.bl_label}...")
        layout.separator()
        layout.operator(LIPREEL_OT_copy_sequence.bl_idname, text=f"{LIPREEL_OT_copy_sequence.bl_label}...")
        layout.operator(LIPREEL_OT_remove_unused.bl_idname, text=f"{LIPREEL_OT_remove_unused.bl_label}...")
        layout.separator()
        layout.operator(LIPREEL_OT_remove.bl_idname, icon="TRASH")


_MENUS = ("SEQUENCER_MT_strip", "SEQUENCER_MT_context_menu")


def register() -> None:
    """Appear in the menus of Blender."""
    for name in _MENUS:
        getattr(bpy.types, name).append(_draw)


def unregister() -> None:
    """Disappear from them."""
    for name in _MENUS:
        getattr(bpy.types, name).remove(_draw)


def _draw(menu: Any, _context: Any) -> None:
    menu.layout.separator()
    menu.layout.menu(LIPREEL_MT_strip.bl_idname)
