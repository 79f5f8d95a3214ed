# SPDX-License-Identifier: GPL-3.0-or-later
"""The closed mouth of a template that speaks, found and put where it is wanted."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from lipreel.engine.avatar.closed_mouth import closed_mouth_crop, find_closed_mouths, neighbours, thumbnail
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.avatar.template import TemplateFrames
from lipreel.tests.helpers import talking

# Openings of the template's mouth, frame by frame: closed at both ends and in the middle.
OPENINGS = [0, 0, 0.4, 1, 0.7, 0, 0.5, 0.9, 0.3, 0, 0, 0]
CLOSED = [0, 1, 5, 9, 10, 11]


@pytest.mark.parametrize("family", ["synctalk2d", "wav2lip"])
@pytest.mark.parametrize("shown", [[], [2, 3, 4], range(12)])
def test_closed_mouths_are_found(tmp_path: Path, family: str, shown: list[int]) -> None:
    avatar = load_avatar(talking.make_avatar(tmp_path, OPENINGS, family))
    with TemplateFrames(avatar) as templates:
        rest = find_closed_mouths(templates, avatar.generator.family, shown, workers=2)
    assert [k for k in range(12) if rest.before[k] == rest.after[k] == k] == CLOSED
    assert (rest.before[7], rest.after[7], rest.share[7]) == (5, 9, 0.5)


def test_a_mouth_that_never_opens_is_always_at_rest(tmp_path: Path) -> None:
    avatar = load_avatar(talking.make_avatar(tmp_path, [0] * 6))
    with TemplateFrames(avatar) as templates:
        rest = find_closed_mouths(templates, avatar.generator.family, [], workers=1)
        assert rest.before.tolist() == rest.after.tolist() == list(range(6))
        assert closed_mouth_crop(templates, 3, rest, avatar.generator.family) is templates[3].crop


def test_neighbours_by_hand() -> None:
    rest = neighbours(np.array([2, 6], np.int32), 9)
    assert rest.before.tolist() == [2, 2, 2, 2, 2, 2, 6, 6, 6]
    assert rest.after.tolist() == [2, 2, 2, 6, 6, 6, 6, 6, 6]
    assert rest.share.tolist() == [0, 0, 0, 0.25, 0.5, 0.75, 0, 0, 0]


def test_the_rest_of_an_open_frame_is_closed_and_its_own_elsewhere(tmp_path: Path) -> None:
    avatar = load_avatar(talking.make_avatar(tmp_path, OPENINGS))
    family = avatar.generator.family
    with TemplateFrames(avatar) as templates:
        rest = find_closed_mouths(templates, family, [], workers=1)
        crop = closed_mouth_crop(templates, 3, rest, family)
        own, closed = templates[3].crop, templates[0].crop
    apart = cv2.absdiff(thumbnail(crop, family), thumbnail(closed, family)).max()
    assert apart <= 3 < cv2.absdiff(thumbnail(own, family), thumbnail(closed, family)).max()
    assert np.array_equal(crop[:9], own[:9])  # outside the mask: inset and edge
