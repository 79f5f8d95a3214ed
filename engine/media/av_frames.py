# SPDX-License-Identifier: GPL-3.0-or-later
"""The images of a video through PyAV: upright, with square pixels, in exact colours, and their times."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.video.reformatter import Interpolation

from ..arrays import Pixels
from ..errors import InputError
from .image_size import check_pixels

_UNTOLD = 2  # AVCOL_SPC_UNSPECIFIED
_HD_LINES = 720  # from here on a video that does not say is BT.709, as players take it; FFmpeg takes BT.601
_HDR = {16: "PQ", 18: "HLG"}  # color_trc
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_HOW = "Export it again, or convert it: ffmpeg -i VIDEO video.mp4"


@dataclass(frozen=True)
class AvFacts:
    """What is known of a video without decoding it."""

    times: tuple[Fraction, ...]
    """Seconds at which its images begin to be shown, rising, from 0."""
    last: Fraction
    """Seconds for which the last one is shown."""
    rate: Fraction
    """Frames a second, as its header says, or on average."""
    notes: tuple[str, ...]
    """What is not as usual, a phrase each."""


def av_facts(video: Path) -> AvFacts:
    """Look at the headers and the packets of a video. InputError if it is none, or has no images."""
    with _opened(video) as (container, stream):
        base = Fraction(stream.time_base or Fraction(1, av.time_base))
        shown = [
            (packet.pts, packet.duration or 0)
            for packet in container.demux(stream)
            if packet.pts is not None and packet.size and not packet.is_discard
        ]
        rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
        notes = list(_notes(stream))
    if _is_interlaced(video):
        notes.append("it is interlaced: deinterlace it first, with ffmpeg -vf bwdif for example")
    if not shown:
        raise InputError("has no images", str(video), _HOW)
    shown.sort()
    times = tuple((pts - shown[0][0]) * base for pts, _ in shown)
    last = shown[-1][1] * base or 1 / rate
    return AvFacts(times, last, rate, tuple(notes))


def av_frames(video: Path) -> Iterator[Pixels]:
    """All images of a video, BGR [h, w, 3], or BGRA [h, w, 4] with straight alpha if it has that.

    Raises:
        InputError: It cannot be read, or breaks off.
    """
    with _opened(video) as (container, stream):
        size = _size(stream)
        for frame in _decoded(container, stream):
            # The exact chroma of every pixel, and rounding to the nearest: once for all that comes after.
            rounded = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
            untold = frame.colorspace == _UNTOLD and frame.height >= _HD_LINES
            colours: dict[str, Any] = {"src_colorspace": "ITU709"} if untold else {}
            alpha = any(part.is_alpha for part in frame.format.components)
            pixels = "bgra" if alpha else "bgr24"
            image = frame.reformat(*size, format=pixels, interpolation=rounded, **colours).to_ndarray()
            yield np.ascontiguousarray(np.rot90(image, frame.rotation // 90), np.uint8)


def _decoded(container: Any, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
    """The frames as FFmpeg decodes them; of VP8 and VP9 its own decoders do not know alpha."""
    decoder = _WITH_ALPHA.get(stream.codec_context.name) if stream.metadata.get("alpha_mode") == "1" else None
    if decoder is None:
        yield from container.decode(stream)
        return
    context = cast(av.VideoCodecContext, av.CodecContext.create(decoder, "r"))
    for packet in container.demux(stream):
        yield from context.decode(packet if packet.size else None)


def _size(stream: av.VideoStream) -> tuple[int, int]:
    """Width and height with square pixels, before it is turned."""
    aspect = stream.sample_aspect_ratio or 1
    return round(stream.width * aspect), stream.height


def _notes(stream: av.VideoStream) -> Iterator[str]:
    codec = stream.codec_context
    size = _size(stream)
    if size[0] != stream.width:
        yield f"its pixels are not square: {stream.width}x{stream.height} became {size[0]}x{size[1]}"
    if codec.color_trc in _HDR:
        curve = _HDR[codec.color_trc]
        yield f"it is HDR ({curve}), its colours will be pale: convert it to BT.709 with tone mapping first"


def _is_interlaced(video: Path) -> bool:
    with _opened(video) as (container, stream):
        first = next(container.decode(stream), None)
        return first is not None and bool(first.interlaced_frame)


@contextmanager
def _opened(video: Path) -> Iterator[tuple[Any, av.VideoStream]]:
    try:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            if stream.codec_context is None:
                raise ValueError("its codec is not known")
            check_pixels(stream.width, stream.height)
            stream.thread_type = "AUTO"
            yield container, stream
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise InputError(f"cannot be read as a video ({_reason(error)})", str(video), _HOW) from error


def _reason(error: Exception) -> str:
    if isinstance(error, IndexError):
        return "it breaks off, or has no images"
    return str(getattr(error, "strerror", error))
