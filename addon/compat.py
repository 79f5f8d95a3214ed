# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Blender 4.2 to 5.2 differ from one another: all of it is here, and nothing else is.

Blender's Python API has no types, so what comes from it is Any.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import bpy

# Switches of the sequencer's caches in any version; none has all of them.
_CACHES = (
    "use_prefetch",
    "use_cache_raw",
    "use_cache_preprocessed",
    "use_cache_composite",
    "use_cache_final",
)

_FILE_NAME_BYTES = 256  # of an image strip's element, in all versions so far

# Says of a path that it may begin with "//"; without it, newer versions warn.
PATH_OPTIONS = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()


@dataclass(frozen=True)
class Times:
    """Where a strip lies, in frames of the scene."""

    left: int
    """The first frame that it shows."""
    right: int
    """The frame behind its last."""
    trim: float
    """Frames of its content that lie before `left`; less than 0 where it begins before its content does."""


def sequencer_scene(context: Any) -> Any:
    """The scene that the Sequencer shows: its own since 5.0, else the window's."""
    return getattr(context, "sequencer_scene", None) or context.scene


def strips(holder: Any) -> Any:
    """The strips of a sequence editor, or of a meta strip: called sequences before 4.4."""
    return holder.strips if hasattr(holder, "strips") else holder.sequences


def all_strips(editor: Any) -> Any:
    """The strips of a sequence editor and of all its meta strips."""
    return editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all


def times(strip: Any) -> Times:
    """Where a strip lies; the names are new since 5.2, and the old ones warn there."""
    if hasattr(strip, "left_handle"):
        trim = strip.left_handle_offset + strip.content_trim_start
        return Times(int(strip.left_handle), int(strip.right_handle), trim)
    trim = strip.frame_offset_start + strip.animation_offset_start
    return Times(int(strip.frame_final_start), int(strip.frame_final_end), trim)


def sound_offset(strip: Any) -> float:
    """Seconds by which the sound begins later than its strip; not in Python before 4.3."""
    return float(getattr(strip, "sound_offset", 0.0))


def speed_change(strip: Any) -> str:
    """What makes the strip play faster or slower than its sound, or ""."""
    if len(getattr(strip, "retiming_keys", ())):
        return "retimed"
    for name in ("pitch", "speed_factor"):  # before retiming came
        if getattr(strip, name, 1.0) != 1.0:
            return "pitched"
    return ""


def is_rendering() -> bool:
    """Whether a render runs, of a picture or an animation."""
    return bool(bpy.app.is_job_running("RENDER"))


def append_pictures(strip: Any, names: Iterable[str]) -> None:
    """Append files to an image strip, of the size of its first.

    Blender leaves an appended element's size as memory was (seen in 4.2 to 5.2), and 5.2 believes it when it
    draws thumbnails, and crashes. Python may not set the size; so it is written where Blender keeps it, after
    the file name, and only if what Blender says of the size stands there.
    """
    import ctypes  # not at the top: a few milliseconds that the start of Blender is spared

    class Size(ctypes.Structure):
        _fields_ = (("width", ctypes.c_int32), ("height", ctypes.c_int32), ("fps", ctypes.c_float))

    first = strip.elements[0]
    width, height = first.orig_width, first.orig_height
    for name in names:
        element = strip.elements.append(name)
        size = Size.from_address(element.as_pointer() + _FILE_NAME_BYTES)
        if (size.width, size.height) == (element.orig_width, element.orig_height):
            size.width, size.height, size.fps = width, height, 0.0


def image_editors() -> list[Any]:
    """The image editors that are on the screen."""
    windows = bpy.context.window_manager.windows
    areas = [area for window in windows for area in window.screen.areas]
    return [area.spaces.active for area in areas if area.type == "IMAGE_EDITOR"]


def set_png_output(image_settings: Any) -> None:
    """Make a scene render to PNG; what is written (picture or film) is chosen first since 5.0."""
    if hasattr(image_settings, "media_type"):
        image_settings.media_type = "IMAGE"
    image_settings.file_format = "PNG"


@contextmanager
def caches_off(editor: Any) -> Iterator[None]:
    """Keep prefetching and the caches of a sequence editor off: they may read strips that are being made."""
    before = {name: getattr(editor, name) for name in _CACHES if hasattr(editor, name)}
    for name in before:
        setattr(editor, name, False)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(editor, name, value)
