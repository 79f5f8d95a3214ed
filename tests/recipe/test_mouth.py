# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones to mouth parameters, and mouth parameters to a face: what an animator would check first."""

import face
import numpy as np
import pytest
from face import Mouth
from phones import Phone
from visemes import CHANNELS, JAW, PRESS, RATE, ROUND, opening, tracks

WORD = [("", 0.5), ("m", 0.09), ("ɑ", 0.14), ("m", 0.08), ("ə", 0.12), ("", 0.6), ("s", 0.1), ("t", 0.07)]
STEW = [("s", 0.12), ("t", 0.07), ("u", 0.16), ("", 0.5)]
SEE = [("s", 0.12), ("t", 0.07), ("i", 0.16), ("", 0.5)]


def said(sounds: list[tuple[str, float]]) -> list[Phone]:
    ends = np.cumsum([length for _, length in sounds])
    return [Phone(ipa, end - length, end) for (ipa, length), end in zip(sounds, ends, strict=True)]


def track(sounds: list[tuple[str, float]]) -> "np.typing.NDArray[np.float32]":
    return np.asarray(tracks(said(sounds), sum(length for _, length in sounds)), np.float32)


def test_lips_meet_in_every_bilabial() -> None:
    mouth = track(WORD)
    for phone in said(WORD):
        if phone.ipa == "m":
            inside = mouth[round(phone.start * RATE) : round(phone.end * RATE) + 1]
            assert (inside[:, PRESS] == 1).sum() >= 4, "shut for less than 40 ms"
            assert opening(inside).min() == 0
    vowel = mouth[round(0.66 * RATE)]
    assert vowel[JAW] > 0.4
    assert vowel[PRESS] < 0.1


def test_a_pause_is_a_mouth_at_rest() -> None:
    mouth = track(WORD)
    assert (mouth[: round(0.35 * RATE)] == 0).all()
    assert (mouth[round(1.1 * RATE) : round(1.3 * RATE)] == 0).all()


def test_lips_are_round_before_the_vowel_is() -> None:
    end_of_t = round(0.18 * RATE)
    assert track(STEW)[end_of_t, ROUND] > 0.4
    assert track(SEE)[end_of_t, ROUND] == 0


def test_nothing_jumps() -> None:
    mouth = track(WORD)
    assert np.abs(np.diff(mouth, axis=0)).max() < 0.35, "faster than 55 ms from open to shut"
    assert mouth.min() >= 0
    assert mouth.max() <= 1


def test_channels_are_the_faces_parameters() -> None:
    assert Mouth._fields == CHANNELS


@pytest.mark.parametrize(
    "mouth", [Mouth(), Mouth(press=1), Mouth(jaw=0.6, press=1), Mouth(round=0.8, press=1), Mouth(spread=1)]
)
def test_shut_mouths_have_no_gap(mouth: Mouth) -> None:
    assert face.opening(mouth) < 0.03 * face.opening(Mouth(jaw=1))


def test_the_gap_grows_with_the_jaw() -> None:
    gaps = [face.opening(Mouth(jaw=jaw)) for jaw in np.linspace(0, 1, 6)]
    assert np.all(np.diff(gaps) > 0)


@pytest.mark.parametrize("channel", range(6))
def test_only_the_lower_face_moves(channel: int) -> None:
    values = [0.0] * 6
    values[channel] = 1.0
    rest, moved = face.head(Mouth()).points, face.head(Mouth(*values)).points
    assert np.isfinite(moved).all()
    distance = np.linalg.norm(moved - rest, axis=-1)
    eyes_and_up = rest[..., 2] > 0.0
    assert distance[eyes_and_up].max() < 1e-6
    if CHANNELS[channel] != "tongue":  # that is an object of its own
        assert distance.max() > 0.01
