# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the speech corpus: many synthetic voices with exact phone times.

    python speak_corpus.py WORK [--jobs 2] [--scale 1.0]

Writes WORK/speech/<voice>/<batch>.npz, one a batch of texts; what is there already is not made again. A batch
depends on its voice and number alone, so a corpus can be extended later, and two people get the same one.
"""

import argparse
import random
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import sentences
import soxr
import speak_engines
from phones import CATALAN, CZECH, ENGLISH, FINNISH, ITALIAN, RUSSIAN, Phone
from speak_engines import Speech

RATE = 16000
"""The corpus's sample rate, that of the front end."""
BATCH = 25
"""Texts a file."""


@dataclass(frozen=True)
class Voice:
    """Somebody who can speak."""

    engine: str
    """flite, festival or espeak."""
    name: str
    """As the engine calls it."""
    language: str
    batches: int
    """How many of its batches a corpus of scale 1 has: natural voices count for more."""

    @property
    def id(self) -> str:
        """A name for files."""
        return f"{self.engine}-{self.name}".replace("/", "-")


HELD_OUT = frozenset({"flite-awb", "festival-ked_diphone", "festival-czech_machac", "espeak-en+m7"})
"""Never trained on: whole voices, of all three engines."""

FESTIVAL = {
    "cmu_us_slt_arctic_hts": ("en", ENGLISH, 24),
    "ked_diphone": ("en", ENGLISH, 4),
    "lp_diphone": ("it", ITALIAN, 14),
    "pc_diphone": ("it", ITALIAN, 14),
    "upc_ca_ona_hts": ("ca", CATALAN, 18),
    "hy_fi_mv_diphone": ("fi", FINNISH, 12),
    "suo_fi_lj_diphone": ("fi", FINNISH, 12),
    "czech_dita": ("cs", CZECH, 12),
    "czech_krb": ("cs", CZECH, 12),
    "czech_ph": ("cs", CZECH, 12),
    "czech_machac": ("cs", CZECH, 4),
    "msu_ru_nsh_clunits": ("ru", RUSSIAN, 16),
}
FLITE = {"slt": 30, "rms": 36, "kal16": 20, "awb": 4}
ESPEAK_LANGUAGES = """
en-us en en-gb-scotland en-029 en-us es fr de it pt-br en-gb-x-rp en-us nl sv pl tr en hu ro fi cs ca
en-us sw id eo nb hr sk et en lv sq af cy ru en-us hi el cmn
""".split()  # noqa: SIM905 (a list of words)
ESPEAK_VARIANTS = """
f1 f2 f3 f4 f5 m1 m2 m3 m4 m5 m6 m8 klatt klatt2 klatt4 klatt6 adam belinda benjamin caleb david edward
linda max michel miguel norbert pablo paul quincy rob shelby steph travis victor zac Alex Andy Diogo
Jacky
""".split()  # noqa: SIM905
NUMBERS_ONLY = frozenset({"ru", "hi", "el", "cmn"})
"""espeak-ng reads figures as real words in any language; our syllables are of Latin letters."""


def voices() -> Iterator[Voice]:
    """Every voice of the corpus, the held-out ones too."""
    for name, batches in FLITE.items():
        yield Voice("flite", name, "en", batches)
    for name, (language, _, batches) in FESTIVAL.items():
        yield Voice("festival", name, language, batches)
    for index, variant in enumerate(ESPEAK_VARIANTS):
        # Each variant speaks two languages, so that neither is learnt with the other.
        for language in (ESPEAK_LANGUAGES[index], ESPEAK_LANGUAGES[(7 * index + 3) % len(ESPEAK_LANGUAGES)]):
            yield Voice("espeak", f"{language}+{variant}", language, 1)
    yield Voice("espeak", "en+m7", "en", 4)


def say(voice: Voice, rng: random.Random) -> list[Speech]:
    """One batch of a voice, at its own pace."""
    texts = [_text(voice, rng) for _ in range(BATCH)]
    if voice.engine == "flite":
        return speak_engines.flite(voice.name, texts, stretch=rng.uniform(0.75, 1.35))
    if voice.engine == "festival":
        return speak_engines.festival(
            voice.name, FESTIVAL[voice.name][1], texts, stretch=rng.uniform(0.8, 1.3)
        )
    return speak_engines.espeak(
        voice.name,
        texts,
        speed=rng.randint(120, 220),
        pitch=rng.randint(25, 75),
        intonation=rng.randint(30, 80),
    )


def _text(voice: Voice, rng: random.Random) -> str:
    if voice.language.startswith("en"):
        return sentences.english(rng)
    if voice.engine == "espeak" and voice.language in NUMBERS_ONLY:
        return ", ".join(sentences.number(rng) for _ in range(rng.randint(1, 3)))
    return sentences.foreign(rng, voice.language)


def make_batch(work: Path, job: tuple[Voice, int]) -> float:
    """Says and writes one batch unless it is there; the seconds of sound written."""
    voice, batch = job
    path = work / "speech" / voice.id / f"{batch:03d}.npz"
    if path.exists():
        return 0.0
    said = [
        _resampled(speech) for speech in say(voice, random.Random(zlib.crc32(f"{voice.id} {batch}".encode())))
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part.npz")
    np.savez(
        draft,
        samples=np.concatenate([speech.samples for speech in said]),
        lengths=np.array([len(speech.samples) for speech in said]),
        ipa=np.array([phone.ipa for speech in said for phone in speech.phones]),
        times=np.array([(phone.start, phone.end) for speech in said for phone in speech.phones], np.float32),
        counts=np.array([len(speech.phones) for speech in said]),
    )
    draft.replace(path)
    return sum(len(speech.samples) for speech in said) / RATE


def _resampled(speech: Speech) -> Speech:
    samples = soxr.resample(speech.samples, speech.rate, RATE)
    return Speech(np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16), RATE, speech.phones)


def read_batch(path: Path) -> Iterator[Speech]:
    """The utterances of a file, samples float32 at 16 kHz."""
    with np.load(path) as data:
        samples, ipa, times = data["samples"], data["ipa"], data["times"]
        ends, phone_ends = np.cumsum(data["lengths"]), np.cumsum(data["counts"])
        lengths, counts = data["lengths"], data["counts"]
    for end, length, last, count in zip(ends, lengths, phone_ends, counts, strict=True):
        rows = range(last - count, last)
        phones = [Phone(str(ipa[row]), float(times[row, 0]), float(times[row, 1])) for row in rows]
        yield Speech(samples[end - length : end].astype(np.float32) / 32768, RATE, phones)


def main() -> None:
    """Makes every batch that is missing."""
    parser = argparse.ArgumentParser(description="Makes the speech corpus.")
    parser.add_argument("work", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--scale", type=float, default=1.0, help="size of the corpus; 1 is about nine hours")
    options = parser.parse_args()
    jobs = [
        (voice, batch) for voice in voices() for batch in range(max(1, round(voice.batches * options.scale)))
    ]
    # Batch by batch over all voices, so that a corpus stopped early is a smaller one, not a partial one.
    jobs.sort(key=lambda job: job[1] / job[0].batches)
    with ProcessPoolExecutor(options.jobs) as pool:
        seconds = sum(pool.map(partial(make_batch, options.work), jobs))
    print(f"{len(jobs)} batches, {seconds / 3600:.2f} hours new")


if __name__ == "__main__":
    main()
