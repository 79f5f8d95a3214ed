# SPDX-License-Identifier: GPL-3.0-or-later
"""The images of a digital-clone package, and what it holds to check their numbering by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..arrays import Pixels
from ..avatar.avatar_types import Square
from ..errors import InputError
from ..media.video_reader import unpack_video, video_frames
from ..runtime.monitor import Monitor
from .alignment import moving_places, shift_by_crops, shift_by_landmarks
from .landmarks import landmark_square
from .numbered import PICTURES, numbered_files
from .recognise import IMAGES, LANDMARKS, RECTANGLES, VIDEO
from .template_images import read_picture

_CROPS = ("crops_328", "cache/crops_328")
_CROP_VIDEO = "crops_328_video.mp4"


@dataclass(frozen=True)
class Pictures:
    """Template frames in the order of their numbers."""

    files: tuple[Path, ...]
    names: tuple[str, ...]
    """What the package's owner knows each one as."""
    notes: tuple[str, ...] = ()
    """What the user should hear about, a sentence each."""


def package_pictures(folder: Path, scratch: Path, monitor: Monitor) -> Pictures:
    """The images of the package as they are, or else its video, decoded into `scratch`."""
    images = numbered_files(folder / IMAGES, PICTURES)
    if images is not None:
        return Pictures(images.files, tuple(f"{IMAGES}/{file.name}" for file in images.files))
    video = unpack_video(folder / VIDEO, scratch / "video", monitor)
    names = tuple(f"frame {number} of {VIDEO}" for number in range(1, len(video.files) + 1))
    return Pictures(video.files, names, video.notes)


def pairing_shift(
    folder: Path, pictures: Pictures, squares: Sequence[Square], monitor: Monitor
) -> tuple[int, str]:
    """The shift between images and squares, and what it was seen by: "crops", "landmarks" or "".

    Crops come first: they show the very pixels. Squares that do not move need no evidence.
    """
    places = moving_places(squares)
    where, crops = _crops(folder, places, len(squares))
    if crops:
        return shift_by_crops(
            squares, lambda place: read_picture(pictures.files[place]), crops, where, monitor
        ), "crops"
    landmarks = numbered_files(folder / LANDMARKS, (".lms",))
    if landmarks is None:
        return 0, "" if places else "squares that stay where they are"
    if len(landmarks.files) != len(squares):
        what = f"half a package: landmarks for {len(landmarks.files)} images, but {len(squares)} rectangles"
        raise InputError(what, str(folder / LANDMARKS), "Copy the whole package")
    expected = [landmark_square(file) for file in landmarks.files]
    return shift_by_landmarks(squares, expected, folder / RECTANGLES), "landmarks"


def _crops(folder: Path, places: Sequence[int], count: int) -> tuple[Path, Mapping[int, Pixels]]:
    """Where the package's crops are, and those of the `places`; none if it has not one for each image."""
    for name in _CROPS:
        files = numbered_files(folder / name, PICTURES)
        if files is not None and len(files.files) == count:
            return folder / name, {place: read_picture(files.files[place]) for place in places}
    video = folder / _CROP_VIDEO
    if places and video.is_file():
        frames = enumerate(islice(video_frames(video), places[-1] + 1))
        return video, {place: crop for place, crop in frames if place in places}
    return folder, {}
