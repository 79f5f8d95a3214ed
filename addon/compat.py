# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Blender 4.2 to 5.2 differ from one another: all of it is here, and nothing else is.

Blender's Python API has no types, so what comes from it is Any.
"""

import sys
from collections.abc import Iterator
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

_OLD_ENDS = ("frame_final_start", "frame_final_end")  # before 5.2

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
    """The scene that the Sequencer shows: its own since 5.0, else the window's; None if none is chosen."""
    if hasattr(context, "sequencer_scene") and not bpy.app.background:
        return context.sequencer_scene
    return getattr(context, "sequencer_scene", None) or context.scene


def chosen_sequencer_scene(context: Any) -> Any:
    """The scene that the Sequencer of the file shows; None where none is chosen, since 5.0."""
    return context.sequencer_scene if hasattr(context, "sequencer_scene") else context.scene


def flush_output() -> None:
    """Write out what Blender itself has printed: its lines and Python's wait in different buffers."""
    import ctypes  # not at the top: a few milliseconds that the start of Blender is spared

    sys.stdout.flush()
    library = ctypes.cdll.ucrtbase if sys.platform == "win32" else ctypes.CDLL(None)
    library.fflush(None)


def connect(scene: Any, parts: list[Any]) -> bool:
    """Connect strips, so that a click selects all of them, in a window that can; whether it was done.

    Blender connects what is selected: whoever calls this keeps the selection.
    """
    if bpy.app.background or "connect" not in dir(bpy.ops.sequencer):
        return False
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "SEQUENCE_EDITOR" and area.spaces.active.view_type != "PREVIEW":
                region = next(region for region in area.regions if region.type == "WINDOW")
                for strip in all_strips(scene.sequence_editor):
                    strip.select = strip in parts
                with bpy.context.temp_override(window=window, area=area, region=region):
                    return bool(bpy.ops.sequencer.connect() == {"FINISHED"})
    return False


def sound_strip_type() -> Any:
    """Blender's class of sound strips: another name before 4.4."""
    return getattr(bpy.types, "SoundStrip", None) or bpy.types.SoundSequence


def strips(holder: Any) -> Any:
    """The strips of a sequence editor, or of a meta strip: called sequences before 4.4."""
    return holder.strips if hasattr(holder, "strips") else holder.sequences


def all_strips(editor: Any) -> Any:
    """The strips of a sequence editor and of all its meta strips."""
    return editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all


def times(strip: Any) -> Times:
    """Where a sound or an image strip lies; others have no trims.

    The names are new since 5.2, and the old ones warn there.
    """
    left, right = ends(strip)
    if hasattr(strip, "left_handle"):
        return Times(left, right, strip.left_handle_offset + strip.content_trim_start)
    return Times(left, right, strip.frame_offset_start + strip.animation_offset_start)


def ends(strip: Any) -> tuple[int, int]:
    """The first frame of a strip of any type, and the frame behind its last."""
    if hasattr(strip, "left_handle"):
        return int(strip.left_handle), int(strip.right_handle)
    return int(strip.frame_final_start), int(strip.frame_final_end)


def set_ends(strip: Any, left: int, right: int) -> None:
    """Move the handles of a strip, and nothing else of it."""
    names = ("left_handle", "right_handle") if hasattr(strip, "left_handle") else _OLD_ENDS
    moves = list(zip(names, ends(strip), (left, right), strict=True))
    if right > moves[1][1]:
        moves.reverse()  # first what moves outwards: a strip is never without a frame
    for name, before, now in moves:
        if now != before:
            setattr(strip, name, now)


def move_content(strip: Any, frames: int) -> None:
    """Move a strip in time, handles and all; keyframes go with it, since Blender has it so."""
    name = "content_start" if hasattr(strip, "content_start") else "frame_start"
    setattr(strip, name, getattr(strip, name) + frames)


def shown_strips(editor: Any) -> Any:
    """The strips of the level that is open: those of the scene, or of a meta strip."""
    return strips(editor.meta_stack[-1]) if len(editor.meta_stack) else strips(editor)


def fcurves(scene: Any) -> list[Any]:
    """The F-curves of a scene's action: in layers since 4.4, and only there since 5.0."""
    animation = scene.animation_data
    if animation is None or animation.action is None:
        return []
    if hasattr(animation.action, "fcurves"):
        return list(animation.action.fcurves)
    bags = [
        strip.channelbag(animation.action_slot) for layer in animation.action.layers for strip in layer.strips
    ]
    return [curve for bag in bags if bag is not None for curve in bag.fcurves]


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
    """Whether a render runs, of an image or an animation."""
    return bool(bpy.app.is_job_running("RENDER"))


def set_file(strip: Any, place: int, name: str, size: tuple[int, int]) -> None:
    """Have an image strip show another file of its folder at a place, or one more at its end.

    Blender leaves an appended element's size as memory was (seen in 4.2 to 5.2), and 5.2 believes it when it
    draws thumbnails, and crashes. Python may not set the size; so it is written where Blender keeps it, after
    the file name, and only if what Blender says of the size stands there.
    """
    import ctypes  # not at the top: a few milliseconds that the start of Blender is spared

    class Size(ctypes.Structure):
        _fields_ = (("width", ctypes.c_int32), ("height", ctypes.c_int32), ("fps", ctypes.c_float))

    if place == len(strip.elements):
        element = strip.elements.append(name)
    else:
        element = strip.elements[place]
        element.filename = name
    kept = Size.from_address(element.as_pointer() + _FILE_NAME_BYTES)
    if (kept.width, kept.height) == (element.orig_width, element.orig_height):
        kept.width, kept.height, kept.fps = *size, 0.0


def image_editors() -> list[Any]:
    """The image editors that are on the screen."""
    windows = bpy.context.window_manager.windows
    areas = [area for window in windows for area in window.screen.areas]
    return [area.spaces.active for area in areas if area.type == "IMAGE_EDITOR"]


def set_png_output(image_settings: Any) -> None:
    """Make a scene render to PNG; what is written (image or video) is chosen first since 5.0."""
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
