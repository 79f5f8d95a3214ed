# SPDX-License-Identifier: GPL-3.0-or-later
"""The template frames of an avatar, decoded when they are asked for; a bounded number is kept."""

import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock
from types import TracebackType

import cv2
import numpy as np

from ..arrays import Pixels
from ..errors import AvatarError, InputError
from ..media.image_size import has_alpha, image_size
from ..media.video_reader import video_frames
from ..runtime.memory import KEPT_TEMPLATE_BYTES, UNPACKED_TEMPLATE_BYTES
from ..runtime.monitor import Monitor
from ..runtime.storage import storage_error
from .avatar_types import Avatar, Square
from .face_crop import crop_square, square_of

_PNG_HEAD = 26  # bytes up to the kind of its colours

_PLENTY = 192  # pixels of a face square


@dataclass(frozen=True, eq=False)
class Template:
    """One template frame, ready to be drawn on. Shared: not to be written to."""

    frame: Pixels
    """BGR [h, w, 3]."""
    square: Square
    """Where its face is."""
    crop: Pixels
    """The face square, resized to [family.crop, family.crop, 3]."""
    alpha: Pixels | None = None
    """[h, w], straight; None where all of the frame is opaque."""


class TemplateFrames:
    """An avatar's template frames; threads may share it. A context manager: it may own a temporary folder."""

    size: tuple[int, int]
    """Width and height of every frame."""

    def __init__(
        self, avatar: Avatar, monitor: Monitor | None = None, kept_bytes: int = KEPT_TEMPLATE_BYTES
    ) -> None:
        """Look at the header of every frame; a video is decoded into a temporary folder, without loss.

        Raises:
            AvatarError: A frame cannot be read or is of another size, or a face square leaves the frame.
            InputError: There is no room for a video's frames.
            JobCancelled: In the middle of a video.
        """
        self._avatar = avatar
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[int, Template] = OrderedDict()
        self._lock = Lock()
        self._folder: Path | None = None
        self._room = 0  # bytes for frames in the folder
        self._unpacked: set[int] = set()
        self._resources = ExitStack()
        try:
            video = avatar.template.video
            if video is None:
                self._files = [avatar.path(name) for name in avatar.template.images()]
                self.size = _common_size(self._files)
            else:
                folder = Path(self._resources.enter_context(tempfile.TemporaryDirectory(prefix="lipreel-")))
                self._files, self.size = _unpack(avatar, folder, monitor or Monitor())
            self._check_squares()
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        """Number of frames."""
        return len(self._files)

    def __getitem__(self, index: int) -> Template:
        """Frame `index`, from 0. AvatarError if it cannot be decoded."""
        with self._lock:
            if index in self._kept:
                self._kept.move_to_end(index)
                return self._kept[index]
        # Not under the lock: workers decode at the same time, now and then the same frame.
        image = _decode(self._files[index], self.size)
        self._unpack(index, image)
        frame, alpha = _parted(image)
        square = self._avatar.template.squares[index]
        family = self._avatar.generator.family
        crop = crop_square(frame, square, family.crop, family.resize)
        template = Template(frame, square, crop, alpha)
        with self._lock:
            self._kept[index] = template
            while len(self._kept) * (image.nbytes + crop.nbytes) > self._kept_bytes:
                self._kept.popitem(last=False)
        return template

    def transparent(self) -> Path | None:
        """The file of the first frame that is not opaque all over; AvatarError if one cannot be decoded."""
        files = (file for file in self._files if _has_alpha(file))
        return next((file for file in files if _parted(_decode(file, self.size))[1] is not None), None)

    def unpack(self, most_bytes: int = UNPACKED_TEMPLATE_BYTES) -> None:
        """From now on, put decoded images into a temporary folder, without loss, as far as there is room.

        To read one there takes a tenth of the time, and no memory: for one who comes back to them later.
        """
        with self._lock:
            if self._folder is None:
                try:
                    made = tempfile.TemporaryDirectory(prefix="lipreel-", ignore_cleanup_errors=True)
                    folder = self._resources.enter_context(made)
                except OSError:  # it is a matter of time only
                    return
                self._folder, self._room = Path(folder), most_bytes

    def glance(self, index: int) -> Pixels:
        """The face square of frame `index` alone, grey [n, n]: quick, for whoever looks through all frames.

        n is the square's size, or half of it if that is plenty. AvatarError if it cannot be decoded.
        """
        square = self._avatar.template.squares[index]
        part = 2 if square.size >= _PLENTY else 1
        grey = _decode_grey(self._files[index], self.size, part)
        return square_of(grey, Square(*(length // part for length in (square.x, square.y, square.size))))

    def close(self) -> None:
        """Remove the temporary folder, if there is one."""
        self._resources.close()

    def __enter__(self) -> "TemplateFrames":
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _unpack(self, index: int, frame: Pixels) -> None:
        with self._lock:
            if self._folder is None or index in self._unpacked or frame.nbytes > self._room:
                return
            self._unpacked.add(index)  # whole before another thread may read it: this one alone writes it
            self._room -= frame.nbytes
            file = self._folder / f"{index}.npy"
        if self._files[index].suffix == ".npy":  # of a video
            return
        try:
            np.save(file, frame)
        except OSError:  # the disk is full: the image is decoded again
            self._room = 0
            return
        self._files[index] = file

    def _check_squares(self) -> None:
        width, height = self.size
        for number, square in enumerate(self._avatar.template.squares, 1):
            if square.is_lost(width, height):
                file = self._avatar.path(self._avatar.template.squares_file)
                text = f"{square.x},{square.y},{square.size}"
                what = f"the face square {text} is outside the frame of {width}x{height}"
                raise AvatarError(what, f"{file}, line {number}")


def _common_size(files: list[Path]) -> tuple[int, int]:
    """The size that all the images have."""
    common = None
    for file in files:
        try:
            size = image_size(file.read_bytes())
        except (OSError, ValueError) as error:
            raise AvatarError(f"the template frame cannot be read ({error})", str(file)) from error
        common = common or size
        _check_size(file, size, common)
    if common is None:
        raise ValueError("an avatar without frames")
    return common


def _decode(file: Path, size: tuple[int, int]) -> Pixels:
    """The pixels of one file: an image of the avatar, or an array of the temporary folder."""
    if file.suffix == ".npy":
        return np.asarray(np.load(file), np.uint8)
    frame = _read(file, cv2.IMREAD_UNCHANGED if _has_alpha(file) else cv2.IMREAD_COLOR)
    if frame.dtype == np.uint16:  # of a PNG of 16 bits, to the nearest of 8
        frame = np.asarray((frame.astype(np.uint32) * 255 + 32767) // 65535, np.uint8)
    if frame.shape[2:] == (2,):  # grey and alpha
        frame = np.asarray(cv2.merge([*[frame[:, :, 0]] * 3, frame[:, :, 1]]), np.uint8)
    _check_size(file, (frame.shape[1], frame.shape[0]), size)
    return frame


def _has_alpha(file: Path) -> bool:
    """Whether it is a PNG whose pixels have alpha, or an array of a video whose have."""
    if file.suffix == ".npy":
        return bool(np.load(file, mmap_mode="r").shape[2] == 4)
    if file.suffix.lower() != ".png":
        return False
    with file.open("rb") as stream:
        return has_alpha(stream.read(_PNG_HEAD))


def _parted(image: Pixels) -> tuple[Pixels, Pixels | None]:
    """The colours [h, w, 3] and the alpha [h, w] of an image [h, w, 3 or 4]; None if that is 255 all over."""
    if image.shape[2] == 3:
        return image, None
    alpha = image[:, :, 3]
    return _colours(image), None if alpha.min() == 255 else alpha.copy()


def _colours(image: Pixels) -> Pixels:
    return np.ascontiguousarray(image[:, :, :3])


def _decode_grey(file: Path, size: tuple[int, int], part: int) -> Pixels:
    """The same in grey, with half of the lines and columns if `part` is 2: a JPEG is decoded to no more."""
    if file.suffix == ".npy":
        return np.asarray(
            cv2.cvtColor(_colours(_decode(file, size)[::part, ::part]), cv2.COLOR_BGR2GRAY), np.uint8
        )
    return _read(file, cv2.IMREAD_REDUCED_GRAYSCALE_2 if part == 2 else cv2.IMREAD_GRAYSCALE)


def _read(file: Path, flags: int) -> Pixels:
    # Bytes, not imread: that one fails on names that a Windows code page lacks. Orientation tags are left
    # alone, as in the header that was looked at.
    try:
        data = np.frombuffer(file.read_bytes(), np.uint8)
    except OSError as error:
        raise AvatarError(f"the template frame cannot be read ({error})", str(file)) from error
    whole = flags == cv2.IMREAD_UNCHANGED  # which is negative, and turns nothing
    pixels = cv2.imdecode(data, flags if whole else flags | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise AvatarError("the template frame cannot be decoded", str(file))
    return np.asarray(pixels, np.uint8)


def _unpack(avatar: Avatar, folder: Path, monitor: Monitor) -> tuple[list[Path], tuple[int, int]]:
    """The frames of the avatar's video as arrays in files, and their size."""
    file = avatar.path(avatar.template.video or "")
    count = avatar.template.count
    files: list[Path] = []
    for frame in monitor.steps("template", islice(_video_images(file), count + 1), count):
        files.append(folder / f"{len(files)}.npy")
        try:
            np.save(files[-1], frame)
        except OSError as error:
            raise storage_error(error, files[-1]) from error
    if len(files) != count:
        found = len(files) if len(files) < count else "more"
        raise AvatarError(f"the video has {found} frames, but [template] count is {count}", str(file))
    return files, (frame.shape[1], frame.shape[0])


def _video_images(file: Path) -> Iterator[Pixels]:
    try:
        yield from video_frames(file)
    except InputError as error:
        raise AvatarError(f"the video {error.what}", error.where, error.how) from error


def _check_size(file: Path, size: tuple[int, int], expected: tuple[int, int]) -> None:
    if size != expected:
        got, want = (f"{width}x{height}" for width, height in (size, expected))
        raise AvatarError(f"the template frame is {got}, but the first is {want}", str(file))
