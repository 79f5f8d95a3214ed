# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that Blender is told of, and that it forgets again."""

from typing import Any

import bpy

from . import avatars, command, log, operators, panel, preferences, properties, timer

CLASSES = (
    properties.LipreelSettings,
    preferences.LipreelPreferences,
    operators.LIPREEL_OT_generate,
    operators.LIPREEL_OT_preview_frame,
    operators.LIPREEL_OT_cancel,
    operators.LIPREEL_OT_insert,
    operators.LIPREEL_OT_remove,
    operators.LIPREEL_OT_import_avatar,
    operators.LIPREEL_OT_copy_report,
    panel.LIPREEL_PT_main,
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
    bpy.types.Scene.lipreel = bpy.props.PointerProperty(
        type=properties.LipreelSettings, name="Lipreel", description="Settings of Lipreel"
    )
    wanted = preferences.preferences(bpy.context)
    log.register(wanted.log_level if wanted else log.LEVELS[0])
    timer.register()
    _commands.append(bpy.utils.register_cli_command("lipreel", command.main))


def unregister() -> None:
    """Stop what runs, and take everything back."""
    timer.unregister()
    log.unregister()
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
    del bpy.types.Scene.lipreel
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    avatars.unregister()
