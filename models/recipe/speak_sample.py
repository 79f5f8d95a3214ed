# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the demo avatar's sample speech, models/demo/sample.wav, from sample.txt.

    python speak_sample.py [--voice cmu_us_slt_arctic_hts] [--out ../demo/sample.wav]

A blank line in the text is a pause. Needs festival and the Debian package of the voice.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

HERE = Path(__file__).parent
LEVEL_DB = -17.5
"""RMS of the speech without its pauses, in dB of full scale: -20 LUFS with this voice and text."""
PEAK = 0.89
EDGE_S, PAUSE_S, FADE_S = 0.25, 0.55, 0.01
"""Silence at both ends and between paragraphs (beside the voice's own), and the fade of each cut."""


def say(text: str, voice: str) -> tuple[NDArray[np.float64], int]:
    """One paragraph, said by a festival voice: samples [n] in -1..1, and their rate."""
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "said.wav"
        quoted = text.replace('"', "'")
        script = f'(voice_{voice})\n(utt.save.wave (SynthText "{quoted}") "{wave}")\n'
        # The script comes by standard input, so that no shell reads the text.
        subprocess.run(["festival", "--pipe"], input=script, text=True, check=True)
        samples, rate = soundfile.read(wave)
    return samples, rate


def fade(samples: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """The same samples with both ends faded over `length` samples."""
    ramp = np.minimum(1.0, np.arange(len(samples)) / length)
    return samples * ramp * ramp[::-1]


def level(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same samples at LEVEL_DB, or as near to it as PEAK allows."""
    loud = samples[np.abs(samples) > 0.02 * np.abs(samples).max()]
    gain = 10 ** (LEVEL_DB / 20) / np.sqrt(np.mean(loud**2))
    return samples * min(gain, PEAK / np.abs(samples).max())


def main() -> None:
    """Says every paragraph, joins them with pauses and writes the sound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--text", type=Path, default=HERE / "sample.txt")
    parser.add_argument("--voice", default="cmu_us_slt_arctic_hts")
    parser.add_argument("--out", type=Path, default=HERE.parent / "demo" / "sample.wav")
    options = parser.parse_args()

    paragraphs = [" ".join(part.split()) for part in options.text.read_text(encoding="utf-8").split("\n\n")]
    said = [say(text, options.voice) for text in paragraphs]
    rate = said[0][1]
    parts = [np.zeros(round(EDGE_S * rate))]
    for samples, _ in said:
        parts += [fade(samples, round(FADE_S * rate)), np.zeros(round(PAUSE_S * rate))]
    parts[-1] = np.zeros(round(EDGE_S * rate))
    soundfile.write(options.out, level(np.concatenate(parts)), rate, subtype="PCM_16")


if __name__ == "__main__":
    main()
