# SPDX-License-Identifier: GPL-3.0-or-later
"""Training sounds: utterances, silences and noises put together, as log-mel with the true mouth beside it.

    python audio_scenes.py WORK [--shards 40] [--jobs 2]

Reads the corpus of speak_corpus.py, writes WORK/scenes/<number>.npz; what is there already is not made again.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import sounds
from lipreel.engine.features.logmel import log_mel
from numpy.typing import NDArray
from phones import Phone
from speak_corpus import HELD_OUT, RATE, read_batch
from speak_engines import Speech
from visemes import CHANNELS, tracks

SCENE_S = 16
"""Seconds of a scene."""
SCENES = 128
"""Scenes of a shard."""
FILES = 24
"""Corpus files that a shard draws its utterances from."""
WITHOUT_VOICE = 0.07
"""Part of the scenes in which nobody speaks, and the mouth has to stay shut."""


def scene(utterances: Iterator[Speech], rng: np.random.Generator) -> tuple[sounds.Sound, NDArray[np.float32]]:
    """A sound of SCENE_S seconds, float32 [n], and its mouth, float32 [SCENE_S·100 + 1, 6]."""
    count = SCENE_S * RATE
    if rng.random() < WITHOUT_VOICE:
        background = sounds.bed(count, rng) * 10 ** (rng.uniform(-60, -12) / 20)
        return np.clip(background, -1, 1), np.zeros((SCENE_S * 100 + 1, len(CHANNELS)), np.float32)
    samples, phones = np.zeros(count, np.float32), []
    position = 0 if rng.random() < 0.3 else _gap(rng)
    while position < count:
        speech = next(utterances)
        factor = rng.uniform(0.82, 1.22)
        said = sounds.faster(speech.samples, factor)[: count - position]
        samples[position : position + len(said)] = (
            said * (0.1 / sounds.level(said)) * 10 ** (rng.uniform(-5, 5) / 20)
        )
        start = position / RATE
        phones += [Phone(p.ipa, start + p.start / factor, start + p.end / factor) for p in speech.phones]
        position += len(said) + _gap(rng)
    return sounds.recorded(samples, rng), tracks(phones, SCENE_S)


def _gap(rng: np.random.Generator) -> int:
    """Samples of silence between two utterances: none, a pause, or a long one."""
    return int(RATE * rng.choice([0.0, rng.uniform(0, 0.8), rng.uniform(0.5, 4)], p=[0.3, 0.5, 0.2]))


def utterances(work: Path, rng: np.random.Generator) -> Iterator[Speech]:
    """Utterances of random files of the training voices, shuffled, without end."""
    files = sorted(path for path in (work / "speech").glob("*/???.npz") if path.parent.name not in HELD_OUT)
    while True:
        chosen = rng.choice(len(files), size=min(FILES, len(files)), replace=False)
        pool = [speech for index in chosen for speech in read_batch(files[index])]
        yield from (
            pool[index] for index in rng.permutation(len(pool)) if len(pool[index].samples) > RATE // 4
        )


def make_shard(work: Path, number: int) -> None:
    """Makes and writes one shard unless it is there: mel float16 [s,t,80] and mouth float16 [s,n,6]."""
    path = work / "scenes" / f"{number:04d}.npz"
    if path.exists():
        return
    rng = np.random.default_rng([2026, number])
    voices = utterances(work, rng)
    mels, mouths = [], []
    for _ in range(SCENES):
        samples, mouth = scene(voices, rng)
        mels.append(log_mel(samples).astype(np.float16))
        mouths.append(mouth.astype(np.float16))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part.npz")
    np.savez(draft, mel=np.stack(mels), mouth=np.stack(mouths))
    draft.replace(path)


def main() -> None:
    """Makes every shard that is missing."""
    parser = argparse.ArgumentParser(description="Makes the training sounds.")
    parser.add_argument("work", type=Path)
    parser.add_argument("--shards", type=int, default=40)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with ProcessPoolExecutor(options.jobs) as pool:
        list(pool.map(partial(make_shard, options.work), range(options.shards)))


if __name__ == "__main__":
    main()
