# SPDX-License-Identifier: GPL-3.0-or-later
"""The silence gate and the colour match, each on an avatar that has the fault."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lipreel.engine.avatar.avatar_types import Avatar, Loop
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.compare.inputs import open_inputs
from lipreel.engine.compare.run import compare
from lipreel.engine.errors import InputError
from lipreel.engine.features.loudness import Stretch
from lipreel.engine.frames.paste import match_colours
from lipreel.engine.frames.silence import hold_weights
from lipreel.engine.frames.template_order import template_index
from lipreel.engine.importing.write import FEATHER_PX
from lipreel.engine.inference.families import FAMILIES
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.job.record import read_record
from lipreel.engine.sound.clip import Clip
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import images, talking, tiny
from lipreel.tests.helpers.documented import assert_before_and_after
from numpy.typing import NDArray

RATE = 16000
FPS = Fraction(25)

# The template speaks in frames 3 to 8 and in 15 to 18.
OPENINGS = [0, 0, 0, 0.3, 0.8, 1, 0.7, 0.4, 0.2, 0, 0, 0, 0, 0, 0, 0.4, 0.9, 0.6, 0.3, 0]

SILENT = slice(50, 72)  # frames well inside the pause, from 1.72 s to 3 s


@pytest.fixture(scope="module")
def restless(tmp_path_factory: pytest.TempPathFactory) -> Avatar:
    """Its template speaks, and its network draws an open mouth in silence."""
    folder = talking.make_avatar(tmp_path_factory.mktemp("avatars") / "restless", OPENINGS, feather_px=8)
    talking.save_restless_generator(folder / "generator.onnx")
    tiny.rehash(folder)
    return load_avatar(folder)


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Broad noise for 1.6 s, faint noise for 1.6 s, and broad noise for 0.8 s."""
    samples = 0.003 * np.random.default_rng(0).standard_normal(4 * RATE)
    samples[: int(1.6 * RATE)] *= 50
    samples[int(3.2 * RATE) :] *= 50
    path = tmp_path_factory.mktemp("sounds") / "speech.npy"
    np.save(path, samples.astype(np.float32))
    return path


def run(avatar: Avatar, speech: Path, out: Path, **options: Any) -> list[NDArray[np.uint8]]:
    generate(open_sound((np.load(speech), RATE)), avatar, out, JobOptions(**options))
    return [images.read(path) for path in sorted(out.glob("frame_*.png"))]


def darkness(frames: list[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """For each frame, how many pixels have the colour of the mouth's inside, or nearly so."""
    return np.array([(np.abs(frame.astype(int) - talking.INSIDE).max(axis=2) < 60).sum() for frame in frames])


def frames(count: int) -> Clip:
    """So many at 10 a second, of a sound of 5 s."""
    return Clip(0, count, Fraction(10), Fraction(0), Fraction(5))


def test_weights_by_hand() -> None:
    """A silence from 1 s to 2 s, at 10 frames a second: smooth from 1.1 to 1.3 s, and from 1.8 to 2 s."""
    weights = hold_weights([Stretch(Fraction(1), Fraction(2))], 400, frames(25))
    expected = np.zeros(25)
    expected[[12, 19]] = 0.5
    expected[13:19] = 1
    assert weights == pytest.approx(expected, abs=1e-6)


def test_weights_at_the_ends_and_in_short_pauses() -> None:
    ends = [Stretch(Fraction(0), Fraction(1)), Stretch(Fraction(4), Fraction(5))]
    weights = hold_weights([*ends, Stretch(Fraction(2), Fraction(23, 10))], 400, frames(50))
    assert weights[:9].tolist() == [1] * 9
    assert weights[10:41].tolist() == [0] * 31
    assert weights[43:].tolist() == [1] * 7


def test_the_mouth_rests_in_silence(restless: Avatar, speech: Path, tmp_path: Path) -> None:
    before = darkness(run(restless, speech, tmp_path / "model"))
    after = darkness(run(restless, speech, tmp_path / "hold", silence="hold"))
    assert before[SILENT].min() > 200  # the fault: open throughout
    assert after[SILENT].max() == 0
    assert np.array_equal(after[:40], before[:40])  # speech is as it was
    assert np.array_equal(after[82:], before[82:])


def test_activity_in_silence_before_and_after(restless: Avatar, speech: Path, tmp_path: Path) -> None:
    import soundfile

    sound = tmp_path / "speech.wav"
    soundfile.write(sound, np.load(speech), RATE)
    for silence in ("model", "hold"):
        generate(open_sound(sound), restless, tmp_path / silence, JobOptions(silence=silence))
    lips = compare(open_inputs([tmp_path / "model", tmp_path / "hold"]), lips=True).lips
    assert lips is not None
    before, after = (sync.silence for sync in lips.sync)
    assert before > 0.8
    assert after < 0.02
    assert_before_and_after(
        "The mouth moves in silence",
        "its activity there, as a share of that in speech",
        f"{before:.0%}",
        f"{after:.0%}",
        "`--silence hold`",
    )


def test_it_settles_in_a_few_frames_without_a_jump(restless: Avatar, speech: Path, tmp_path: Path) -> None:
    """From open to closed in five frames or so, and no step of more than 40 % of the way."""
    frames = run(restless, speech, tmp_path, silence="hold")
    middle = tiny.SQUARE_SIZE // 2, tiny.SQUARE_SIZE * 5 // 8  # of the mouth, in the face square
    brightness = []
    for index, frame in enumerate(frames):
        square = restless.template.squares[template_index(index, FPS, Loop(len(OPENINGS), FPS, 1))]
        brightness.append(frame[square.y + middle[1], square.x + middle[0]].astype(float).mean())
    settling = np.array(brightness[40:55])  # the pause begins at frame 40
    way = settling[-1] - settling[0]
    steps = np.diff(settling)
    assert way > 60
    assert steps.max() < 0.4 * way
    assert np.count_nonzero(steps > 0.02 * way) in range(4, 8)


def test_workers_and_resuming_change_no_byte(restless: Avatar, speech: Path, tmp_path: Path) -> None:
    run(restless, speech, tmp_path / "one", silence="hold", workers=1)
    run(restless, speech, tmp_path / "four", silence="hold", workers=4)
    names = sorted(path.name for path in (tmp_path / "one").glob("frame_*"))
    for name in names[40:60]:
        (tmp_path / "four" / name).unlink()
    run(restless, speech, tmp_path / "four", silence="hold", workers=2)
    assert len(names) == 100
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "four" / name).read_bytes()


def test_the_avatar_decides_and_the_record_says_so(restless: Avatar, speech: Path, tmp_path: Path) -> None:
    text = (restless.folder / "avatar.toml").read_text()
    tiny.edit(restless.folder, "[files]", 'silence = "hold"\ncolour_match = true\n[files]')
    try:
        run(load_avatar(restless.folder), speech, tmp_path)
    finally:
        (restless.folder / "avatar.toml").write_text(text)
    options = read_record(tmp_path).options
    assert (options.silence, options.colour_match) == ("hold", True)


def test_unknown_choice() -> None:
    with pytest.raises(InputError, match="It can be: hold, model"):
        JobOptions(silence="quiet")  # type: ignore[arg-type]


def seam(frame: NDArray[np.uint8], template: NDArray[np.uint8]) -> float:
    """The mean colour step, in levels, that pasting made at the square's left and right edge (frame 1)."""
    left, top, side = 103, 62, tiny.SQUARE_SIZE
    inside = slice(top + 40, top + side - 40)
    columns = [left + 6, left + side - 7]  # behind the edge that the network does not see
    change = frame[inside, columns].astype(float) - template[inside, columns]
    return float(np.abs(change.mean(axis=(0, 1))).max())


def test_colours_are_matched_at_the_border(tmp_path: Path) -> None:
    folder = talking.make_avatar(tmp_path / "avatar", [0, 0, 0])
    talking.save_restless_generator(folder / "generator.onnx", cast=(0.06, -0.04, 0.02))
    tiny.rehash(folder)
    sound = tiny.save_sound(tmp_path / "speech.wav", 0.04)
    template = images.read(folder / "frames" / "0001.png")
    steps = []
    for match in (False, True):
        out = tmp_path / str(match)
        generate(open_sound(sound), load_avatar(folder), out, JobOptions(colour_match=match))
        steps.append(seam(images.read(out / "frame_000001.png"), template))
    assert steps[0] > 14  # 0.06 of 255 is 15
    assert steps[1] < 1
    assert_before_and_after(
        "The patch has another colour",
        "step at its border, in levels of 255",
        f"{steps[0]:.0f}",
        f"{steps[1]:.0f}",
        "`--colour-match`",
    )


def test_the_edge_of_the_patch_is_soft(tmp_path: Path) -> None:
    """The same false colour: what pasting changed rises from pixel to pixel, and at no place at once."""
    folder = talking.make_avatar(tmp_path / "avatar", [0, 0, 0])
    talking.save_restless_generator(folder / "generator.onnx", cast=(0.06, -0.04, 0.02))
    tiny.rehash(folder)
    sound = tiny.save_sound(tmp_path / "speech.wav", 0.04)
    template = images.read(folder / "frames" / "0001.png").astype(float)
    left, top, side = 103, 62, tiny.SQUARE_SIZE
    steepest = []
    for feather in (0, FEATHER_PX):
        out = tmp_path / str(feather)
        generate(open_sound(sound), load_avatar(folder), out, JobOptions(feather=feather))
        change = images.read(out / "frame_000001.png") - template
        rows = change[top + 40 : top + side - 40, left - 5 : left + 20].mean(axis=0)
        steepest.append(float(np.abs(np.diff(rows, axis=0)).max()))
    before, after = steepest
    assert after < before / 4
    assert_before_and_after(
        "The patch has a hard edge",
        "steepest step from pixel to pixel, in levels of 255",
        f"{before:.0f}",
        f"{after:.0f}",
        f"`--feather {FEATHER_PX}`",
    )


def test_a_chin_that_moved_is_no_cast() -> None:
    """A fifth of the border is of another thing altogether; the rest is 7 levels too dark."""
    family = FAMILIES["wav2lip"]  # all of the crop is drawn
    crop = np.full((96, 96, 3), 100, np.uint8)
    patch = crop - 7
    patch[80:, :60] = 250
    matched = match_colours(patch, crop, family)
    assert np.array_equal(matched[:80], crop[:80])
    assert np.all(matched[80:, :60] == 255)
