# SPDX-License-Identifier: GPL-3.0-or-later
"""Mouth parameters of the corpus's sentences, for draw.py to draw.

python speak_params.py WORK      WORK/params.npy, float32 [n, 6]
"""

import argparse
from pathlib import Path

import numpy as np
from speak_corpus import HELD_OUT, read_batch
from visemes import tracks

MOMENTS = 60_000


def main() -> None:
    """Takes the first batch of every voice that is trained on, and thins the tracks out evenly."""
    parser = argparse.ArgumentParser(description="Mouth parameters of the corpus's sentences.")
    parser.add_argument("work", type=Path)
    work = parser.parse_args().work
    batches = sorted(path for path in (work / "speech").glob("*/000.npz") if path.parent.name not in HELD_OUT)
    said = [speech for path in batches for speech in read_batch(path)]
    params = np.concatenate([tracks(s.phones, len(s.samples) / s.rate) for s in said])
    chosen = np.linspace(0, len(params) - 1, min(MOMENTS, len(params))).astype(int)
    np.save(work / "params.npy", params[chosen].astype(np.float32))


if __name__ == "__main__":
    main()
