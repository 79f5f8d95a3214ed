# SPDX-License-Identifier: GPL-3.0-or-later
"""Live and Preview Frame: the frame under the playhead as it would be made now, drawn over the preview.

Nothing in the file changes for it. A timer looks at what the user sees and asks a thread that keeps the clip
open; the thread answers with pixels.
"""

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import bpy

from ...engine.errors import InputError
from .. import compat
from ..sequencer import image_strips, sound_strips, strip_direction
from ..sequencer.layout import Layout, fitted_scale
from ..sequencer.request import Request
from ..sequencer.targets import Target, targets
from .background_job import BackgroundJob, State
from .live_frames import Answer, Ask, Mailbox, show_frames
from .playback import is_playing
from .queue import queue

_WAITING, _LOOKING = 0.03, 0.1  # seconds between two looks, while an answer is due and else
_FRESH_S = 0.5  # so long, what was read of a strip is taken to be as it was
_PACKED_FRESH_S = 5.0  # likewise; a sound that is packed into the .blend is copied each time


@dataclass(frozen=True, eq=False)
class View:
    """What is to be seen."""

    scene: str
    answer: Answer
    layout: Layout


@dataclass
class _Session:
    """A thread, and what it has open."""

    request: Request
    mailbox: Mailbox
    background: BackgroundJob
    asked: Ask | None = None


@dataclass(frozen=True)
class _Subject:
    """The strip that is looked at, and when it was read."""

    sound: str
    image: str | None
    target: Target
    read: float

    @property
    def fresh(self) -> float:
        """Seconds until it is to be read anew."""
        return _FRESH_S if self.target.request.sound.packed is None else _PACKED_FRESH_S


class Live:
    """There is one of it; all methods belong to Blender's thread."""

    def __init__(self) -> None:
        self.on = False
        self.once: int | None = None
        """The one frame of the scene that is to be seen, until the playhead leaves it; None follows it."""
        self.note = ""
        """Why nothing is to be seen, or ""."""
        self.view: View | None = None
        """What is drawn over the preview."""
        self._session: _Session | None = None
        self._ending: list[BackgroundJob] = []
        self._subject: _Subject | None = None

    def turn_on(self, once: int | None = None) -> None:
        """Begin to follow the playhead, or show one frame until the playhead leaves it."""
        self.on, self.once = True, once
        if not bpy.app.timers.is_registered(_tick):
            bpy.app.timers.register(_tick, first_interval=0.0, persistent=True)

    def turn_off(self) -> None:
        """End, and return when all threads have ended."""
        self.on, self.once, self.note, self.view, self._subject = False, None, "", None, None
        self._close()
        while self._ending:
            self._ending.pop().join()
        if bpy.app.timers.is_registered(_tick):
            bpy.app.timers.unregister(_tick)

    def look(self, context: Any) -> bool:
        """Ask for what is under the playhead now, and take what has come; whether an answer is due."""
        self._ending = [job for job in self._ending if not job.join(0)]
        scene = compat.sequencer_scene(context)
        try:
            subject = self._read(context, scene)
        except InputError as error:
            self._show(None, str(error))
            return False
        if subject is None:
            self._show(None, "The playhead is not over a selected sound strip")
            return False
        if waits := _waits():
            self._show(None, waits)
            return False
        return self._follow(scene, subject)

    def _follow(self, scene: Any, subject: _Subject) -> bool:
        session = self._open(subject.target.request)
        progress = session.background.poll()
        if session.background.failure:
            self._show(None, session.background.failure.message)
            return False
        ask = _ask(scene, subject)
        if ask.moment not in subject.target.request.moments:
            self._show(None, "The playhead is not over the part that is generated")
            return False
        if ask != session.asked:
            session.asked = ask
            session.mailbox.put(ask)
        answer = session.mailbox.answer
        if answer is None:
            heard = f" {progress.factor:.0%}" if progress.state is State.PREPARING and progress.total else ""
            self._show(None, f"Getting ready{heard}...")
            return True
        self._show(View(scene.name, answer, _layout(scene, subject, answer.size)), "")
        return answer.ask != ask

    def _read(self, context: Any, scene: Any) -> _Subject | None:
        """The strip under the playhead, read anew now and then."""
        sounds = _under_playhead(scene) if scene is not None else []
        if not sounds:
            return None
        sound = sound_strips.foremost(scene, sounds)
        old, now = self._subject, time.monotonic()
        if old is not None and old.sound == sound.name and now - old.read < old.fresh:
            return old
        (target,) = targets(context, scene, [sound], to_look=True)
        image = image_strips.own_strip(sound, scene)
        self._subject = _Subject(sound.name, image.name if image else None, target, now)
        return self._subject

    def _open(self, request: Request) -> _Session:
        """The session of a request; another one takes its place if need be."""
        wanted = replace(request, direction=None, block=None, blend=None)
        # A strip that has no number yet would have another folder each time: that is no other session.
        if self._session is None or replace(self._session.request, folder=wanted.folder) != wanted:
            self._close()
            mailbox = Mailbox()
            background = BackgroundJob(partial(show_frames, wanted, mailbox), {"live": wanted.avatar})
            self._session = _Session(wanted, mailbox, background)
            background.start()
        return self._session

    def _close(self) -> None:
        if self._session is not None:
            self._session.background.cancel()
            self._ending.append(self._session.background)
            self._session = None

    def _show(self, view: View | None, note: str) -> None:
        before, self.view = self.view, view
        told, self.note = self.note, note
        if _is_other(before, view):
            _redraw("PREVIEW")
        if told != note:
            _redraw("UI")


live = Live()
"""There is one Blender, and one playhead."""


def preview_open() -> bool:
    """Whether some window has a preview of the Sequencer."""
    return any(
        area.type == "SEQUENCE_EDITOR" and area.spaces.active.view_type != "SEQUENCER"
        for window in bpy.context.window_manager.windows
        for area in window.screen.areas
    )


def _tick() -> float | None:
    if not live.on:
        return None
    windows = bpy.context.window_manager.windows
    if not windows:
        return _LOOKING
    with bpy.context.temp_override(window=windows[0]):
        scene = compat.sequencer_scene(bpy.context)
        if live.once is not None and (scene is None or scene.frame_current != live.once):
            live.turn_off()
            _redraw("PREVIEW")
            return None
        return _WAITING if live.look(bpy.context) else _LOOKING


def _waits() -> str:
    """What Live stands back for, or ""."""
    if queue.running:
        return "Waits for the job"
    if compat.is_rendering():
        return "Waits for the render"
    return "Waits while Blender plays" if is_playing() else ""


def _under_playhead(scene: Any) -> list[Any]:
    sounds = sound_strips.selected_sounds(scene)
    return [sound for sound in sounds if _covers(compat.ends(sound), scene.frame_current)]


def _covers(ends: tuple[int, int], frame: int) -> bool:
    return ends[0] <= frame < ends[1]


def _ask(scene: Any, subject: _Subject) -> Ask:
    zero = subject.target.place.zero
    moment = scene.frame_current - zero
    sound = next(strip for strip in sound_strips.all_sounds(scene) if strip.name == subject.sound)
    directed = subject.target.request.direction is not None
    return Ask(moment, strip_direction.read_now(scene, sound, zero, moment) if directed else None)


def _layout(scene: Any, subject: _Subject, size: tuple[int, int]) -> Layout:
    """As the image strip lies, where there is one of such images; else as one would be put there."""
    image = scene.sequence_editor and _strip(scene, subject.image)
    if image is not None and image_strips.size_of(image) == size:
        transform = image.transform
        return Layout(
            scale=(transform.scale_x, transform.scale_y),
            rotation=transform.rotation,
            offset=(transform.offset_x, transform.offset_y),
            origin=(transform.origin[0], transform.origin[1]),
            flipped=(image.use_flip_x, image.use_flip_y),
            crop=(image.crop.min_x, image.crop.max_x, image.crop.min_y, image.crop.max_y),
        )
    render = scene.render.resolution_x, scene.render.resolution_y
    return Layout(scale=fitted_scale(render, size, subject.target.fit))


def _strip(scene: Any, name: str | None) -> Any | None:
    strips = compat.all_strips(scene.sequence_editor) if name else ()
    return next((strip for strip in strips if strip.name == name), None)


def _is_other(one: View | None, other: View | None) -> bool:
    if one is None or other is None:
        return one is not other
    return one.answer is not other.answer or one.layout != other.layout or one.scene != other.scene


def _redraw(region_type: str) -> None:
    """Redraw the Sequencers' regions of a kind, and nothing else."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "SEQUENCE_EDITOR":
                for region in area.regions:
                    if region.type == region_type:
                        region.tag_redraw()
