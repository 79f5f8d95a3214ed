# SPDX-License-Identifier: GPL-3.0-or-later
"""From the plan to finished frames: template, network, paste, on every core."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .errors import LipreelError
from .families import Family
from .patch import feather_mask, match_colours, mixed, network_input, overlay, paste, patch_from_output
from .plan import Plan
from .pool import in_order
from .rest import RestMouths, rest_crop
from .session import Network
from .template import Template, TemplateFrames
from .watch import Watch

R = TypeVar("R")
Floats = NDArray[np.float32]

Hear = Callable[[NDArray[np.int32]], Floats]
"""The sound that a frame takes: from the window starts [w] of its plan row to the generator's sound input."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A finished frame."""

    number: int
    """From 1, as in its file name."""
    pixels: NDArray[np.uint8]
    """BGR [h, w, 3], or as an overlay BGRA [h, w, 4] with straight alpha."""


@dataclass(frozen=True, eq=False)
class Scene:
    """All that frames are drawn from; every worker shares it."""

    family: Family
    generator: Network
    templates: TemplateFrames
    hear: Hear
    feather_px: float
    overlay: bool
    colour_match: bool = False
    """Shift the colours of what is drawn to those of the frame around it."""
    rest: RestMouths | None = None
    """The closed mouths, where the plan holds any."""


def render(
    plan: Plan, scene: Scene, finish: Callable[[Frame], R], *, workers: int, watch: Watch | None = None
) -> Generator[R, None, None]:
    """Draw the frames of the plan, in its order, with `workers` threads.

    `finish` takes each frame in the worker that drew it, so that encoding and writing are shared among the
    cores too; its results are what the iterator gives. The pixels do not depend on the number of workers.
    What `in_order` says of memory, failures and cancelling holds here.
    """
    painters: SimpleQueue[_Painter] = SimpleQueue()
    for _ in range(workers):
        painters.put(_Painter(scene))

    def draw(row: int) -> R:
        painter = painters.get()
        try:
            with _naming(int(plan.numbers[row])):
                pixels = painter.draw(int(plan.templates[row]), plan.windows[row], float(plan.hold[row]))
        finally:
            painters.put(painter)
        return finish(Frame(int(plan.numbers[row]), pixels))

    return in_order(range(len(plan)), draw, workers, watch, lambda row: f"frame {plan.numbers[row]}")


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
    """Draws one frame at a time in buffers of its own."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        family = scene.family
        self._picture = np.empty((1, *family.image_shape), np.float32)
        self._sound = np.empty((1, *family.audio_shape), np.float32)
        self._inputs = {family.image_name: self._picture, family.audio_name: self._sound}

    def draw(self, index: int, window: NDArray[np.int32], hold: float) -> NDArray[np.uint8]:
        """The pixels of the template frame `index` saying what is heard in `window`, held that much."""
        scene = self._scene
        template = scene.templates[index]
        patch = template.crop if hold == 1 else self._speaking(template, window)
        if hold > 0 and scene.rest is not None:
            patch = mixed(patch, rest_crop(scene.templates, index, scene.rest, scene.family), hold)
        mask = feather_mask(template.square.size, scene.feather_px)
        if scene.overlay:
            return overlay(scene.templates.size, patch, template.square, mask, scene.family.resize)
        return paste(template.frame, patch, template.square, mask, scene.family.resize)

    def _speaking(self, template: Template, window: NDArray[np.int32]) -> NDArray[np.uint8]:
        """The template's face crop, as the network draws it."""
        scene = self._scene
        network_input(template.crop, scene.family, self._picture[0])
        self._sound[0] = scene.hear(window).reshape(scene.family.audio_shape)
        output = scene.generator.run(self._inputs)[0]
        patch = patch_from_output(output, template.crop, scene.family)
        return match_colours(patch, template.crop, scene.family) if scene.colour_match else patch
