# SPDX-License-Identifier: GPL-3.0-or-later
"""The one timer that polls the jobs in the window, and the events of Blender that hold or stop them."""

from typing import Any

import bpy
from bpy.app.handlers import persistent

from ..sequencer import frame_files
from .live import live
from .playback import Pace
from .queue import queue

_INTERVAL = 0.25  # seconds: often enough for a bar, seldom enough to leave the window alone
_pace = Pace(2.0)  # of the bar, while Blender plays


def keep_ticking() -> None:
    """Poll the jobs until there is nothing more to come."""
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=_INTERVAL, persistent=True)


def _tick() -> float | None:
    job = queue.job
    changed = job is not None and job.changed
    more = queue.tick()
    if job is not None and job.changed:
        if not changed:  # at once, so that Blender knows that there is something to save
            _push_undo(job.undo_message)
        elif not more or queue.job is not job:
            _push_undo(job.undo_message, again=True)
    if not more or _pace.due():
        _redraw()
    return _INTERVAL if more else None


def _push_undo(message: str, again: bool = False) -> None:
    """One step for what is there now; a timer has no window of its own to push it from.

    If it is pushed `again` and the user has done nothing meanwhile, it takes the place of the one before.
    """
    windows = bpy.context.window_manager.windows
    if not windows:
        return
    with bpy.context.temp_override(window=windows[0]):
        if again:
            bpy.ops.lipreel.keep_step("EXEC_DEFAULT", True)
        else:
            bpy.ops.ed.undo_push(message=message)


def _redraw() -> None:
    """Redraw the panel, and nothing else: the strips are drawn when they change."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "SEQUENCE_EDITOR":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


@persistent
def _on_render_begin(*_: Any) -> None:
    queue.pause()


@persistent
def _on_render_end(*_: Any) -> None:
    queue.resume()


@persistent
def _on_load(*_: Any) -> None:
    live.turn_off()
    queue.stop()
    queue.forget()


@persistent
def _on_save(file: Any, *_: Any) -> None:
    frame_files.note_saved(file if isinstance(file, str) else "")  # a copy is saved under another name


@persistent
def _on_undo(*_: Any) -> None:
    queue.after_undo()


_HANDLERS = (
    ("render_init", _on_render_begin),
    ("render_complete", _on_render_end),
    ("render_cancel", _on_render_end),
    ("load_pre", _on_load),
    ("save_post", _on_save),
    ("undo_post", _on_undo),
    ("redo_post", _on_undo),
)


def register() -> None:
    """Listen to Blender."""
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """Stop the jobs, and listen no more."""
    live.turn_off()
    queue.stop()
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)
