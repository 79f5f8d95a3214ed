# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the finished avatar on voices that it never heard, by the pictures that the engine makes.

python evaluate.py WORK CORPUS ../demo        writes EVALUATION.md and evaluation.jpg into ../demo
"""

from __future__ import annotations

import argparse
import math
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import evaluate_audio
import human
import numpy as np
import onnxruntime
import sounds
import soxr
import torch
import train_image
from audio_figures import loudness
from draw_geometry import INSET
from export import Generator
from image_network import HEIGHT, LEFT, TOP, WIDTH, ImageNetwork
from lipreel.engine.avatar.avatar_types import Avatar
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.frames.template_order import template_index
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.sound.sound import open_sound
from matplotlib import font_manager
from numpy.typing import NDArray
from opening_meter import Meter, calibrate, true_openings
from phones import ENGLISH, SILENCE, letters
from PIL import Image, ImageDraw, ImageFont
from speak_corpus import HELD_OUT
from speak_engines import Speech, festival, flite
from visemes import tracks

Images = NDArray[np.uint8]
FPS = 25
SECONDS = 45  # of each voice
STILL = 0.3  # s of silence after which the mouth must be shut
CLOSED, REST = 0.08, 0.03  # parts of the range that count as lips together, and as a mouth at rest
WORDS = "baby, pop, mama, five, vow, who, we, wow, she, thin, lala"


@dataclass(frozen=True)
class Shown:
    """How well the pictures follow one voice."""

    voice: str
    seconds: float
    correlation: float
    loudness: float
    """Correlation of the best mouth driven by loudness alone."""
    lag: int
    """Frames by which the pictures are late where they fit best."""
    closed: float
    """Part of the p, b, m that some frame within 60 ms of the middle shows closed."""
    bilabials: int
    """How many there were."""
    rest: float
    """95th percentile of the opening in silences, in parts of the range."""


def frames_of(avatar: Avatar, samples: NDArray[np.float32], folder: Path) -> Images:
    """The engine's frames for 16 kHz samples, at 25 a second: the network's window of each, [n, h, w, 3]."""
    shutil.rmtree(folder, ignore_errors=True)
    options = JobOptions(fps=Fraction(FPS), format="jpg", quality=97)
    generate(open_sound((samples, sounds.RATE)), avatar, folder, options)
    part = avatar.template
    windows = []
    for index, path in enumerate(sorted(folder.glob("frame_*.jpg"))):
        square = part.squares[template_index(index, Fraction(FPS), part.loop())]
        x, y = square.x + INSET + LEFT, square.y + INSET + TOP
        windows.append(cv2.imread(str(path))[y : y + HEIGHT, x : x + WIDTH])
    return np.stack(windows)


def joined(said: Sequence[Speech], noise: float | None = None) -> Speech:
    """Utterances one after the other, 0.8 s apart, up to SECONDS; with white noise so many dB below."""
    gap = np.zeros(int(0.8 * sounds.RATE), np.float32)
    samples, phones, begin = [gap], [], len(gap) / sounds.RATE
    for speech in said:
        if begin > SECONDS:
            break
        samples += [speech.samples, gap]
        phones += [type(p)(p.ipa, p.start + begin, p.end + begin) for p in speech.phones]
        begin += (len(speech.samples) + len(gap)) / sounds.RATE
    whole = np.concatenate(samples)
    if noise is not None:
        level = sounds.level(whole) * 10 ** (-noise / 20)
        whole = whole + np.random.default_rng(1).normal(0, level, len(whole)).astype(np.float32)
    return Speech(whole.astype(np.float32), sounds.RATE, phones)


def measure(voice: str, speech: Speech, meter: Meter, avatar: Avatar, folder: Path) -> Shown:
    """The figures of one voice."""
    shown = meter.read(frames_of(avatar, speech.samples, folder))
    moments = np.round(np.arange(len(shown)) / FPS * 100).astype(int)
    mouths = tracks(speech.phones, len(speech.samples) / speech.rate)
    true = true_openings(mouths[np.minimum(moments, len(mouths) - 1)].astype(np.float32))
    loud = loudness(speech.samples, len(mouths))[np.minimum(moments, len(mouths) - 1)]
    fits = [np.corrcoef(shown[5:-5], np.roll(true, lag)[5:-5])[0, 1] for lag in range(-4, 5)]
    closed = [shown[around].min() < CLOSED for around in bilabials(speech, len(shown))]
    quiet = silent_frames(speech, len(shown))
    return Shown(
        voice,
        len(shown) / FPS,
        float(fits[4]),
        float(np.corrcoef(loud, true)[0, 1]),
        int(np.argmax(fits)) - 4,
        float(np.mean(closed)) if closed else math.nan,
        len(closed),
        float(np.percentile(shown[quiet], 95)),
    )


def bilabials(speech: Speech, count: int) -> Iterator[slice]:
    """The frames within 60 ms of the middle of each p, b and m."""
    for phone in speech.phones:
        if letters(phone.ipa) in tuple("pbm"):
            middle = (phone.start + phone.end) / 2 * FPS
            first, last = math.ceil(middle - 0.06 * FPS), math.floor(middle + 0.06 * FPS)
            if 0 <= first <= last < count:
                yield slice(first, last + 1)


def silent_frames(speech: Speech, count: int) -> NDArray[np.bool_]:
    """The frames more than STILL after the last and before the next sound of speech."""
    quiet = np.ones(count, bool)
    for phone in speech.phones:
        if phone.ipa != SILENCE:
            quiet[
                max(0, math.floor((phone.start - STILL) * FPS)) : math.ceil((phone.end + STILL) * FPS) + 1
            ] = False
    return quiet


def picture_figures(work: Path, demo: Path) -> dict[str, float]:
    """PSNR against drawn pictures that were never trained on, and what happens outside the window."""
    pictures = train_image.load(work)
    image = ImageNetwork()
    image.load_state_dict(torch.load(work / "image.pt", weights_only=True)["average"])
    whole, moved = train_image.psnr(image, pictures)
    # of the family's patch of 320 px: what lies outside the window is the template itself
    patch = whole + 10 * math.log10(320 * 320 / (HEIGHT * WIDTH))
    session = onnxruntime.InferenceSession(demo / "generator.onnx")
    rng = np.random.default_rng(0)
    picture = rng.random((1, 6, 320, 320), np.float32)
    mouth = rng.random((1, 6), np.float32)
    out = session.run(None, {"input": picture, "mouth": mouth})[0]
    edge = np.ones((320, 320), bool)
    edge[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH] = False
    levels = np.floor(out[0] * 255) - np.floor(np.rint(picture[0, :3] * 255))
    reference = Generator(torch.nn.Identity(), image).eval()  # told the mouth, in place of hearing it
    with torch.no_grad():
        exact = reference(torch.from_numpy(picture), torch.from_numpy(mouth)).numpy()
    return {
        "patch": patch,
        "moved": moved,
        "border": float(np.abs(levels[:, edge]).max()),
        "onnx": float(np.abs(out - exact).max()),
    }


def contact_sheet(avatar: Avatar, folder: Path, path: Path) -> None:
    """The middle of every phone of WORDS, as the engine shows it, by two voices that were held out."""
    said = [*flite("awb", [WORDS], stretch=1.2), *festival("ked_diphone", ENGLISH, [WORDS], stretch=1.2)]
    blocks = [contact_rows(speech, avatar, folder) for speech in said]
    cv2.imwrite(str(path), np.vstack(blocks), [cv2.IMWRITE_JPEG_QUALITY, 88])


def contact_rows(speech: Speech, avatar: Avatar, folder: Path, across: int = 11) -> Images:
    """One voice's phones, a tile each."""
    samples = soxr.resample(speech.samples, speech.rate, sounds.RATE).astype(np.float32)
    windows = frames_of(avatar, samples, folder)
    tiles = []
    for phone in speech.phones:
        if phone.ipa == SILENCE:
            continue
        index = min(len(windows) - 1, round((phone.start + phone.end) / 2 * FPS))
        tile = cv2.resize(windows[index][20:200, 40:232], None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
        tiles.append(label(tile, phone.ipa))
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % across)
    return np.vstack([np.hstack(tiles[i : i + across]) for i in range(0, len(tiles), across)])


def label(tile: Images, text: str) -> Images:
    """The tile with a phonetic letter above it."""
    canvas = Image.new("RGB", (tile.shape[1], tile.shape[0] + 26), "white")
    canvas.paste(Image.fromarray(tile[:, :, ::-1].copy()), (0, 26))
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), 20)  # it has phonetic letters
    ImageDraw.Draw(canvas).text((6, 1), text, fill="black", font=font)
    return np.asarray(canvas)[:, :, ::-1]


def meter_of(work: Path) -> tuple[Meter, dict[str, float]]:
    """The meter, calibrated on the drawn pictures but the unseen ones, and its own errors on these."""
    pictures = train_image.load(work)
    windows = pictures.targets.numpy().transpose(0, 2, 3, 1)
    rest = pictures.templates.numpy().transpose(0, 2, 3, 1)
    openings = true_openings(pictures.mouths.numpy())
    unseen = slice(len(openings) - train_image.HELD_OUT, None)
    seen = slice(0, unseen.start)
    meter = calibrate(
        np.concatenate([windows[seen], rest]), np.concatenate([openings[seen], np.zeros(len(rest))])
    )
    read = meter.read(windows[unseen])
    error = {
        "correlation": float(np.corrcoef(read, openings[unseen])[0, 1]),
        "error": float(np.abs(read - openings[unseen]).mean()),
    }
    return meter, error


def together(shown: Sequence[Shown]) -> float:
    """Part of the p, b, m shown closed, over all voices that are held out of the corpus."""
    synthetic = [s for s in shown if s.voice in HELD_OUT]
    return sum(s.closed * s.bilabials for s in synthetic) / sum(s.bilabials for s in synthetic)


def report(
    meter: dict[str, float],
    pictures: dict[str, float],
    shown: Sequence[Shown],
    sound: dict[str, dict[str, object]],
) -> str:
    """EVALUATION.md."""
    rows = [
        f"| {s.voice} | {s.seconds:.0f} | {s.correlation:.3f} | {s.loudness:.3f} | {s.lag:+d} "
        f"| {evaluate_audio.percent(s.closed)} | {s.rest:.1%} |"
        for s in shown
    ]
    return TEXT.format(
        meter=meter,
        pictures=pictures,
        rows="\n".join(rows),
        sound=evaluate_audio.report(sound),
        still=STILL,
        closed=CLOSED,
        together=together(shown),
    )


TEXT = """# How well the demo avatar speaks

Written by `models/recipe/evaluate.py`; every figure is measured.

## What the pictures show

Each voice speaks through the whole engine at 25 frames a second. The opening of the mouth is read off the
finished frames by a meter that knows nothing of the networks: a regression calibrated on drawn pictures
(on unseen ones: correlation {meter[correlation]:.3f}, mean error {meter[error]:.1%} of the widest opening).
The truth is the drawn mouth's opening for the parameters that the phone times ask for. Nobody here was
heard in training; "people" are recordings, with phone times found by forced alignment, which errs itself.

| voice | s | correlation | loudness alone | lag, frames | p b m closed | opening in silence |
|---|---|---|---|---|---|---|
{rows}

Of the p, b, m of all synthetic voices together {together:.1%} are shown closed. Closed: under {closed:.0%} of
the widest opening within 60 ms of the phone's middle. Silence: more than {still} s from any speech, the 95th
percentile.

![the middle of every phone](evaluation.jpg)

*The middle of every phone of "baby, pop, mama, five, vow, who, we, wow, she, thin, lala", said by two voices
that were held out: first flite's awb, then festival's ked.*

## The pictures themselves

| | |
|---|---|
| patch of 320 px against unseen drawn pictures | {pictures[patch]:.1f} dB |
| of these, the pixels that the mouth changes | {pictures[moved]:.1f} dB |
| largest change outside the window that is painted | {pictures[border]:.0f} levels |
| exported network against PyTorch | {pictures[onnx]:.1e} |

## What is heard, measured without pictures

Six parameters of the mouth, 100 times a second.

{sound}
"""


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description="Measures the finished avatar.")
    parser.add_argument("work", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("demo", type=Path)
    args = parser.parse_args()
    avatar = load_avatar(args.demo)
    meter, errors = meter_of(args.work)
    voices = [*evaluate_audio.held_out(args.corpus), *human.people()]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "frames"
        shown = [measure(voice, joined(said), meter, avatar, folder) for voice, said in voices]
        shown += [
            measure(f"{voice}, noise 20 dB below", joined(said, 20), meter, avatar, folder)
            for voice, said in voices[:1]
        ]
        contact_sheet(avatar, folder, args.demo / "evaluation.jpg")
    sound = evaluate_audio.evaluate(args.corpus, args.work / "audio.pt")
    text = report(errors, picture_figures(args.work, args.demo), shown, sound)
    (args.demo / "EVALUATION.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
