# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the sound half of the network on voices that it was never trained on, people's too.

python evaluate_audio.py WORK CHECKPOINT [--json FILE]
"""

import argparse
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import human
import numpy as np
import sounds
import torch
from audio_figures import FPS, RANGE, measure
from audio_network import AudioEncoder, AudioHead, load_audio
from lipreel.engine.features.logmel import log_mel
from lipreel.engine.features.windows import ENCODER_ROWS, ZEROS, window_starts
from numpy.typing import NDArray
from speak_corpus import HELD_OUT, read_batch
from speak_engines import Speech
from visemes import CHANNELS
from visemes import opening as opening_of

Networks = tuple[AudioEncoder, AudioHead]

UTTERANCES = 60
"""Of each synthetic voice."""


def predict(networks: Networks, samples: NDArray[np.float32], fps: int = FPS) -> NDArray[np.float32]:
    """The mouth that the networks show for a sound: [frames, 6], as the engine would ask for it."""
    encoder, head = networks
    mel = log_mel(samples)
    frames = np.arange(int(np.ceil(len(samples) / sounds.RATE * fps)))
    starts = window_starts(frames, Fraction(fps), len(mel), ENCODER_ROWS, "zeros")
    used, place = np.unique(starts, return_inverse=True)
    windows = np.stack([mel[max(0, start) : max(0, start) + 16].T for start in used])
    with torch.inference_mode():
        rows = encoder(torch.from_numpy(windows)[:, None])
        rows[torch.from_numpy(used == ZEROS)] = 0
        audio = rows[torch.from_numpy(place.reshape(starts.shape))].reshape(-1, 32, 16, 16)
        return torch.cat([head(part) for part in audio.split(512)]).numpy()


def noises(seconds: int = 20) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Sounds without a voice, at the level that is 20 dB below speech of -20 dBFS, and louder ones."""
    rng = np.random.default_rng(99)
    count = seconds * sounds.RATE
    yield "digital silence", np.zeros(count, np.float32)
    makers = (sounds.hiss, sounds.wind, sounds.hum, sounds.music, sounds.knocks, sounds.tones)
    for maker in makers:
        noise = maker(count, rng)
        noise /= max(1e-6, float(np.sqrt(np.mean(noise**2))))
        for decibels in (-40, -20):
            yield f"{maker.__name__} at {decibels} dBFS", np.clip(noise * 10 ** (decibels / 20), -1, 1)


def in_noise(speech: Speech, maker: Callable[[int, np.random.Generator], sounds.Sound]) -> Speech:
    """Speech with 0.8 s of silence in front and behind, in noise 20 dB below it."""
    still = np.zeros(int(0.8 * speech.rate), np.float32)
    samples = np.concatenate([still, speech.samples, still])
    noise = maker(len(samples), np.random.default_rng(len(samples)))
    noise *= 0.1 * sounds.level(speech.samples) / max(1e-6, float(np.sqrt(np.mean(noise**2))))
    moved = [type(p)(p.ipa, p.start + 0.8, p.end + 0.8) for p in speech.phones]
    return Speech((samples + noise).astype(np.float32), speech.rate, moved)


def held_out(work: Path) -> Iterator[tuple[str, list[Speech]]]:
    """The synthetic voices that are not trained on."""
    for voice in sorted(HELD_OUT):
        files = sorted((work / "speech" / voice).glob("???.npz"))
        said = [speech for file in files for speech in read_batch(file)]
        if said:
            yield voice, said[:UTTERANCES]


def evaluate(work: Path, checkpoint: Path) -> dict[str, dict[str, object]]:
    """All figures: of "voices", of some of them "in_noise" 20 dB below, and of sounds "without_voice"."""
    networks = load_audio(checkpoint)

    def mouth_of(samples: NDArray[np.float32]) -> NDArray[np.float32]:
        return predict(networks, samples)

    voices = [*held_out(work), *human.people()]
    noisy = {}
    for maker in (sounds.hiss, sounds.wind, sounds.hum, sounds.music):
        for voice, said in voices:
            name = f"{voice}, {maker.__name__}"
            noisy[name] = asdict(measure([in_noise(speech, maker) for speech in said[:15]], mouth_of))
    without = {
        name: float(np.percentile(opening_of(mouth_of(sound)), 95)) / RANGE for name, sound in noises()
    }
    return {
        "voices": {voice: asdict(measure(said, mouth_of)) for voice, said in voices},
        "in_noise": noisy,
        "without_voice": without,
    }


def percent(share: float) -> str:
    """A share as text; a dash where there was nothing to count."""
    return "–" if math.isnan(share) else f"{share:.1%}"


def report(figures: dict[str, dict[str, object]]) -> str:
    """The figures as Markdown tables."""
    lines = []
    for part, title in (("voices", "Voices never heard"), ("in_noise", "The same, noise 20 dB below")):
        head = [
            *["voice", "s", "correlation", "loudness alone", "lag ms", "p b m shut", "silence", "flicker"],
            *CHANNELS,
        ]
        lines += [f"### {title}", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
        for voice, row in figures[part].items():
            cells = [voice, f"{row['seconds']:.0f}"]
            cells += [f"{row[key]:.3f}" for key in ("correlation", "loudness_correlation")]
            cells += [
                f"{row['lag_ms']}",
                percent(row["closed"]),
                percent(row["silence"]),
                f"{row['flicker']:.3f}",
            ]
            cells += [f"{row['channels'][name]:.2f}".replace("nan", "–") for name in CHANNELS]
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    lines += ["### No voice at all", "| sound | opening, 95th percentile |", "|---|---|"]
    lines += [f"| {name} | {value:.1%} |" for name, value in figures["without_voice"].items()]
    return "\n".join(lines)


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description="Measures the sound half of the network.")
    parser.add_argument("work", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures = evaluate(options.work, options.checkpoint)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(report(figures))


if __name__ == "__main__":
    main()
