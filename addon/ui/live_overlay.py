# SPDX-License-Identifier: GPL-3.0-or-later
"""Live in the window: its button, and what is drawn over the Sequencer's preview."""

from typing import Any

import bpy

from .. import compat
from ..jobs.live import View, live, preview_open
from ..jobs.live_frames import Answer
from ..sequencer.layout import outline
from .operator_base import Operator

_MARGIN, _TEXT = 12, 11  # pixels, points

_FRAGMENT = """
void main()
{
    fragColor = texture(image, at);
    if (srgbTarget) {
        vec3 dark = fragColor.rgb / 12.92;
        vec3 light = pow((fragColor.rgb + 0.055) / 1.055, vec3(2.4));
        fragColor.rgb = mix(dark, light, step(vec3(0.04045), fragColor.rgb));
    }
}
"""
"""The image's values; decoded (IEC 61966-2-1) where Blender encodes what is drawn here, as 4.3 does."""

_handles: list[Any] = []
"""What Blender hands out for the draw handler, to be given back."""

_textures: list[tuple[Answer, Any]] = []
"""The newest answer and its texture, or nothing."""

_shaders: list[Any] = []
"""What draws it, from the first time on."""


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
        add = bpy.types.SpaceSequenceEditor.draw_handler_add
        _handles.extend(
            (add(_draw_image, (), "PREVIEW", "POST_VIEW"), add(_draw_title, (), "PREVIEW", "POST_PIXEL"))
        )


def unregister() -> None:
    """Draw no more."""
    live.turn_off()
    _textures.clear()
    _shaders.clear()
    while _handles:
        bpy.types.SpaceSequenceEditor.draw_handler_remove(_handles.pop(), "PREVIEW")


def _shown() -> Any:
    """The scene of this preview, if Live draws over it."""
    scene, view = compat.sequencer_scene(bpy.context), live.view
    shows_images = bpy.context.space_data.display_mode == "IMAGE"  # and no scope
    wanted = live.on and shows_images and scene is not None and (view is None or view.scene == scene.name)
    return scene if wanted else None


def _draw_image() -> None:
    """In the preview's units, with Blender's own projection: it lies where Blender would draw a strip."""
    scene = _shown()
    if scene is not None and live.view is not None:
        _draw_view(scene, live.view)


def _draw_title() -> None:
    if _shown() is None:
        return
    title = "Live" if live.once is None else "Preview"
    _draw_text(bpy.context, f"{title}: {live.note}" if live.note else title)


def _draw_view(scene: Any, view: View) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    if not _shaders:
        _shaders.append(_make_shader())
    shader = _shaders[0]
    render = scene.render
    corners = outline(view.layout, view.answer.size, (render.resolution_x, render.resolution_y))
    if not corners:
        return
    aspect = render.pixel_aspect_x / render.pixel_aspect_y  # the preview's units are as high as pixels
    at = {"pos": [(x * aspect, y) for (x, y), _ in corners], "texCoord": [part for _, part in corners]}
    batch = batch_for_shader(shader, "TRI_FAN", at)
    gpu.state.blend_set("ALPHA")
    shader.bind()
    shader.uniform_float("ModelViewProjectionMatrix", _projection())
    shader.uniform_sampler("image", _texture(view))
    batch.draw(shader)
    gpu.state.blend_set("NONE")


def _projection() -> Any:
    import gpu

    return gpu.matrix.get_projection_matrix() @ gpu.matrix.get_model_view_matrix()


def _make_shader() -> Any:
    """Draws an image in its own colours, which the built-in IMAGE does not do in all versions."""
    import gpu

    between = gpu.types.GPUStageInterfaceInfo("lipreel_live")
    between.smooth("VEC2", "at")
    info = gpu.types.GPUShaderCreateInfo()
    info.push_constant("MAT4", "ModelViewProjectionMatrix")
    info.push_constant("BOOL", "srgbTarget")  # set by Blender: whether it encodes what is drawn
    info.sampler(0, "FLOAT_2D", "image")
    info.vertex_in(0, "VEC2", "pos")
    info.vertex_in(1, "VEC2", "texCoord")
    info.vertex_out(between)
    info.fragment_out(0, "VEC4", "fragColor")
    info.vertex_source(
        "void main() { at = texCoord; gl_Position = ModelViewProjectionMatrix * vec4(pos, 0.0, 1.0); }"
    )
    info.fragment_source(_FRAGMENT)
    return gpu.shader.create_from_info(info)


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
