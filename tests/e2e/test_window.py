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


def show_a_picture(studio: Desktop) -> None:
    """Show one and take it away: without a graphics card, the first takes Blender 0.2 s to get ready for."""
    shutil.copy(PICTURE, studio.share / "picture.jpg")
    name = studio.ask("add_picture", "/share/picture.jpg")
    time.sleep(3)
    studio.ask("remove_strip", name)


def test_the_window_stays_responsive(studio: Desktop) -> None:
    studio.ask("add_sound", "/share/speech.wav", 1, 1)
    show_a_picture(studio)
    x, y = studio.find_button("lipreel.generate")
    time.sleep(3)
    studio.ask("begin_gaps")
    time.sleep(20)
    idle = studio.ask("end_gaps")

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
    tell(f"Blender {version}, idle", idle)
    tell(f"Blender {version}, generating", busy)
    assert max(busy) < max(idle) + ALLOWED
