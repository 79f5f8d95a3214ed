# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the face is in a frame, and how far its mouth is from the avatar's own closed mouth."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np

from ..arrays import Pixels
from ..avatar.avatar_types import Avatar, Square
from ..avatar.closed_mouth import ClosedMouths, closed_mouth_crop, find_closed_mouths, thumbnail
from ..avatar.face_crop import crop_square
from ..avatar.library import list_avatars, load_avatar
from ..avatar.template import TemplateFrames
from ..errors import AvatarError, InputError
from ..frames.template_order import template_index
from ..runtime.cores import usable_cores
from ..runtime.monitor import Monitor
from .figures import LEAST_SIDE
from .frame_source import FrameSource
from .panels import over

_UNSEEN = 2  # levels: what compression makes of a mouth at rest


def find_avatar(name_or_folder: str | None, sources: Sequence[FrameSource]) -> Avatar | None:
    """The avatar that is named, else the one that made the frames, if the job record leads to it.

    Raises:
        AvatarError: The one that is named cannot be read.
    """
    if name_or_folder is not None:
        return load_avatar(name_or_folder)
    parts = [source.record.avatar for source in sources if source.record is not None]
    for part in parts:
        for place in (part.folder, *list_avatars()):
            try:
                avatar = load_avatar(place) if place else None
            except AvatarError:
                continue
            if avatar is not None and avatar.fingerprint == part.fingerprint:
                return avatar
    return None


@dataclass(frozen=True, eq=False)
class Face:
    """The face of an avatar at every frame number."""

    avatar: Avatar
    fps: Fraction
    """Of the frames."""
    template_start: int | None = None
    """Which of the template's frames the first one shows; None is the avatar's own choice."""

    def template(self, number: int) -> int:
        """The template frame, from 0, that frame `number`, from 1, shows."""
        return template_index(number - 1, self.fps, self.avatar.template.loop(self.template_start))

    def square(self, number: int) -> Square:
        """Where the patch is in frame `number`."""
        return self.avatar.template.squares[self.template(number)]

    def check(self, picture: Pixels, number: int) -> None:
        """Raise InputError if the patch is not inside the image."""
        height, width = picture.shape[:2]
        square = self.square(number)
        if square.is_lost(width, height) or square.size < LEAST_SIDE:
            what = f"its face square {square.x},{square.y},{square.size} is not in frames of {width}x{height}"
            raise InputError(what, str(self.avatar.folder), "Name the avatar that made the frames: --avatar")


@dataclass(frozen=True, eq=False)
class Mouth:
    """The mouth of a face at closed_mouths. Threads may share it."""

    face: Face
    templates: TemplateFrames
    closed_mouths: ClosedMouths

    def activity(self, number: int, picture: Pixels) -> float:
        """How far the mouth in frame `number` is from the closed one: mean levels of what the network draws.

        It needs no idea of lips or teeth, so drawn characters have it too; the head's own movement, which the
        template shares, is not in it.
        """
        index = self.face.template(number)
        template = self.templates[index]
        family = self.face.avatar.generator.family
        crop = crop_square(over(picture, template.frame), template.square, family.crop, family.resize)
        closed = thumbnail(closed_mouth_crop(self.templates, index, self.closed_mouths, family), family)
        difference = cv2.absdiff(thumbnail(crop, family), closed)
        return float(cv2.subtract(difference, np.full_like(difference, _UNSEEN)).mean())


def find_mouth(face: Face, templates: TemplateFrames, numbers: Sequence[int], monitor: Monitor) -> Mouth:
    """Look for the closed mouth among the template frames that the frames `numbers` show."""
    shown = {face.template(number) for number in numbers}
    family = face.avatar.generator.family
    return Mouth(face, templates, find_closed_mouths(templates, family, shown, usable_cores(), monitor))
