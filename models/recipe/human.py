# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings of people, with phone times, to evaluate on: never trained on, never shipped.

They are those of Debian's packages pocketsphinx-testdata (a book, card games), asterisk-core-sounds-en-g722
(telephone prompts) and alsa-utils (test sounds). The phones come from forced alignment with the pocketsphinx
wheel, so their times are good to about 20 ms, and a voice's own habits are not in them.
"""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from phones import ENGLISH, SILENCE, Phone, named
from speak_engines import Speech

if TYPE_CHECKING:
    from pocketsphinx import Decoder

RATE = 16000
SHORT_AH_S = 0.07
"""The aligner's dictionary has no schwa: an AH as short as this is one."""

SPHINX = Path("/usr/share/pocketsphinx/test/data")
PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
ALSA = Path("/usr/share/sounds/alsa")


def people() -> Iterator[tuple[str, list[Speech]]]:
    """Every source of recordings that is installed: its name and its sounds."""
    if SPHINX.exists():
        yield "human: book reader", list(_books())
        yield "human: card player", list(_cards())
    if PROMPTS.exists():
        yield "human: telephone prompts", list(_prompts())
    if ALSA.exists():
        yield "human: speaker test", list(_speaker_test())


def _books() -> Iterator[Speech]:
    folder = SPHINX / "librivox"
    for line in (folder / "transcription").read_text(encoding="utf-8").splitlines():
        yield from _spoken(folder / f"{line.rsplit('(', 1)[1].rstrip(')')}.wav", _words(line))


def _cards() -> Iterator[Speech]:
    folder = SPHINX / "cards"
    for line in (folder / "cards.transcription").read_text(encoding="utf-8").splitlines():
        yield from _spoken(folder / f"{line.rsplit('(', 1)[1].rstrip(')')}.wav", _words(line))


def _words(line: str) -> str:
    return re.sub(r"</?s>|\(.*\)", "", line).strip()


def _speaker_test() -> Iterator[Speech]:
    for wave in sorted(ALSA.glob("*_*.wav")):
        yield from _spoken(wave, wave.stem.replace("_", " ").lower())


def _prompts() -> Iterator[Speech]:
    """Phrases one by one; single words in rows of eight, as they are said in a list."""
    known = tomllib.loads(Path(__file__).with_name("prompts.toml").read_text(encoding="utf-8"))
    for name, text in known["phrases"].items():
        yield from _spoken(PROMPTS / f"{name}.g722", text)
    said = []
    for name, words in known["words"].items():
        for index, word in enumerate(words.split()):
            path = PROMPTS / f"{name.format(word[0] if 'phonetic' in name else index)}.g722"
            said += _spoken(path, word)
    for first in range(0, len(said), 8):
        yield _in_a_row(said[first : first + 8])


def _in_a_row(said: list[Speech]) -> Speech:
    phones, time = [], 0.0
    for speech in said:
        phones += [Phone(p.ipa, time + p.start, time + p.end) for p in speech.phones]
        time += len(speech.samples) / RATE
    return Speech(np.concatenate([speech.samples for speech in said]), RATE, phones)


def _spoken(path: Path, text: str) -> Iterator[Speech]:
    """The recording with its phones, unless it is missing or the text is not what is said."""
    if not path.exists():
        return
    samples = _read(path)
    phones = align(samples, text)
    if phones and _is_all(samples, phones):
        yield Speech(samples, RATE, phones)


def _is_all(samples: NDArray[np.float32], phones: list[Phone]) -> bool:
    """Whether what is outside the phones is as quiet as a pause: else more is said than the text."""
    power = samples.astype(np.float64) ** 2
    voiced = np.zeros(len(samples), bool)
    for phone in phones:
        if phone.ipa != SILENCE:
            voiced[max(0, int((phone.start - 0.06) * RATE)) : int((phone.end + 0.06) * RATE)] = True
    return bool(voiced.all() or power[~voiced].mean() < 0.02 * power[voiced].mean())


def _read(path: Path) -> NDArray[np.float32]:
    """Mono float32 at 16 kHz of a wave file, or of a G.722 file through ffmpeg."""
    if path.suffix == ".g722":
        command = [
            "ffmpeg",
            "-v",
            "error",
            "-f",
            "g722",
            "-i",
            str(path),
            "-f",
            "f32le",
            "-ar",
            str(RATE),
            "-",
        ]
        return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32)
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return soxr.resample(samples.mean(axis=1), rate, RATE)


def align(samples: NDArray[np.float32], text: str) -> list[Phone]:
    """The phones of a text and their times in a recording; none if the text does not fit."""
    decoder = _decoder()
    data = (np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes()
    try:
        decoder.set_align_text(text)
        _decode(decoder, data)
        decoder.set_alignment()
        _decode(decoder, data)
        found = [phone for word in decoder.get_alignment() for phone in word]
    except RuntimeError:
        return []
    heard = _heard(samples)
    return [
        _phone(entry.name, entry.start / 100, (entry.start + entry.duration) / 100, *heard) for entry in found
    ]


@cache
def _decoder() -> "Decoder":
    from pocketsphinx import Config, Decoder

    return Decoder(Config(samprate=RATE, loglevel="FATAL", beam=1e-80, pbeam=1e-80, wbeam=1e-60))


def _decode(decoder: "Decoder", data: bytes) -> None:
    decoder.start_utt()
    decoder.process_raw(data, full_utt=True)
    decoder.end_utt()


def _heard(samples: NDArray[np.float32]) -> tuple[float, float]:
    """When the voice begins and ends: the aligner likes to give the first phone all the silence before it."""
    blocks = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    loud = np.flatnonzero(np.sqrt(np.mean(blocks**2, axis=1)) > 0.02 * np.abs(samples).max())
    return max(0.0, loud[0] / 100 - 0.05), loud[-1] / 100 + 0.06


def _phone(name: str, start: float, end: float, first: float, last: float) -> Phone:
    start, end = min(max(start, first), end), max(min(end, last), start)
    if name == "AH" and end - start < SHORT_AH_S:
        return Phone("ə", start, end)
    return Phone(named(ENGLISH, name if name == "SIL" or name.startswith("+") else name.lower()), start, end)
