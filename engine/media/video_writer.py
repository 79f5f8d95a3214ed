# SPDX-License-Identifier: GPL-3.0-or-later
"""Images and a sound into a video, through PyAV."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol, cast

import av
import cv2
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from ..arrays import Floats, Pixels
from ..errors import InputError
from ..runtime.monitor import Progress
from .image_files import read_image
from .image_size import has_alpha

_Encoded = Iterator[tuple[Fraction, "list[Packet[Any]]"]]  # moment in seconds, and what the encoder gave

_RATE = 48_000  # samples a second
_BITS = 192_000  # of sound, a second
_BT709 = 1  # in ITU-T H.273: the primaries, the transfer curve and the matrix alike
_ROUNDED = Interpolation.BICUBIC | Interpolation.ACCURATE_RND  # else half a level too dark


@dataclass(frozen=True)
class VideoKind:
    """What is in a file of one ending."""

    container: str
    """FFmpeg's name of it."""
    codec: str
    """Of the images."""
    settings: Mapping[str, str]
    opaque: str
    """FFmpeg's name of the form of the pixels."""
    transparent: str
    """The same, with alpha; "" if it has none."""
    sound: str
    """The codec of the sound."""


KINDS: Mapping[str, VideoKind] = {
    # 18 is taken for visually lossless; as fast as the drawing.
    ".mp4": VideoKind("mp4", "libx264", {"crf": "18", "preset": "veryfast"}, "yuv420p", "", "aac"),
    ".mov": VideoKind("mov", "prores_ks", {"profile": "4444"}, "yuv444p10le", "yuva444p10le", "pcm_s16le"),
    ".webm": VideoKind(
        "webm",
        "libvpx-vp9",
        {"crf": "18", "b": "0", "row-mt": "1", "deadline": "good", "cpu-used": "5", "auto-alt-ref": "0"},
        "yuv420p",
        "yuva420p",
        "libopus",
    ),
}
"""By the ending of the file."""


class Soundtrack(Protocol):
    """The sound of a video: sound.Sound is one."""

    @property
    def name(self) -> str:
        """What to call it in messages."""

    @property
    def rate(self) -> int:
        """Samples a second."""

    @property
    def samples(self) -> int:
        """How many belong to it."""

    def channels(self) -> Iterator[Floats]:
        """Blocks [k, channels]; what goes on behind `samples` is not used."""


def write_video(
    out: Path,
    pictures: Sequence[Path],
    fps: Fraction,
    sound: Soundtrack,
    progress: Progress | None = None,
    *,
    kind: VideoKind = KINDS[".mp4"],
    background: tuple[int, int, int] | None = None,
) -> None:
    """Show image i at exactly i/fps, once; the sound begins with the first image and ends with the last.

    BT.709 in limited range; a side of an odd number of pixels gains one by repeating its edge. The sound is
    stereo, 48 kHz; one of more than two channels is mixed to their mean, a short one ends in silence. Images
    with alpha keep it, straight, or are laid over the `background`, BGR, if there is one.

    Raises:
        InputError: An image or the sound cannot be read, or an image is of another size than the first.
        OSError: The file system's word on `out`.
    """
    shown = _same_size(pictures, transparent=any(map(_is_transparent, pictures)))
    if background is not None:
        shown = (_over(picture, background) for picture in shown)
    write_pictures(out, shown, len(pictures), fps, sound, progress, kind)


def write_pictures(
    out: Path,
    pictures: Iterable[Pixels],
    count: int,
    fps: Fraction,
    sound: Soundtrack | None,
    progress: Progress | None = None,
    kind: VideoKind = KINDS[".mp4"],
) -> None:
    """The same for `count` images of one size, BGR or BGRA, as they come; None is no sound.

    Raises:
        InputError: They have alpha, and the kind of video has none.
    """
    rest = iter(pictures)
    first = next(rest)
    height, width = first.shape[:2]
    pixels = kind.opaque if first.shape[2] == 3 else kind.transparent
    if not pixels:
        how = "Name it .mov (ProRes 4444) or .webm (VP9), or give a background"
        raise InputError(f"the frames are transparent, and an .{kind.container} is not", how=how)
    options = {"movflags": "+faststart"} if kind.container in ("mp4", "mov") else {}
    with av.open(str(out), "w", format=kind.container, options=options) as container:
        video = cast(VideoStream, container.add_stream(kind.codec, rate=fps, options=dict(kind.settings)))
        video.width, video.height, video.pix_fmt = _even(width), _even(height), pixels
        context = video.codec_context
        context.gop_size = max(1, round(fps))  # an image to jump to each second: editors scrub
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = ColorRange.MPEG
        streams = [_encode_pictures(video, chain([first], rest), count, fps, progress)]
        if sound is not None:
            audio = cast(AudioStream, container.add_stream(kind.sound, rate=_RATE, layout="stereo"))
            audio.bit_rate = _BITS
            streams.append(_encode_sound(audio, sound, count / fps))
        # In the order of time, so that neither stream waits in memory for the other.
        for _, packets in heapq.merge(*streams, key=itemgetter(0)):
            container.mux(packets)


def _is_transparent(file: Path) -> bool:
    with file.open("rb") as stream:
        return has_alpha(stream.read(32))


def _over(picture: Pixels, background: tuple[int, int, int]) -> Pixels:
    """An image, laid over a colour if it has alpha."""
    if picture.shape[2] == 3:
        return picture
    alpha = picture[:, :, 3:].astype(np.float32) / 255
    laid = picture[:, :, :3] * alpha + np.array(background, np.float32) * (1 - alpha)
    return np.asarray(np.rint(laid), np.uint8)


def _same_size(files: Sequence[Path], *, transparent: bool) -> Iterator[Pixels]:
    size = None
    for file in files:
        picture = read_image(file, cv2.IMREAD_UNCHANGED if transparent else cv2.IMREAD_COLOR)
        if transparent and picture.shape[2] == 3:
            picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA), np.uint8)
        size = size or picture.shape
        if picture.shape != size:
            raise InputError("the frame is of another size than the first", str(file))
        yield picture


def _encode_pictures(
    stream: VideoStream,
    pictures: Iterable[Pixels],
    count: int,
    fps: Fraction,
    progress: Progress | None,
) -> _Encoded:
    to_yuv = VideoReformatter()
    for index, picture in enumerate(pictures):
        height, width = picture.shape[:2]
        even = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
        frame = to_yuv.reformat(
            VideoFrame.from_ndarray(even, format="bgr24" if even.shape[2] == 3 else "bgra"),
            format=stream.pix_fmt,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=_ROUNDED,
        )
        frame.pts, frame.time_base = index, 1 / fps
        yield index / fps, stream.encode(frame)
        if progress is not None:
            progress("video", index + 1, count)
    yield count / fps, stream.encode(None)


def _encode_sound(stream: AudioStream, sound: Soundtrack, seconds: Fraction) -> _Encoded:
    at = 0
    for samples in _stereo(sound, int(seconds * sound.rate)):
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = sound.rate, at, Fraction(1, sound.rate)
        yield Fraction(at, sound.rate), stream.encode(frame)
        at += len(samples)
    yield seconds, stream.encode(None)


def _stereo(sound: Soundtrack, count: int) -> Iterator[Floats]:
    """Blocks [k, 2] at the sound's own rate, `count` samples in all: silence follows if it has fewer."""
    left = min(sound.samples, count)
    silence = np.zeros((count - left, 2), np.float32)
    for block in sound.channels():
        samples = block[:left]
        if not np.isfinite(samples).all():  # the encoder would only say "invalid argument"
            raise InputError("there are samples that are not numbers", sound.name, "Export the sound again")
        yield samples if samples.shape[1] == 2 else np.repeat(samples.mean(axis=1, keepdims=True), 2, axis=1)
        left -= len(samples)
        if not left:
            break
    if len(silence):
        yield silence


def _even(pixels: int) -> int:
    return pixels + pixels % 2
