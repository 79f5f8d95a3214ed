# SPDX-License-Identifier: GPL-3.0-or-later
"""Which image strip belongs to which sound, after all that users do to strips."""

import pytest
from lipreel.addon.sequencer.pairing import Part, assign


def part(strip: str, left: int, moments: range, number: str = "7", meta: str = "", channel: int = 1) -> Part:
    """A strip that shows some moments of the sound from the frame `left` of the scene on."""
    return Part(strip, frozenset({number}), left - moments.start, moments, meta, channel)


TALK = part("talk", 11, range(100))
IMAGE = part("image", 11, range(100), channel=2)


@pytest.mark.parametrize(
    ("sounds", "images", "pairs"),
    [
        ([TALK], [IMAGE], {"talk": "image"}),
        ([TALK], [part("image", 11, range(100), number="8")], {}),
        ([], [IMAGE], {}),
        # The image was moved, or the sound was: it is still its own.
        ([part("talk", 51, range(100))], [IMAGE], {"talk": "image"}),
        # Shift D of the sound: the copy has none.
        ([TALK, part("copy", 201, range(100))], [IMAGE], {"talk": "image"}),
        # Shift D of the image: the copy is nobody's.
        ([TALK], [IMAGE, part("copy", 201, range(100))], {"talk": "image"}),
        ([TALK], [part("copy", 5, range(100)), IMAGE], {"talk": "image"}),
        # Shift D of both.
        (
            [TALK, part("talk 2", 201, range(100))],
            [IMAGE, part("image 2", 201, range(100), channel=2)],
            {"talk": "image", "talk 2": "image 2"},
        ),
        # K of both.
        (
            [part("talk", 11, range(40)), part("talk 2", 51, range(40, 100))],
            [part("image", 11, range(40)), part("image 2", 51, range(40, 100))],
            {"talk": "image", "talk 2": "image 2"},
        ),
        # K of the sound alone: both halves speak through one image.
        (
            [part("talk", 11, range(40)), part("talk 2", 51, range(40, 100))],
            [IMAGE],
            {"talk": "image", "talk 2": "image"},
        ),
        # And then the right half is moved away.
        ([part("talk", 11, range(40)), part("talk 2", 81, range(40, 100))], [IMAGE], {"talk": "image"}),
        # K of the image alone: the sound keeps the larger part.
        ([TALK], [part("image", 11, range(40)), part("image 2", 51, range(40, 100))], {"talk": "image 2"}),
        # A copy of both inside a meta strip, at the same frames.
        (
            [TALK, part("talk 2", 11, range(100), meta="meta")],
            [IMAGE, part("image 2", 11, range(100), meta="meta")],
            {"talk": "image", "talk 2": "image 2"},
        ),
        # The image alone was moved into a meta strip.
        ([TALK], [part("image", 11, range(100), meta="meta")], {"talk": "image"}),
        # Of two images in the same place, the nearest.
        ([TALK], [part("far", 11, range(100), channel=9), IMAGE], {"talk": "image"}),
        # A part of the sound that the image does not show.
        ([part("talk", 311, range(300, 400))], [IMAGE], {}),
    ],
)
def test_pairs(sounds: list[Part], images: list[Part], pairs: dict[str, str]) -> None:
    assert assign(sounds, images) == pairs
    assert assign(sounds[::-1], images[::-1]) == pairs


def test_a_strip_of_0_1_is_paired_by_its_sound_file() -> None:
    sound = Part("talk", frozenset({"0.1 //talk.wav"}), 11, range(100), "", 1)
    image = Part("image", frozenset({"0.1 //talk.wav"}), 11, range(100), "", 2)
    numbered = Part("new image", frozenset({"7"}), 11, range(100), "", 2)
    assert assign([sound], [image, numbered]) == {"talk": "image"}
