# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests ask of Blender from within: to set scenes up, and to see what came of the user's doing.

Every public function may be called by a test through probe.py; arguments and results are JSON.
"""

import sys
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import bpy
import strip_facts  # type: ignore[import-not-found,unused-ignore]  # in there, it lies beside this file

EXTENSION = "bl_ext.user_default.lipreel"

gaps: list[float] | None = None
"""Seconds between two calls of the probe's timer, while somebody measures."""

_renders: list[int] = []
"""Frames that were rendered, one after the other."""

_pictures: list[str] = []
"""What begin_pictures shows, until end_pictures."""


@bpy.app.handlers.persistent
def _on_frame_rendered(scene: Any, *_: Any) -> None:
    _renders.append(scene.frame_current)


bpy.app.handlers.render_post.append(_on_frame_rendered)


def version() -> list[int]:
    """Blender's version."""
    return list(bpy.app.version)


def open_workspace(name: str) -> None:
    """Open one of Blender's own workspaces, as the + beside the tabs does."""
    if name not in bpy.data.workspaces:
        scripts = Path(bpy.utils.system_resource("SCRIPTS"))
        template = scripts / "startup" / "bl_app_templates_system" / "Video_Editing" / "startup.blend"
        with _at():
            bpy.ops.workspace.append_activate(idname=name, filepath=str(template))
    _window().workspace = bpy.data.workspaces[name]


def prepare(width: int, height: int, fps: int, output: str) -> None:
    """A scene for the avatar's images, as they are: its size, its rate, and colours that nothing bends."""
    workspace = _window().workspace
    if hasattr(workspace, "sequencer_scene"):
        workspace.sequencer_scene = _window().scene
    scene = _scene()
    scene.render.resolution_x, scene.render.resolution_y = width, height
    scene.render.resolution_percentage = 100
    scene.render.fps, scene.render.fps_base = fps, 1
    scene.view_settings.view_transform = "Standard"
    scene.sequencer_colorspace_settings.name = "sRGB"
    scene.render.filepath = "/share/render/"
    scene.render.dither_intensity = 0
    scene.lipreel.output = output
    scene.sequence_editor_create()


def add_sound(file: str, channel: int, frame: int, frames: int = 0) -> str:
    """Add > Sound, and cut it down to its first `frames`; the strip's name."""
    add = bpy.ops.sequencer.sound_strip_add
    # Newer versions leave the strip hanging from the mouse.
    still = {"move_strips": False} if "move_strips" in add.get_rna_type().properties else {}
    with _at("SEQUENCER"):
        add(filepath=file, channel=channel, frame_start=frame, **still)
    strip = _scene().sequence_editor.active_strip
    if frames:
        end = "right_handle" if hasattr(strip, "right_handle") else "frame_final_end"  # before 5.2
        setattr(strip, end, frame + frames)
    with _at("SEQUENCER"):
        bpy.ops.sequencer.view_all()
        bpy.ops.ed.undo_push(message="Add Sound")
    return str(strip.name)


def decodes() -> bool:
    """Whether this build of Blender lets Python decode sounds (Debian's 4.3 does not)."""
    return find_spec("aud") is not None


def add_movie(file: str, channel: int, frame: int) -> str:
    """Add > Movie, with its sound; the name of the sound strip."""
    add = bpy.ops.sequencer.movie_strip_add
    known = add.get_rna_type().properties
    still = {name: value for name, value in _AS_IT_IS.items() if name in known}
    with _at("SEQUENCER"):
        add(filepath=file, channel=channel, frame_start=frame, **still)
        bpy.ops.ed.undo_push(message="Add Movie")
    return str(next(strip.name for strip in _all_strips(_scene()) if strip.type == "SOUND"))


_AS_IT_IS = {"move_strips": False, "use_framerate": False, "adjust_playback_rate": False}


def heard(name: str) -> list[float]:
    """How loud a sound strip is in each of its frames, as the add-on hears it: root mean square."""
    strip = _strip(name)
    strips = sys.modules[f"{EXTENSION}.addon.sequencer.sound_strips"]
    place = strips.read_place(_scene(), strip)
    with strips.read_sound(strip).open() as recording:
        starts = [round(float(place.seconds(moment)) * recording.rate) for moment in place.moments]
        parts = [recording.read(start, int(recording.rate / place.fps)) for start in starts]
    return [float((part**2).mean() ** 0.5) for part in parts]


def mixdown(file: str, first: int, last: int) -> None:
    """What Blender plays in these frames, as a sound file."""
    set_range(first, last)
    with bpy.context.temp_override(window=_window(), scene=_scene()):
        bpy.ops.sound.mixdown(filepath=file, container="WAV", codec="PCM", format="F32")


def begin_pictures(file: str) -> None:
    """Put a strip with one image into the Sequencer, and take it away, and so on: one of it each second."""
    editor = _scene().sequence_editor
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences

    def change() -> float | None:
        picture = strips.get("Image")
        if picture is not None:
            strips.remove(picture)
            return 1.0 if _pictures else None
        strips.new_image(name="Image", filepath=file, channel=5, frame_start=1)
        return 1.0

    _pictures.append(file)
    bpy.app.timers.register(change)


def end_pictures() -> None:
    """Stop that, when the strip is away."""
    _pictures.clear()


def is_playing() -> bool:
    """Whether the window plays."""
    return bool(_window().screen.is_animation_playing)


def retime(name: str, frame: int) -> None:
    """Put a retiming key into a strip."""
    strip = _strip(name)
    strip.select = True
    with _at("SEQUENCER"):
        bpy.ops.sequencer.retiming_key_add(timeline_frame=frame)


def reason(operator: str) -> str:
    """Why an operator of the add-on cannot be used now, or ""."""
    cls = getattr(sys.modules[f"{EXTENSION}.addon.ui.operators"], f"LIPREEL_OT_{operator}")
    with _at("SEQUENCER"):
        return str(cls.disabled_reason(bpy.context))


def import_avatar(folder: str) -> None:
    """What comes after Import... and the choice of a folder in Blender's file browser."""
    with _at("SEQUENCER"):
        bpy.ops.lipreel.import_avatar(directory=folder)


def chosen_avatar() -> str:
    """The avatar of the scene."""
    return str(_scene().lipreel.avatar)


def show_panel() -> bool:
    """Open the sidebar of the Sequencer on the tab Lipreel (key N, and a click on the tab); whether it is."""
    area = _area("SEQUENCER")
    area.spaces.active.show_region_ui = True
    region = _region(area, "UI")
    try:
        region.active_panel_category = "Lipreel"
    except (AttributeError, TypeError):  # not before its tabs are drawn
        return False
    return bool(region.active_panel_category == "Lipreel")


def places() -> dict[str, list[int]]:
    """Where things are on the screen: left, top, width, height."""
    area = _area("SEQUENCER")
    found = {"sequencer": _rectangle(area)}
    found["timeline"] = _rectangle(_region(area, "WINDOW"))
    found["sidebar"] = _rectangle(_region(area, "UI"))
    with_preview = [area for area in _areas() if area.spaces.active.view_type == "PREVIEW"]
    if with_preview:
        found["preview"] = _rectangle(_region(with_preview[0], "PREVIEW"))
    return found


def picture_place() -> list[int]:
    """Where the image of the scene lies on the screen, in the preview."""
    scene = _scene()
    (area,) = [area for area in _areas() if area.spaces.active.view_type == "PREVIEW"]
    region = _region(area, "PREVIEW")
    aspect = scene.render.pixel_aspect_x / scene.render.pixel_aspect_y
    half_x, half_y = scene.render.resolution_x / 2 * aspect, scene.render.resolution_y / 2
    left, top = region.view2d.view_to_region(-half_x, half_y, clip=False)
    right, bottom = region.view2d.view_to_region(half_x, -half_y, clip=False)
    return [region.x + left, _window().height - region.y - top, right - left, top - bottom]


def strip_place(name: str) -> list[int]:
    """The middle of a strip on the screen."""
    strip = _facts(_strip(name))
    region = _region(_area("SEQUENCER"), "WINDOW")
    middle = (strip["left"] + strip["right"]) / 2
    x, y = region.view2d.view_to_region(middle, strip["channel"] + 0.5, clip=False)
    return [region.x + x, _window().height - region.y - y]


def under_mouse() -> str:
    """The operator of the button that lies under the mouse in the sidebar, or ""."""
    manager = bpy.context.window_manager
    manager.clipboard = ""
    area = _area("SEQUENCER")
    with bpy.context.temp_override(window=_window(), area=area, region=_region(area, "UI")):
        if bpy.ops.ui.copy_python_command_button.poll():
            bpy.ops.ui.copy_python_command_button()
    return str(manager.clipboard)


def property_under_mouse() -> str:
    """The data path of the property that lies under the mouse in the sidebar, or ""."""
    manager = bpy.context.window_manager
    manager.clipboard = ""
    area = _area("SEQUENCER")
    with bpy.context.temp_override(window=_window(), area=area, region=_region(area, "UI")):
        if bpy.ops.ui.copy_data_path_button.poll():
            bpy.ops.ui.copy_data_path_button(full_path=True)
    return str(manager.clipboard)


def live() -> dict[str, Any]:
    """What Live shows: "fresh" if that is what the playhead and the dials ask for."""
    found = sys.modules[f"{EXTENSION}.addon.jobs.live"].live
    view, session = found.view, found._session
    fresh = view is not None and session is not None and view.answer.ask == session.asked
    moment = view.answer.ask.moment if view is not None else None
    return {"on": found.on, "note": found.note, "fresh": fresh, "moment": moment}


def keyed() -> list[str]:
    """The data paths of all that is keyed in the scene."""
    return list(strip_facts.keyframes(_scene()))


def status() -> dict[str, Any]:
    """How the add-on's job stands."""
    queue = _queue()
    progress = queue.progress
    return {
        "running": queue.running,
        "state": progress.state.value,
        "phase": progress.phase,
        "done": progress.done,
        "total": progress.total,
        "note": queue.job.note() if queue.job else "",
    }


def strips() -> list[dict[str, Any]]:
    """All strips of the scene."""
    return [_facts(strip) for strip in _all_strips(_scene())]


def go_to(frame: int) -> None:
    """Move the playhead."""
    _scene().frame_set(frame)


def set_range(first: int, last: int) -> None:
    """The frames of the scene."""
    _scene().frame_start, _scene().frame_end = first, last


def renders() -> list[int]:
    """Frames that were rendered since Blender was started."""
    return _renders


def save_render(file: str) -> None:
    """Write what F12 has made."""
    bpy.data.images["Render Result"].save_render(file, scene=_scene())


def save_as(file: str) -> None:
    """File > Save As."""
    with _at():
        bpy.ops.wm.save_as_mainfile(filepath=file)


def open_file(file: str) -> None:
    """File > Open."""
    with _at():
        bpy.ops.wm.open_mainfile(filepath=file)


def file_path() -> str:
    """The open .blend, or ""."""
    return str(bpy.data.filepath)


def is_dirty() -> bool:
    """Whether there is something to save."""
    return bool(bpy.data.is_dirty)


def is_rendering() -> bool:
    """Whether a render runs."""
    return bool(bpy.app.is_job_running("RENDER"))


def rename(old: str, new: str) -> None:
    """Give a strip another name."""
    _strip(old).name = new
    with _at():
        bpy.ops.ed.undo_push(message="Rename")


def delete_scene() -> None:
    """Delete the scene that is worked on; Blender wants another one to be there."""
    with _at():
        bpy.ops.scene.new(type="EMPTY")
        bpy.data.scenes.remove(bpy.data.scenes[0])
        bpy.ops.ed.undo_push(message="Delete Scene")


def workspace() -> str:
    """The workspace that is shown."""
    return str(_window().workspace.name)


def disable() -> None:
    """Switch the extension off, as its box in the preferences does."""
    bpy.ops.preferences.addon_disable(module=EXTENSION)


def enable() -> None:
    """Switch the extension on."""
    bpy.ops.preferences.addon_enable(module=EXTENSION)


def threads() -> list[str]:
    """The names of the threads of the add-on that run."""
    import threading

    return [thread.name for thread in threading.enumerate() if thread.name.startswith("lipreel")]


def cancel() -> None:
    """What the button Cancel does, at this very moment."""
    with _at("SEQUENCER"):
        bpy.ops.lipreel.cancel()


def cache_nothing() -> None:
    """Keep no images in memory: Blender's caches for them grow up to a limit of gigabytes."""
    editor = _scene().sequence_editor
    for name in dir(editor):
        if name.startswith("use_cache_") or name == "use_prefetch":
            setattr(editor, name, False)


def held() -> dict[str, Any]:
    """What Blender holds: "bytes" of memory, and "threads", its own with them: their niceness by number."""
    import gc

    gc.collect()
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    threads = {}
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # it has just ended
            threads[task.name] = int((task / "stat").read_text().rpartition(")")[2].split()[16])
    return {"bytes": int(status["VmRSS"].split()[0]) * 1024, "threads": threads}


def begin_gaps() -> None:
    """Measure from now on."""
    global gaps
    gaps = []


def end_gaps() -> list[float]:
    """What was measured, in seconds."""
    global gaps
    found, gaps = gaps or [], None
    return found


def fill(file: str, left: int, length: int) -> int:
    """Put one strip of every type of effect and of most others into the Sequencer; how many."""
    scene = _scene()
    editor = scene.sequence_editor
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    before = len(strips)
    inputs = [strips.new_image(f"image {n}", file, 10 + n, left) for n in range(2)]
    for strip in inputs:
        _set_end(strip, left + length)
    parameter = strips.bl_rna.functions["new_effect"].parameters["type"]
    expected = strips.bl_rna.functions["new_effect"].parameters
    place = {"length": length} if "length" in expected else {"frame_end": left + length}
    names = ("input1", "input2") if "input1" in expected else ("seq1", "seq2")
    for number, kind in enumerate(item.identifier for item in parameter.enum_items):
        needs = _INPUTS.get(kind, 2)
        given = dict(zip(names, inputs[:needs], strict=False))
        strips.new_effect(name=kind, type=kind, channel=12 + number, frame_start=left, **place, **given)
    meta = strips.new_meta("meta", 40, left)
    inner = meta.strips if hasattr(meta, "strips") else meta.sequences
    inner.new_effect(name="inner", type="COLOR", channel=1, frame_start=left, **place)
    strips.new_scene("scene strip", bpy.data.scenes.new("other"), 41, left)
    strips.new_mask("mask", bpy.data.masks.new("mask"), 42, left)
    for number, strip in enumerate(strips):
        strip.select = False
        strip.mute = number % 3 == 1 and strip.type != "SOUND"
        strip.lock = number % 3 == 2 and strip.type != "SOUND"
    with _at():
        bpy.ops.ed.undo_push(message="Fill")
    return len(strips) - before


_INPUTS = {
    **dict.fromkeys(("COLOR", "TEXT", "MULTICAM", "ADJUSTMENT"), 0),
    **dict.fromkeys(("GLOW", "TRANSFORM", "SPEED", "GAUSSIAN_BLUR"), 1),
}


def dress(name: str, left: int) -> None:
    """Do to an image strip what its user may do: its name, place, look and keyframes."""
    strip = _strip(name)
    strip.transform.offset_x, strip.transform.rotation = 120.0, 0.25
    strip.crop.min_x = 30
    strip.modifiers.new("bright", "BRIGHT_CONTRAST").contrast = 20.0
    strip.color_tag = "COLOR_02"
    for frame, alpha in ((left + 2, 0.5), (left + 30, 1.0)):
        strip.blend_alpha = alpha
        strip.keyframe_insert("blend_alpha", frame=frame)
    strip.channel = 6
    strip.name = "My Talker"
    with _at():
        bpy.ops.ed.undo_push(message="Dress")


def all_facts() -> dict[str, Any]:
    """All that can be seen of the strips, and of their keyframes."""
    return {"strips": strip_facts.facts(_scene()), "keyframes": strip_facts.keyframes(_scene())}


def trim(name: str, right: int, left: int | None = None) -> None:
    """Move the right handle of a strip, and the left one."""
    strip = _strip(name)
    _set_end(strip, right)
    if left is not None:
        setattr(strip, "left_handle" if hasattr(strip, "left_handle") else "frame_final_start", left)
    with _at():
        bpy.ops.ed.undo_push(message="Trim")


def mute(name: str, wanted: bool) -> None:
    """Mute a strip, or no longer (H and Alt H)."""
    _strip(name).mute = wanted
    with _at():
        bpy.ops.ed.undo_push(message="Mute")


def change_render(image: str, change: dict[str, float]) -> None:
    """Change the scene's "percentage" or pixel "aspect", or the "crop" of an image strip."""
    render, crop = _scene().render, _strip(image).crop
    render.resolution_percentage = int(change.get("percentage", render.resolution_percentage))
    render.pixel_aspect_x = change.get("aspect", render.pixel_aspect_x)
    crop.min_x = crop.max_y = int(change.get("crop", crop.min_x))


def set_setting(name: str, setting: str, value: Any) -> None:
    """Change a setting of a sound strip, as in the panel."""
    setattr(_strip(name).lipreel, setting, value)
    with _at():
        bpy.ops.ed.undo_push(message="Setting")


def select(*names: str) -> None:
    """Select these strips alone; the first is the active one."""
    for strip in _all_strips(_scene()):
        strip.select = strip.name in names
    _scene().sequence_editor.active_strip = _strip(names[0])
    with _at():
        bpy.ops.ed.undo_push(message="Select")


def active() -> str:
    """The name of the active strip."""
    strip = _scene().sequence_editor.active_strip
    return strip.name if strip else ""


def open_panels(*names: str) -> None:
    """Unfold sub-panels of the add-on, before they are drawn for the first time: all are made anew."""
    panel = sys.modules[f"{EXTENSION}.addon.ui.panel"]
    panels = (panel.LIPREEL_PT_direction, panel.LIPREEL_PT_pictures, panel.LIPREEL_PT_performance)
    for cls in panels:
        bpy.utils.unregister_class(cls)
    for cls in panels:
        if cls.__name__.removeprefix("LIPREEL_PT_") in names:
            cls.bl_options = set()
        bpy.utils.register_class(cls)


def pop_up_menu() -> None:
    """Open the add-on's menu under the mouse."""
    with _at("SEQUENCER"):
        bpy.ops.wm.call_menu(name="LIPREEL_MT_strip")


def can_connect() -> bool:
    """Whether this Blender connects strips."""
    return "connect" in dir(bpy.ops.sequencer)


def connect_strips(wanted: bool) -> None:
    """Set the preference."""
    bpy.context.preferences.addons[EXTENSION].preferences.connect = wanted


def no_sequencer_scene() -> None:
    """Take the scene away from the workspace, as the x in the Sequencer's header does."""
    _window().workspace.sequencer_scene = None


def set_scene_output(path: str) -> None:
    """The scene's own output folder."""
    _scene().lipreel.output = path


def _set_end(strip: Any, right: int) -> None:
    setattr(strip, "right_handle" if hasattr(strip, "right_handle") else "frame_final_end", right)


def _queue() -> Any:
    return sys.modules[f"{EXTENSION}.addon.jobs.queue"].queue


def _window() -> Any:
    return bpy.context.window_manager.windows[0]


def _scene() -> Any:
    return getattr(_window().workspace, "sequencer_scene", None) or _window().scene


def _all_strips(scene: Any) -> Any:
    editor = scene.sequence_editor
    if editor is None:
        return []
    return editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all


def _strip(name: str) -> Any:
    return next(strip for strip in _all_strips(_scene()) if strip.name == name)


def _facts(strip: Any) -> dict[str, Any]:
    facts = {"name": strip.name, "type": strip.type, "channel": strip.channel, "select": strip.select}
    if hasattr(strip, "left_handle"):
        facts |= {"left": strip.left_handle, "right": strip.right_handle}
    else:
        facts |= {"left": strip.frame_final_start, "right": strip.frame_final_end}
    if strip.type == "IMAGE":
        facts["elements"] = [element.filename for element in strip.elements]
        facts["folder"] = bpy.path.abspath(strip.directory)
    return facts


def _areas() -> list[Any]:
    return [area for area in _window().screen.areas if area.type == "SEQUENCE_EDITOR"]


def _area(view: str) -> Any:
    return next(area for area in _areas() if area.spaces.active.view_type == view)


def _region(area: Any, kind: str) -> Any:
    return next(region for region in area.regions if region.type == kind)


def _rectangle(region: Any) -> list[int]:
    return [region.x, _window().height - region.y - region.height, region.width, region.height]


@contextmanager
def _at(view: str = "") -> Any:
    """As if the mouse were over the window, or over the Sequencer's area of that view."""
    if not view:
        with bpy.context.temp_override(window=_window()):
            yield
        return
    area = _area(view)
    with bpy.context.temp_override(window=_window(), area=area, region=_region(area, "WINDOW")):
        yield


def press(operator: str, keywords: dict[str, Any], call: str = "INVOKE_DEFAULT") -> None:
    """What a button or a menu entry does, such as "lipreel.remove_unused"."""
    group, name = operator.split(".")
    with _at("SEQUENCER"):
        getattr(getattr(bpy.ops, group), name)(call, **keywords)


def can(operator: str) -> bool:
    """Whether it can be pressed now."""
    group, name = operator.split(".")
    with _at("SEQUENCER"):
        return bool(getattr(getattr(bpy.ops, group), name).poll())


def new_file() -> None:
    """Open an empty file."""
    bpy.ops.wm.read_homefile(app_template="")
