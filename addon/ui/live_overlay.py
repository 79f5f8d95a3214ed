# SPDX-License-Identifier: GPL-3.0-or-later
"""Live in the window: its button, and what is drawn over the Sequencer's preview."""

from typing import Any

import bpy

from .. import compat
from ..jobs.live import View, live, preview_open
from ..jobs.live_frames import Answer
from ..sequencer.layout import corners
from .operator_base import Operator

_MARGIN, _TEXT = 12, 11  # pixels, points

_handles: list[Any] = []
"""What Blender hands out for the draw handler, to be given back."""

_textures: list[tuple[Answer, Any]] = []
"""The newest answer and its texture, or nothing."""


class LIPREEL_OT_live(Operator, bpy.types.Operator):
    """Follow the playhead, or stop doing so."""

    bl_idname = "lipreel.live"
    bl_label = "Live"
    bl_description = (
        "Draw the frame under the playhead over the Sequencer's preview, as it would be made now: with every "
        "correction as you make it. Nothing in the file changes"
    )
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, _context: Any) -> str:
        """Why it cannot be used now, or ""."""
        how = "Open a preview to draw over: Sequencer & Preview, in the Sequencer's header"
        return "" if live.on or preview_open() else how

    def execute(self, _context: Any) -> set[str]:
        """Turn it on or off."""
        if live.on and live.once is None:
            live.turn_off()
            _redraw_previews()
        else:
            live.turn_on()
        return {"FINISHED"}


def register() -> None:
    """Draw from now on, whenever there is something."""
    if not bpy.app.background:
        _handles.append(bpy.types.SpaceSequenceEditor.draw_handler_add(_draw, (), "PREVIEW", "POST_PIXEL"))


def unregister() -> None:
    """Draw no more."""
    live.turn_off()
    _textures.clear()
    while _handles:
        bpy.types.SpaceSequenceEditor.draw_handler_remove(_handles.pop(), "PREVIEW")


def _draw() -> None:
    if not live.on:
        return
    context = bpy.context
    scene, view = compat.sequencer_scene(context), live.view
    if scene is None or (view is not None and view.scene != scene.name):
        return
    if view is not None:
        _draw_view(context.region, scene, view)
    title = "Live" if live.once is None else "Preview"
    _draw_text(context, f"{title}: {live.note}" if live.note else title)


def _draw_view(region: Any, scene: Any, view: View) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    part = scene.render.resolution_percentage / 100  # the preview's units are pixels of what is rendered
    places = [
        region.view2d.view_to_region(x, y, clip=False)
        for x, y in corners(view.layout, view.answer.size, part)
    ]
    shader = gpu.shader.from_builtin("IMAGE")
    at = {"pos": places, "texCoord": ((0, 0), (1, 0), (1, 1), (0, 1))}
    batch = batch_for_shader(shader, "TRI_FAN", at)
    gpu.state.blend_set("ALPHA")
    shader.bind()
    shader.uniform_sampler("image", _texture(view))
    batch.draw(shader)
    gpu.state.blend_set("NONE")


def _texture(view: View) -> Any:
    """The answer as the graphics card has it; the one before is let go."""
    import gpu

    if not _textures or _textures[0][0] is not view.answer:
        colours = view.answer.colours
        buffer = gpu.types.Buffer("FLOAT", colours.size, colours.reshape(-1))
        _textures[:] = [(view.answer, gpu.types.GPUTexture(view.answer.size, format="RGBA8", data=buffer))]
    return _textures[0][1]


def _draw_text(context: Any, text: str) -> None:
    import blf

    scale = context.preferences.system.ui_scale
    blf.size(0, _TEXT * scale)
    blf.position(0, _MARGIN * scale, _MARGIN * scale, 0)
    blf.enable(0, blf.SHADOW)
    blf.shadow(0, 3, 0, 0, 0, 1)
    blf.color(0, 1, 1, 1, 1)
    blf.draw(0, text)
    blf.disable(0, blf.SHADOW)


def _redraw_previews() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "SEQUENCE_EDITOR":
                area.tag_redraw()
