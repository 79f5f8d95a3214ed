# SPDX-License-Identifier: GPL-3.0-or-later
"""Three free speech engines, each as one function: texts in, sounds with exact phone times out.

flite and festival are run as commands, espeak-ng is called as a library. Debian: flite, festival and its
festvox-* voices, espeak-ng.
"""

import ctypes
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from phones import ENGLISH, Phone, letters, named
from visemes import SHAPES


@dataclass(frozen=True)
class Speech:
    """A text, said."""

    samples: NDArray[np.float32]
    """[n], -1..1."""
    rate: int
    phones: list[Phone]


def flite(voice: str, texts: Sequence[str], *, stretch: float = 1.0) -> list[Speech]:
    """Texts said by a voice built into flite, `stretch` times as slowly as it likes to."""
    with tempfile.TemporaryDirectory() as folder:
        return [_flite(voice, text, stretch, Path(folder) / "said.wav") for text in texts]


def _flite(voice: str, text: str, stretch: float, wave: Path) -> Speech:
    command = ["flite", "-voice", voice, "-psdur", "--setf", f"duration_stretch={stretch}", "-o", str(wave)]
    said = subprocess.run([*command, "-t", text], capture_output=True, text=True, check=True).stdout
    ends = [(name, float(end)) for name, end in (item.split(":") for item in said.split())]
    samples, rate = soundfile.read(wave, dtype="float32")
    return Speech(samples, rate, _phones(ends, ENGLISH))


def festival(
    voice: str, table: dict[str, str], texts: Sequence[str], *, stretch: float = 1.0
) -> list[Speech]:
    """Texts said by a festival voice whose phones `table` knows; a text that it cannot say is left out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = [f"(voice_{voice})", f"(Parameter.set 'Duration_Stretch {stretch:.3f})"]
        for number, text in enumerate(texts):
            quoted = text.replace("\\", " ").replace('"', " ")
            script.append(f'(set! said (utt.synth (Utterance Text "{quoted}")))')
            script.append(f'(utt.save.segs said "{folder}/{number}.lab")')
            script.append(f'(utt.save.wave said "{folder}/{number}.wav")')
        # festival leaves an error's text unsaid and goes on with the next line.
        subprocess.run(
            ["festival", "--pipe"], input="\n".join(script), text=True, capture_output=True, check=False
        )
        waves = [folder / f"{number}.wav" for number in range(len(texts))]
        return [_read_festival(wave, table) for wave in waves if wave.exists()]


def _read_festival(wave: Path, table: dict[str, str]) -> Speech:
    samples, rate = soundfile.read(wave, dtype="float32")
    rows = [line.split() for line in wave.with_suffix(".lab").read_text(encoding="utf-8").splitlines()[1:]]
    return Speech(samples, rate, _phones([(row[2], float(row[0])) for row in rows], table))


def _phones(ends: Sequence[tuple[str, float]], table: dict[str, str]) -> list[Phone]:
    """Phones of (name, end) pairs that follow each other."""
    starts = [0.0, *(end for _, end in ends)]
    return [Phone(named(table, name), start, end) for (name, end), start in zip(ends, starts, strict=False)]


class _Event(ctypes.Structure):
    """espeak_EVENT of espeak-ng's speak_lib.h; the union at its end is read as text."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("string", ctypes.c_char * 8),
    )


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)
_END_OF_LIST, _PHONEME = 0, 7
_SYNCHRONOUS, _PHONEME_EVENTS_IN_IPA, _UTF8 = 2, 3, 1
_RATE, _PITCH, _RANGE = 1, 3, 4


@cache
def _espeak() -> tuple[ctypes.CDLL, int]:
    """The library, started, and its sample rate."""
    library = ctypes.CDLL("libespeak-ng.so.1")
    return library, library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS_IN_IPA)


def espeak(
    voice: str, texts: Sequence[str], *, speed: int = 165, pitch: int = 50, intonation: int = 50
) -> list[Speech]:
    """Texts said by espeak-ng; `voice` is "language+variant", `speed` words a minute, the others 0..100.

    A text with a phone that visemes.py does not know is left out.
    """
    library, rate = _espeak()
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise ValueError(f"espeak-ng has no voice {voice!r}")
    for parameter, value in ((_RATE, speed), (_PITCH, pitch), (_RANGE, intonation)):
        library.espeak_SetParameter(parameter, value, 0)
    said = [_espeak_text(library, rate, text) for text in texts]
    return [
        speech for speech in said if all(letter in SHAPES for p in speech.phones for letter in letters(p.ipa))
    ]


def _espeak_text(library: ctypes.CDLL, rate: int, text: str) -> Speech:
    chunks: list[NDArray[np.int16]] = []
    starts: list[tuple[int, str]] = []

    def collect(
        wave: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]"
    ) -> int:
        if count:
            chunks.append(np.ctypeslib.as_array(wave, (count,)).copy())
        index = 0
        while events[index].type != _END_OF_LIST:
            if events[index].type == _PHONEME:
                starts.append((events[index].sample, events[index].string.decode(errors="ignore")))
            index += 1
        return 0

    callback = _CALLBACK(collect)
    library.espeak_SetSynthCallback(callback)
    data = text.encode()
    library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8, None, None)
    samples = np.concatenate(chunks).astype(np.float32) / 32768 if chunks else np.zeros(1, np.float32)
    ends = [*(sample for sample, _ in starts[1:]), len(samples)]
    # "_" is a pause, "(en)" a change of language.
    names = ["" if set("_(") & set(name) else name for _, name in starts]
    phones = [Phone(n, s / rate, e / rate) for n, (s, _), e in zip(names, starts, ends, strict=True) if e > s]
    return Speech(samples, rate, phones)
