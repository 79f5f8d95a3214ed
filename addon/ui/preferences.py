# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user sets once for all files, in Blender's preferences."""

from typing import Any

import bpy

from .. import compat
from ..extension import OUTPUT, PACKAGE
from ..jobs import log

_PROVIDERS = (
    ("auto", "Automatic", "The fastest that this computer has"),
    ("cpu", "CPU", "The processor"),
    ("cuda", "CUDA", "An NVIDIA graphics card, where the library for it is installed"),
    ("coreml", "Core ML", "Apple's own, on a Mac"),
    ("directml", "DirectML", "A graphics card on Windows, where the library for it is installed"),
    ("openvino", "OpenVINO", "Intel's own, where the library for it is installed"),
)
_LOG_LEVELS = (
    ("ERROR", "Errors", "Defects of Lipreel"),
    ("WARNING", "Warnings", "And what you can mend, which the panel shows too"),
    ("INFO", "Info", "And what was done"),
    ("DEBUG", "Debug", "And the details of every failure"),
)


class LipreelPreferences(bpy.types.AddonPreferences):
    """Kept by Blender for all files."""

    bl_idname = PACKAGE

    avatars_folder: bpy.props.StringProperty(
        name="Avatars Folder",
        description="A folder that holds a folder for each of your own avatars. If empty, Blender keeps them "
        "with its own files of this extension",
        subtype="DIR_PATH",
    )
    output: bpy.props.StringProperty(
        name="Default Output",
        description="Where the images go in files that set no output folder of their own. // is the folder "
        "of the .blend file",
        subtype="DIR_PATH",
        options=compat.PATH_OPTIONS,
        default=OUTPUT,
    )
    workers: bpy.props.IntProperty(
        name="Workers",
        description="Images that are made at the same time. 0 leaves one core of the processor to Blender",
        min=0,
        max=64,
        default=0,
    )
    automatic_workers: bpy.props.BoolProperty(
        name="Automatic",
        description="As many images at the same time as the processor has cores, less one for Blender",
        get=lambda self: self.workers == 0,
        set=lambda self, value: setattr(self, "workers", 0 if value else 1),
        options={"SKIP_SAVE"},
    )
    provider: bpy.props.EnumProperty(
        name="Compute With",
        description="What computes the images",
        items=_PROVIDERS,
        default="auto",
    )
    connect: bpy.props.BoolProperty(
        name="Connect Strips",
        description="Connect a new image strip with its sound strip, so that a click selects both, where "
        "Blender can",
        default=False,
    )
    log_level: bpy.props.EnumProperty(
        name="Log Level",
        description="What Lipreel says on the console",
        items=_LOG_LEVELS,
        default="ERROR",
        update=lambda self, _context: log.set_level(self.log_level),
    )

    def draw(self, _context: Any) -> None:
        """Draw the preferences."""
        layout = self.layout
        layout.use_property_split = True
        for name in ("avatars_folder", "output", "provider"):
            layout.prop(self, name)
        draw_workers(layout, self)
        for name in ("connect", "log_level"):
            layout.prop(self, name)


def draw_workers(layout: Any, wanted: Any) -> None:
    """The number of workers, or that it is chosen automatically."""
    row = layout.row(heading="Workers")
    row.prop(wanted, "automatic_workers")
    if not wanted.automatic_workers:
        row.prop(wanted, "workers", text="")
