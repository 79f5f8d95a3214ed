# SPDX-License-Identifier: GPL-3.0-or-later
"""Videos and images as a template: how each kind of file is made, and what is read of it."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from lipreel.engine.errors import InputError
from lipreel.engine.importing.template_images import upright
from lipreel.engine.media.video_reader import open_video
from lipreel.engine.media.video_writer import KINDS, write_pictures
from lipreel.engine.runtime.monitor import Monitor
from lipreel.tests.helpers import packages
from numpy.typing import NDArray
from PIL import Image

COUNT, SIZE = 12, (64, 48)
Make = Callable[[Path], None]


def _image(number: int) -> NDArray[np.uint8]:
    image = np.full((SIZE[1], SIZE[0], 3), 20 * number, np.uint8)
    image[8:24, 8:32] = (30, 90, 200)
    return image


def save(
    file: Path, codec: str, form: str | None = None, times: list[int] | None = None, **settings: Any
) -> None:
    """Twelve images, 25 a second or at these times in milliseconds."""
    base = Fraction(1, 25) if times is None else Fraction(1, 1000)
    with av.open(str(file), "w", format=form) as video:
        stream = video.add_stream(codec, rate=25, options=settings.pop("options", {}))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *SIZE, settings.pop("pix_fmt", "yuv420p")
        stream.time_base = stream.codec_context.time_base = base
        for name, value in settings.items():
            setattr(stream.codec_context, name, value)
        for number, time in enumerate(times or range(COUNT)):
            frame = av.VideoFrame.from_ndarray(_image(number), format="rgb24")
            frame.pts, frame.time_base = time, base
            video.mux(stream.encode(frame))
        video.mux(stream.encode(None))


def _coded(codec: str, form: str | None = None, **settings: Any) -> Make:
    return lambda file: save(file, codec, form, **settings)


def _turned(file: Path) -> None:
    packages.save_video(file, [_image(number) for number in range(COUNT)], 25, 90)


def _transparent(kind: str) -> Make:
    def make(file: Path) -> None:
        images = [np.dstack([_image(number), np.full(SIZE[::-1], 128, np.uint8)]) for number in range(COUNT)]
        write_pictures(file, images, COUNT, Fraction(25), None, kind=KINDS[kind])

    return make


def _cut(make: Make) -> Make:
    def cut(file: Path) -> None:
        make(file)
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])

    return cut


def _text(text: str) -> Make:
    def make(file: Path) -> None:
        file.write_text(text, encoding="ascii")

    return make


VIDEOS: Mapping[str, tuple[str, Make]] = {
    "a.mp4": ("MP4, H.264", _coded("libx264")),
    "a.mov": ("MOV", _coded("mpeg4")),
    "a.mkv": ("Matroska", _coded("ffv1")),
    "a.webm": ("WebM, VP9", _coded("libvpx-vp9")),
    "a.avi": ("AVI", _coded("mpeg4")),
    "a.mpg": ("MPEG-2", _coded("mpeg2video", "mpeg")),
    "a.ts": ("MPEG-TS", _coded("mpeg2video", "mpegts")),
    "a.mxf": ("MXF", _coded("mpeg2video", "mxf")),
    "a.flv": ("FLV", _coded("flv")),
    "a.gif": ("GIF", _coded("gif", pix_fmt="rgb8")),
    "turned.mp4": ("turned by a quarter", _turned),
    "varies.mkv": (
        "frame rate that varies",
        _coded("ffv1", times=[0, 33, 67, 100, 200, 233, 267, 300, 600, 633, 667, 700]),
    ),
    "wide.mov": ("pixels of 4:3", _coded("mpeg4", sample_aspect_ratio=Fraction(4, 3))),
    "fields.mp4": ("interlaced", _coded("libx264", options={"x264-params": "tff=1"})),
    "pq.mkv": ("HDR (PQ)", _coded("ffv1", color_trc=16)),
    "alpha.mov": ("ProRes 4444 with alpha", _transparent(".mov")),
    "alpha.webm": ("VP9 with alpha", _transparent(".webm")),
    "cut.mp4": ("MP4, cut short", _cut(_coded("libx264"))),
    "list.m3u8": ("a playlist", _text("#EXTM3U\n#EXTINF:1,\na.mp4\n")),
    "list.ffconcat": ("a list of files", _text("ffconcat version 1.0\nfile a.mp4\n")),
}
"""By the file's name: what it is, and what makes it."""


def _by_pillow(mode: str = "RGB", **options: Any) -> Make:
    return lambda file: Image.fromarray(_image(3)).convert(mode).save(file, **options)


def _of_16_bits(file: Path) -> None:
    cv2.imwrite(str(file), _image(3).astype(np.uint16) * 257)


def _held_upright(file: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(_image(3)).save(file, exif=exif)


IMAGES: Mapping[str, tuple[str, Make]] = {
    "a.png": ("PNG", _by_pillow()),
    "b.png": ("PNG, 16 bits", _of_16_bits),
    "c.png": ("PNG, palette", _by_pillow("P")),
    "d.png": ("PNG, grey", _by_pillow("L")),
    "a.jpg": ("JPEG", _by_pillow()),
    "b.jpg": ("JPEG, CMYK", _by_pillow("CMYK")),
    "c.jpg": ("JPEG, progressive", _by_pillow(progressive=True)),
    "d.jpg": ("JPEG of a camera held upright", _held_upright),
    "a.webp": ("WebP", _by_pillow(lossless=True)),
    "a.tif": ("TIFF", _by_pillow()),
    "a.bmp": ("BMP", _by_pillow()),
    "cut.png": ("PNG, cut short", _cut(_by_pillow())),
    "text.png": ("a text", _text("To be or not to be.")),
}
"""The same."""


def video_outcome(file: Path) -> str:
    """What `lipreel avatar create --video` reads of it."""
    try:
        video = open_video(file)
        frames = list(video.frames())
    except InputError as error:
        return f"refused: {error.what.partition(' (')[0]}"
    height, width, planes = frames[0].shape
    rate = f"{float(video.fps):.5g}"
    read = f"{len(frames)} images of {width}x{height} at {rate}/s{', with alpha' if planes == 4 else ''}"
    return "; ".join([read, *(note.partition(": ")[2] for note in video.notes)])


def image_outcome(file: Path, folder: Path) -> str:
    """What an avatar of this image has as its template."""
    try:
        (made,) = upright((file,), folder, Monitor())
        image = cv2.imread(str(made))
        if image is None:
            return "refused: cannot be decoded as an image"
    except InputError as error:
        return f"refused: {error.what.partition(' (')[0]}"
    turned = ", turned upright" if image.shape[1] != SIZE[0] else ""
    return f"{'as it is' if made == file else 'made into PNG'}{turned}"
