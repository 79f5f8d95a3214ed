# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that Blender is told of, and that it forgets again."""

from typing import Any

import bpy

from .characters import avatars
from .extension import preferences as read_preferences
from .jobs import log, timer
from .ui import (
    command,
    file_operators,
    live_overlay,
    menus,
    mouth_operators,
    operators,
    panel,
    preferences,
    properties,
    strip_operators,
)

CLASSES = (
    properties.LipreelSettings,
    properties.LipreelStripSettings,
    preferences.LipreelPreferences,
    operators.LIPREEL_OT_generate,
    operators.LIPREEL_OT_preview_frame,
    operators.LIPREEL_OT_cancel,
    operators.LIPREEL_OT_import_avatar,
    operators.LIPREEL_OT_copy_report,
    operators.LIPREEL_OT_keep_step,
    strip_operators.LIPREEL_OT_insert,
    strip_operators.LIPREEL_OT_remove,
    strip_operators.LIPREEL_OT_set_end_frame,
    strip_operators.LIPREEL_OT_insert_plate,
    strip_operators.LIPREEL_OT_copy_settings,
    strip_operators.LIPREEL_OT_shift_corrections,
    file_operators.LIPREEL_OT_copy_sequence,
    file_operators.LIPREEL_OT_remove_unused,
    mouth_operators.LIPREEL_OT_export_mouth,
    mouth_operators.LIPREEL_OT_use_mouth,
    live_overlay.LIPREEL_OT_live,
    menus.LIPREEL_MT_strip,
    panel.LIPREEL_PT_main,
    panel.LIPREEL_PT_direction,
    panel.LIPREEL_PT_pictures,
    panel.LIPREEL_PT_performance,
)

_commands: list[Any] = []
"""What Blender hands out for the command line, to be given back."""


def register() -> None:
    """Make Lipreel known to Blender."""
    avatars.register()
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    menus.register()
    wanted = read_preferences(bpy.context)
    log.register(wanted.log_level if wanted else log.LEVELS[0])
    timer.register()
    live_overlay.register()
    _commands.append(bpy.utils.register_cli_command("lipreel", command.main))


def unregister() -> None:
    """Stop what runs, and take everything back."""
    live_overlay.unregister()
    timer.unregister()
    log.unregister()
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
    menus.unregister()
    properties.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    avatars.unregister()
