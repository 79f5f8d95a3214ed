# SPDX-License-Identifier: GPL-3.0-or-later
"""Direction and Live with mouse and keys: a correction is keyed over a word, seen at once, and made."""

import time

import cv2
import numpy as np
from lipreel.tests.e2e.desktop import Desktop
from numpy.typing import NDArray

LEFT, LENGTH = 11, 48
WORD = (30, 33, 36)
"""Frames at which the lips begin to close, are shut, and are free again."""


def make(studio: Desktop) -> str:
    """A sound strip with its frames, selected, and the panel Direction unfolded; its name."""
    name = str(studio.ask("add_sound", "/share/speech.wav", 2, LEFT, LENGTH))
    studio.ask("select", name)
    time.sleep(0.5)
    studio.click_button("lipreel.generate")
    assert studio.wait_for_job()["state"] == "done"
    studio.ask("select", name)
    return name


def wait_for_view(studio: Desktop, frame: int) -> float:
    """Wait until Live shows a frame as it is now; the seconds that it took."""
    begun = time.monotonic()

    def there() -> bool:
        found = studio.ask("live")
        return bool(found["fresh"] and found["moment"] == frame - LEFT)

    studio.wait_until(there, 60, "Live does not show the frame")
    return time.monotonic() - begun


def type_value(studio: Desktop, dial: str, value: float) -> None:
    """Point at a slider, press Enter, and type."""
    x, y = studio.find_property(dial)
    studio.do("move", x=x, y=y)
    time.sleep(0.2)
    studio.do("key", keys="Return")
    studio.do("key", keys="ctrl+a")
    studio.do("type", text=str(value))
    studio.do("key", keys="Return")


def face(studio: Desktop, name: str) -> NDArray[np.uint8]:
    """The preview, as it is on the screen."""
    time.sleep(0.6)
    left, top, width, height = studio.ask("picture_place")
    return studio.shot(name)[top : top + height, left : left + width]


def same(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Whether two looks show one image in one place and in one colour.

    Blender takes the pixel that is nearest, Live a mean of four: edges differ by 80 levels, means over five
    by five pixels by 12; a mouth that closes by 120, an image that lies a pixel beside by 45.
    """
    rows, columns = (
        one.shape[0] * 9 // 10,
        slice(3, -3),
    )  # the word in the corner does not count, nor a border
    looks = (cv2.blur(look[3:rows, columns].astype(np.float32), (5, 5)) for look in (one, other))
    return bool(np.abs(np.subtract(*looks)).max() < 25)


def test_live_changes_nothing_and_lies_where_the_strip_lies(studio: Desktop) -> None:
    """The frame that was made and the one that Live draws over it are the same on the screen."""
    make(studio)
    studio.ask("save_as", "/share/film.blend")
    studio.ask("go_to", 30)
    made = face(studio, "made")
    studio.click_button("lipreel.live")
    print(f"\nthe first image after {wait_for_view(studio, 30):.2f} s")
    assert same(face(studio, "live"), made)
    studio.ask("mute", studio.images()[0]["name"], True)
    assert same(face(studio, "alone"), made)
    studio.ask("mute", studio.images()[0]["name"], False)
    studio.ask("save_as", "/share/film.blend")
    studio.click_button("lipreel.live")
    for change in ({"percentage": 50}, {"percentage": 100, "aspect": 2.0}, {"aspect": 1.0, "crop": 150}):
        studio.ask("change_render", "speech.wav Lipreel", change)
        studio.key("Home", over="preview")
        made = face(studio, f"made {change}")
        studio.click_button("lipreel.live")
        wait_for_view(studio, 30)
        assert same(face(studio, f"live {change}"), made), change
        studio.click_button("lipreel.live")
    studio.ask("change_render", "speech.wav Lipreel", {"crop": 0})
    studio.ask("save_as", "/share/film.blend")
    studio.click_button("lipreel.live")
    wait_for_view(studio, 30)
    waits = []
    for frame in (12, 40, 25, 58):
        studio.ask("go_to", frame)
        waits.append(wait_for_view(studio, frame))
    print("scrubbing:", ", ".join(f"{seconds:.2f} s" for seconds in waits))
    assert not studio.ask("is_dirty")
    studio.click_button("lipreel.live")
    time.sleep(0.5)
    assert studio.ask("live")["on"] is False
    assert studio.ask("threads") == []


def test_a_closed_mouth_is_keyed_over_a_word(studio: Desktop) -> None:
    studio.ask("open_panels", "direction")
    make(studio)
    before = studio.images()[0]["elements"]
    studio.ask("go_to", WORD[1])
    studio.click_button("lipreel.live")
    wait_for_view(studio, WORD[1])
    studio.shot("direction")
    heard = face(studio, "heard")
    for frame, value in zip(WORD, (0, 1, 0), strict=True):
        studio.ask("go_to", frame)
        wait_for_view(studio, frame)
        for dial in ("lipreel_press", "lipreel_jaw"):
            type_value(studio, dial, value if dial == "lipreel_press" else -value)
            if value:
                print(f"\n{dial}: seen after {wait_for_view(studio, frame):.2f} s")
            studio.do("key", keys="i")
            time.sleep(0.2)
    studio.ask("go_to", WORD[1])
    wait_for_view(studio, WORD[1])
    studio.shot("keyed")
    closed = face(studio, "closed")
    assert not same(closed, heard)
    assert {path.rpartition(".")[2] for path in studio.ask("keyed")} == {"lipreel_press", "lipreel_jaw"}
    studio.click_button("lipreel.live")
    studio.click_button("lipreel.generate")  # it reads Update
    studio.wait_for_job()
    after = studio.images()[0]["elements"]
    changed = [LEFT + n for n, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    assert changed == list(range(WORD[0] + 1, WORD[2]))
    assert f"{len(changed)} new" in studio.ask("status")["note"]
    assert same(face(studio, "updated"), closed)


def test_live_gives_way_and_survives(studio: Desktop) -> None:
    """A job, a render, File > Open and quitting while it is on."""
    make(studio)
    studio.ask("save_as", "/share/film.blend")
    studio.ask("go_to", 30)
    studio.click_button("lipreel.live")
    wait_for_view(studio, 30)
    studio.ask("trim", "speech.wav", LEFT + LENGTH + 24)
    studio.click_button("lipreel.generate")
    assert studio.wait_for_job()["state"] == "done"
    wait_for_view(studio, 30)
    studio.render()
    wait_for_view(studio, 30)
    studio.ask("open_file", "/share/film.blend")
    assert studio.ask("live")["on"] is False
    studio.wait_until(lambda: studio.ask("show_panel"), 10, "there is no tab Lipreel")
    studio.ask("go_to", 30)
    studio.click_button("lipreel.live")
    wait_for_view(studio, 30)
    studio.quit()
