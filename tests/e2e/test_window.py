# SPDX-License-Identifier: GPL-3.0-or-later
"""How the window answers while Lipreel is at work."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from desktop import Desktop

# Seconds by which the longest gap may grow: a wait of 0.1 s is what people begin to notice.
ALLOWED = 0.1


PICTURE = Path(__file__).parents[2] / "models/demo/frames/0000.jpg"


def tell(what: str, gaps: Sequence[float]) -> None:
    """Print the gaps' number, percentiles and longest, in milliseconds."""
    percent = " ".join(f"{p} %: {1000 * np.percentile(gaps, p):.0f}" for p in (50, 90, 99, 99.9))
    print(f"{what}: {len(gaps)} gaps in {sum(gaps):.0f} s, {percent}, longest: {1000 * max(gaps):.0f} ms")


def test_the_window_stays_responsive(studio: Desktop) -> None:
    shutil.copy(PICTURE, studio.share / "picture.jpg")
    studio.ask("add_sound", "/share/speech.wav", 1, 1)
    x, y = studio.find_button("lipreel.generate")
    time.sleep(3)
    studio.ask("begin_gaps")
    time.sleep(20)
    still = studio.ask("end_gaps")

    # Without a graphics card, Blender itself takes a while to draw a picture that is new in the Sequencer,
    # and most of all the first one.
    studio.ask("begin_pictures", "/share/picture.jpg")
    time.sleep(5)
    studio.ask("begin_gaps")
    time.sleep(20)
    drawing = studio.ask("end_gaps")
    studio.ask("end_pictures")
    time.sleep(3)

    # Nobody asks Blender anything from the click to the last frame: an answer takes time of its own.
    studio.ask("begin_gaps")
    studio.do("click", x=x, y=y)
    last = studio.share / "frames" / "speech.wav" / "frame_000345.png"
    studio.wait_until(last.exists, 120, "the last frame does not come")
    time.sleep(2)
    busy = studio.ask("end_gaps")
    assert studio.ask("status")["state"] == "done"

    version = ".".join(map(str, studio.ask("version")))
    print()
    tell(f"Blender {version}, idle", still)
    tell(f"Blender {version}, idle, a picture a second", drawing)
    tell(f"Blender {version}, generating", busy)
    assert max(busy) < max(*still, *drawing) + ALLOWED
