# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds: how each kind of file is made, and what is heard of it."""

import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import av
import numpy as np
import soundfile
from lipreel.engine.errors import InputError
from lipreel.engine.mouth.hear import hear
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers.sounds import encode
from numpy.typing import NDArray

SECONDS, RATE = 3, 48000
SPEECH = Path(__file__).parents[2] / "models/demo/sample.wav"
_BEGIN_S, _END_S = 0.06, 0.1  # that an encoder may have cut off, and added in silence

Make = Callable[[Path], None]


def _speech() -> NDArray[np.float32]:
    samples, rate = soundfile.read(SPEECH, dtype="float32")
    moments = np.arange(SECONDS * RATE) / RATE
    return np.asarray(np.interp(moments, np.arange(len(samples)) / rate - 1, samples), np.float32)


def _by_sndfile(form: str, subtype: str, gain: float = 1, channels: tuple[int, ...] = (1,)) -> Make:
    def make(file: Path) -> None:
        sound = np.stack([gain * sign * _speech() for sign in channels], 1)
        soundfile.write(file, sound, RATE, format=form, subtype=subtype)

    return make


def _by_ffmpeg(codec: str, form: str | None = None) -> Make:
    return lambda file: encode(file, _speech(), RATE, codec, form)


def _changed(make: Make, change: Callable[[bytes], bytes]) -> Make:
    def changed(file: Path) -> None:
        make(file)
        file.write_bytes(change(file.read_bytes()))

    return changed


def _cut(data: bytes) -> bytes:
    return data[: 2 * len(data) // 3]


def _twice(data: bytes) -> bytes:
    return data * 2


def _without_size(size: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        at = data.index(b"data") + 4
        return data[:at] + struct.pack("<I", size) + data[at + 4 :]

    return change


def _without_first_frame(data: bytes) -> bytes:
    return data[data.index(data[:2], 4) :]


def _flac_of_a_pipe(data: bytes) -> bytes:
    return data[:21] + bytes([data[21] & 0xF0]) + bytes(4) + data[26:]


def _video(codec: str, late_s: float = 0) -> Make:
    def make(file: Path) -> None:
        with av.open(str(file), "w") as video:
            images = video.add_stream("mpeg4", rate=25)
            sound = video.add_stream(codec, rate=RATE)
            assert isinstance(images, av.VideoStream)
            assert isinstance(sound, av.AudioStream)
            images.width, images.height, images.pix_fmt = 64, 48, "yuv420p"
            sound.layout = "mono"
            for _ in range(25 * (SECONDS + 1)):
                image = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
                video.mux(images.encode(image))
            video.mux(images.encode(None))
            part = av.AudioFrame.from_ndarray(_speech()[None], format="fltp", layout="mono")
            part.sample_rate, part.pts = RATE, round(late_s * RATE)
            shape = av.AudioResampler(sound.format, "mono", RATE, sound.frame_size or 1024)
            for frame in [*shape.resample(part), *shape.resample(None)]:
                video.mux(sound.encode(frame))
            video.mux(sound.encode(None))

    return make


def _text(file: Path) -> None:
    file.write_text("To be or not to be.", encoding="ascii")


def _noise(file: Path) -> None:
    soundfile.write(file, np.random.default_rng(0).normal(0, 0.05, SECONDS * RATE), RATE)


_WAV, _MP3 = _by_sndfile("WAV", "PCM_16"), _by_sndfile("MP3", "MPEG_LAYER_III")
_FLAC = _by_sndfile("FLAC", "PCM_16")
_VORBIS, _OPUS = _by_sndfile("OGG", "VORBIS"), _by_sndfile("OGG", "OPUS")

FILES: Mapping[str, tuple[str, Make, float]] = {
    "a.wav": ("WAV, 16 bits", _WAV, 1),
    "b.wav": ("WAV, 24 bits, stereo", _by_sndfile("WAV", "PCM_24", channels=(1, 1)), 1),
    "c.wav": ("WAV, floats", _by_sndfile("WAV", "FLOAT"), 1),
    "a.rf64": ("RF64", _by_sndfile("RF64", "PCM_24"), 1),
    "a.bw64": ("BW64", _changed(_by_sndfile("RF64", "PCM_24"), lambda data: b"BW64" + data[4:]), 1),
    "a.w64": ("Wave64", _by_sndfile("W64", "PCM_16"), 1),
    "a.aiff": ("AIFF", _by_sndfile("AIFF", "PCM_16"), 1),
    "a.au": ("AU", _by_sndfile("AU", "PCM_16"), 1),
    "a.caf": ("CAF", _by_sndfile("CAF", "PCM_16"), 1),
    "a.flac": ("FLAC", _FLAC, 1),
    "a.ogg": ("Ogg Vorbis", _VORBIS, 1),
    "a.opus": ("Ogg Opus", _OPUS, 1),
    "a.oga": ("Ogg FLAC", _by_ffmpeg("flac", "oga"), 1),
    "a.mp3": ("MP3", _MP3, 1),
    "a.m4a": ("M4A (AAC)", _by_ffmpeg("aac"), 1),
    "a.aac": ("AAC (ADTS)", _by_ffmpeg("aac", "adts"), 1),
    "a.ac3": ("AC-3", _by_ffmpeg("ac3"), 1),
    "a.wma": ("WMA", _by_ffmpeg("wmav2", "asf"), 1),
    "a.mka": ("Matroska", _by_ffmpeg("aac", "matroska"), 1),
    "a.webm": ("WebM (Opus)", _by_ffmpeg("libopus"), 1),
    "a.mp4": ("the sound of an MP4", _video("aac"), 1),
    "a.mov": ("the sound of a MOV", _video("pcm_s16le"), 1),
    "late.mkv": ("the sound of a video, half a second late", _video("pcm_s16le", 0.5), 3.5 / 3),
    "mp3.wav": ("WAV that holds MP3", _by_ffmpeg("libmp3lame", "wav"), 1),
    "pipe.wav": ("WAV that was written to a pipe", _changed(_WAV, _without_size(0xFFFFFFFF)), 1),
    "killed.wav": ("WAV whose size was never written", _changed(_WAV, _without_size(0)), 1),
    "pipe.flac": ("FLAC that was written to a pipe", _changed(_FLAC, _flac_of_a_pipe), 1),
    "twice.ogg": ("Ogg Vorbis, two in a row", _changed(_VORBIS, _twice), 2),
    "twice.opus": ("Ogg Opus, two in a row", _changed(_OPUS, _twice), 2),
    "twice.mp3": ("MP3, two in a row", _changed(_MP3, _twice), 2),
    "bare.mp3": ("MP3 without its header", _changed(_MP3, _without_first_frame), 1),
    "zeros.mp3": ("MP3 behind zeros", _changed(_MP3, lambda data: bytes(4096) + data), 1),
    "inverted.wav": ("stereo whose channels cancel", _by_sndfile("WAV", "PCM_16", channels=(1, -1)), 1),
    "quiet.wav": ("speech 50 dB down", _by_sndfile("WAV", "FLOAT", 10 ** (-50 / 20)), 1),
    "noise.wav": ("noise without speech", _noise, 1),
    "cut.wav": ("WAV, cut short", _changed(_WAV, _cut), 1),
    "cut.rf64": ("RF64, cut short", _changed(_by_sndfile("RF64", "PCM_16"), _cut), 1),
    "cut.w64": ("Wave64, cut short", _changed(_by_sndfile("W64", "PCM_16"), _cut), 1),
    "cut.au": ("AU, cut short", _changed(_by_sndfile("AU", "PCM_16"), _cut), 1),
    "cut.caf": ("CAF, cut short", _changed(_by_sndfile("CAF", "PCM_16"), _cut), 1),
    "cut.flac": ("FLAC, cut short", _changed(_FLAC, _cut), 1),
    "cut.ogg": ("Ogg, cut short", _changed(_VORBIS, lambda data: data[: 2 * len(data) // 3 + 1]), 1),
    "cut.mp3": ("MP3, cut short", _changed(_MP3, _cut), 1),
    "cut.m4a": ("M4A, cut short", _changed(_by_ffmpeg("aac"), _cut), 1),
    "empty.wav": ("an empty file", lambda file: file.touch(), 1),
    "text.wav": ("a text", _text, 1),
}
"""By the file's name: what it is, what makes it, and how many times the three seconds of speech are in it."""


def outcome(file: Path, times: float) -> str:
    """What `lipreel mouth` makes of it."""
    try:
        sound = open_sound(file)
        track = hear(sound)
    except InputError as error:
        return f"refused: {error.what.partition(' (')[0]}"
    late = float(sound.duration) - times * SECONDS
    whole = -_BEGIN_S <= late <= _END_S
    heard = "all of it" if whole else f"{float(sound.duration):.2f} s of {times * SECONDS:.2f} s"
    notes = [note.partition(": ")[2] for note in sound.notes]
    return "; ".join([heard, *notes, *([] if track.speaks else ["no speech was heard, with a warning"])])
