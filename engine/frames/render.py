# SPDX-License-Identifier: GPL-3.0-or-later
"""From the plan to finished frames: template, network, paste, on every core."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..arrays import Ints, Pixels
from ..avatar.closed_mouth import ClosedMouths, closed_mouth_crop
from ..avatar.template import Template, TemplateFrames
from ..errors import LipreelError
from ..features.front_ends import Hear
from ..inference.families import Family
from ..painters.face_tensors import network_input, patch_from_output
from ..painters.neural import GeneratorNetwork, Seen
from ..runtime.monitor import Monitor
from ..runtime.pool import begin_part, in_order
from ..runtime.timings import Timings
from .paste import feather_mask, match_colours, mixed, overlay, paste
from .plan import Plan

R = TypeVar("R")

STRETCH = 1000
"""Rows of the plan that are put in another order at a time; fewer than EncoderRows keeps rows for."""

_TOGETHER = 8  # frames that a worker draws from one template frame before another may take it up


@dataclass(frozen=True, eq=False)
class Frame:
    """A finished frame."""

    number: int
    """From 1, as in its file name."""
    pixels: Pixels
    """BGR [h, w, 3], or as an overlay BGRA [h, w, 4] with straight alpha."""


@dataclass(frozen=True, eq=False)
class Scene:
    """All that frames are drawn from; every worker shares it."""

    family: Family
    generator: GeneratorNetwork
    templates: TemplateFrames
    hear: Hear
    feather_px: float
    overlay: bool
    colour_match: bool = False
    """Shift the colours of what is drawn to those of the frame around it."""
    closed_mouths: ClosedMouths | None = None
    """The closed mouths, where the plan holds any."""


def render(
    plan: Plan,
    scene: Scene,
    finish: Callable[[Frame], R],
    *,
    workers: int,
    monitor: Monitor | None = None,
    stretch: int = STRETCH,
) -> Generator[R, None, None]:
    """Draw the frames of the plan with `workers` threads.

    They come in the order of `Plan.groups`, gathered from `stretch` rows of the plan at a time: those of one
    template frame together, which is then decoded once, and seen once by a generator that has a half for
    that. `finish` takes each frame in the worker that drew it, so that encoding and writing are shared among
    the cores too; its results are what the iterator gives. With a `stretch` of a few seconds, frames come
    nearly in the plan's order; template frames come back after a while then, and are left unpacked for that.
    The pixels depend neither on the order nor on the number of workers. What `in_order` says of memory,
    failures and cancelling holds here.
    """
    monitor = monitor or Monitor()
    painters: SimpleQueue[_Painter] = SimpleQueue()
    for _ in range(workers):
        painters.put(_Painter(scene, monitor.timings))

    def draw(rows: NDArray[np.integer[Any]]) -> list[R]:
        painter = painters.get()
        try:
            results = []
            for row in rows:
                monitor.check()
                begin_part(name(row))
                with _naming(int(plan.numbers[row])):
                    pixels = painter.draw(int(plan.templates[row]), plan.windows[row], float(plan.hold[row]))
                results.append(finish(Frame(int(plan.numbers[row]), pixels)))
            return results
        finally:
            painter.forget()
            painters.put(painter)

    def name(row: np.integer[Any]) -> str:
        return f"frame {plan.numbers[row]}"

    if stretch < STRETCH and plan.comes_back(stretch):
        scene.templates.unpack()
    groups = plan.groups(min(stretch, STRETCH), _TOGETHER)
    with closing(in_order(groups, draw, workers, monitor, lambda rows: name(rows[0]))) as done:
        for results in done:
            yield from results


@contextmanager
def _naming(number: int) -> Iterator[None]:
    """Have whatever goes wrong name the frame at which it does."""
    try:
        yield
    except LipreelError as error:
        raise type(error)(f"{error.what} (frame {number})", error.where, error.how) from error
    except Exception as error:
        error.add_note(f"It happened at frame {number}.")
        raise


class _Painter:
    """Draws one frame at a time in buffers of its own; remembers what it saw last."""

    def __init__(self, scene: Scene, timings: Timings) -> None:
        self._scene = scene
        self._timings = timings
        family = scene.family
        self._picture = np.empty((1, *family.image_shape), np.float32)
        self._template: tuple[int, Template] | None = None
        self._seen: tuple[int, Seen] | None = None

    def draw(self, index: int, window: Ints, hold: float) -> Pixels:
        """The pixels of the template frame `index` saying what is heard in `window`, held that much."""
        scene, time = self._scene, self._timings.time
        template = self._look_up(index)
        patch = template.crop if hold == 1 else self._speaking(index, template, window)
        with time("paste"):
            if hold > 0 and scene.closed_mouths is not None:
                patch = mixed(
                    patch, closed_mouth_crop(scene.templates, index, scene.closed_mouths, scene.family), hold
                )
            mask = feather_mask(template.square.size, scene.feather_px)
            if scene.overlay:
                size = scene.templates.size
                return overlay(size, patch, template.square, mask, scene.family.resize, template.alpha)
            drawn = paste(template.frame, patch, template.square, mask, scene.family.resize)
            return drawn if template.alpha is None else np.dstack([drawn, template.alpha])

    def forget(self) -> None:
        """Let go of the template frame and what was seen in it: it is tens of megabytes."""
        self._template = self._seen = None

    def _look_up(self, index: int) -> Template:
        if self._template is None or self._template[0] != index:
            with self._timings.time("decode"):
                self._template = index, self._scene.templates[index]
        return self._template[1]

    def _speaking(self, index: int, template: Template, window: Ints) -> Pixels:
        """The template's face crop, as the network draws it."""
        scene, time = self._scene, self._timings.time
        seen = self._see(index, template)
        with time("encode sound"):
            sound = np.ascontiguousarray(scene.hear(window).reshape(1, *scene.family.audio_shape))
        with time("infer"):
            output = scene.generator.draw(seen, sound)
        with time("paste"):
            patch = patch_from_output(output, template.crop, scene.family)
            return match_colours(patch, template.crop, scene.family) if scene.colour_match else patch

    def _see(self, index: int, template: Template) -> Seen:
        if self._seen is None or self._seen[0] != index:
            with self._timings.time("prepare"):
                network_input(template.crop, self._scene.family, self._picture[0])
            with self._timings.time("infer"):
                self._seen = index, self._scene.generator.see(self._picture)
        return self._seen[1]
