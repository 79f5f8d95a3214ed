# SPDX-License-Identifier: GPL-3.0-or-later
"""A desktop with Blender on it, and a user in front of it: the tests' side of rig/."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

RIG = Path(__file__).with_name("rig")
WIDTH, HEIGHT = 1600, 900
RENDER_MENU = (130, 14)  # at the top of Blender's window, in all versions

_WHEEL_UP, _WHEEL_DOWN = 4, 5  # buttons of the mouse

_BAD = re.compile(r"Traceback|Error|error:|EXCEPTION|crash|Warning: .*lipreel", re.IGNORECASE)
# Blender 4.3 says so after the redo of any image strip, with or without Lipreel.
_HARMLESS = re.compile(r"Not freed memory blocks")


class Desktop:
    """One screen with one Blender, in the Debian of a suite."""

    def __init__(self, suite: str, share: Path) -> None:
        """Switch it on, without Blender yet; `share` is the host's name of /share."""
        self.suite = suite
        self.share = share
        self._places: dict[str, tuple[int, int]] = {}
        shutil.copytree(RIG, share / "rig", dirs_exist_ok=True)
        self._agent = subprocess.Popen(
            [str(RIG / "enter.sh"), suite, str(share), "python3", "/share/rig/agent.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._agent.stdin
        assert self._agent.stdout
        self._said, self._heard = self._agent.stdin, self._agent.stdout

    def close(self) -> None:
        """Switch it off, with all that runs on it."""
        self._said.close()
        try:
            self._agent.wait(10)
        except subprocess.TimeoutExpired:
            self._agent.kill()
            self._agent.wait()

    # What the user does.

    def do(self, name: str, **arguments: Any) -> Any:
        """Have rig/agent.py do something."""
        print(json.dumps({"do": name, **arguments}), file=self._said, flush=True)
        answer = json.loads(self._heard.readline() or '{"error": "the agent has ended"}')
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def start_blender(self, environment: Mapping[str, str]) -> None:
        """Start Blender in a window as large as the screen, and wait until it answers."""
        self.do("screen", width=WIDTH, height=HEIGHT)
        geometry = ["--window-geometry", "0", "0", str(WIDTH), str(HEIGHT)]
        arguments = [*geometry, "--python", "/share/rig/probe.py"]
        self.do("blender", arguments=arguments, environment=environment)
        self.ask("version", seconds=120)

    def make_room(self) -> None:
        """Pull the upper border of the Sequencer up, so that all of the panel is in sight."""
        left, top, width, _height = self.ask("places")["sequencer"]
        self.do("drag", x=left + width // 2, y=top - 1, to_x=left + width // 2, to_y=top - 130)
        self.key("Home", over="preview")

    def click_button(self, operator: str) -> None:
        """Click on the button of an operator in the sidebar, "lipreel.generate"."""
        x, y = self.find_button(operator)
        self.do("click", x=x, y=y)

    def find_button(self, operator: str) -> tuple[int, int]:
        """Where the button of an operator is in the sidebar, "lipreel.generate": some rows have two."""
        return self._find(
            operator, (2 / 5, 3 / 4), "under_mouse", lambda told: told.startswith(f"bpy.ops.{operator}(")
        )

    def find_property(self, name: str) -> tuple[int, int]:
        """Where the slider of a property is in the sidebar."""
        return self._find(name, (3 / 4,), "property_under_mouse", lambda told: told.endswith(f".{name}"))

    def _find(
        self, name: str, columns: tuple[float, ...], question: str, found: Callable[[str], bool]
    ) -> tuple[int, int]:
        """The mouse goes down the sidebar until Blender says so; scrolled to its top and down if need be."""
        left, top, width, height = self.ask("places")["sidebar"]
        spots = [(left + int(width * part), y) for part in columns for y in range(top + 10, top + height, 8)]
        if name in self._places:  # where it was last time
            spots.insert(0, self._places[name])
        for scrolled in range(8):
            for x, y in spots:
                self.do("move", x=x, y=y)
                if found(self.ask(question)):
                    self._places[name] = (x, y)
                    return x, y
            self._places.clear()
            wheel, turns = (_WHEEL_DOWN, 4) if scrolled else (_WHEEL_UP, 40)
            for _ in range(turns):
                self.do("click", x=left + width // 2, y=top + height // 2, button=wheel)
            time.sleep(0.3)
        raise AssertionError(f"nothing for {name} in the sidebar")

    def key(self, keys: str, over: str = "timeline") -> None:
        """Press a key with the mouse over a part of the window: "timeline", "preview", "sidebar"."""
        left, top, width, height = self.ask("places")[over]
        self.do("move", x=left + width // 2, y=top + height - 30)
        time.sleep(0.2)
        self.do("key", keys=keys)
        time.sleep(0.5)

    def shot(self, name: str, of: str = "") -> NDArray[np.uint8]:
        """An image of the screen, or of a part such as "sidebar", kept as NAME.png; BGR [h, w, 3]."""
        file = self.share / f"{name}.png"
        self.do("shot", file=f"/share/{name}.png")
        picture = cv2.imread(str(file))
        assert picture is not None
        if of:
            left, top, width, height = self.ask("places")[of]
            picture = picture[top : top + height, left : left + width]
            cv2.imwrite(str(file), picture)
        return np.asarray(picture, np.uint8)

    # What the tests ask of Blender.

    def ask(self, function: str, *arguments: Any, seconds: float = 30) -> Any:
        """Call a function of rig/inside.py in Blender; AssertionError if it fails or gives no answer."""
        answer = self.share / "answer.json"
        draft = self.share / "question.part"
        draft.write_text(json.dumps({"function": function, "arguments": arguments}))
        draft.rename(self.share / "question.json")
        self.wait_until(answer.exists, seconds, f"Blender does not answer {function}")
        found = json.loads(answer.read_text())
        answer.unlink()
        assert "error" not in found, found["error"]
        return found["value"]

    def wait_until(self, condition: Callable[[], bool], seconds: float, complaint: str) -> None:
        """Wait for something; AssertionError after `seconds`."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{complaint} within {seconds} s\n{self.log()[-2000:]}"
            time.sleep(0.05)

    def wait_for_job(self, seconds: float = 120) -> dict[str, Any]:
        """Wait until the add-on has nothing more to do; how its job stands then."""
        self.wait_until(lambda: not self.ask("status")["running"], seconds, "the job does not end")
        return dict(self.ask("status"))

    def wait_for_frames(self, count: int, seconds: float = 60) -> None:
        """Wait until the running job has made so many frames, and still runs."""

        def there() -> bool:
            status = self.ask("status")
            assert status["running"], status
            return bool(status["phase"] == "frames" and status["done"] >= count)

        self.wait_until(there, seconds, f"there are no {count} frames")

    def render(self, frames: int = 1) -> None:
        """Press F12, or choose Render Animation from the menu, and wait until so many frames are rendered."""
        before = len(self.ask("renders"))
        if frames == 1:
            self.key("F12")
        else:  # a virtual keyboard's Ctrl F12 does not reach Blender 5.2
            self.do("click", x=RENDER_MENU[0], y=RENDER_MENU[1])
            time.sleep(0.5)
            self.do("key", keys="a")

        def rendered() -> bool:
            return len(self.ask("renders")) >= before + frames and not self.ask("is_rendering")

        self.wait_until(rendered, 120, f"{frames} frames are not rendered")
        self.do("key", keys="Escape")  # closes the window that shows it
        time.sleep(0.5)

    def frames(self) -> list[Path]:
        """The frames on disk, of all strips."""
        return sorted((self.share / "frames").rglob("frame_*.png"))

    def images(self) -> list[dict[str, Any]]:
        """The image strips."""
        return [strip for strip in self.ask("strips") if strip["type"] == "IMAGE"]

    def log(self) -> str:
        """What Blender has printed."""
        file = self.share / "blender.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def complaints(self) -> list[str]:
        """Lines of Blender's log that should not be there, and its crash files."""
        lines = [line for line in self.log().splitlines() if _BAD.search(line) and not _HARMLESS.search(line)]
        return [*lines, *self.do("crashes")]

    def quit(self, seconds: float = 20) -> None:
        """Save, press Ctrl Q, and see Blender end in good order."""
        self.ask("save_as", "/share/end.blend")
        time.sleep(0.5)
        self.do("key", keys="ctrl+q")
        self.ended(seconds)

    def ended(self, seconds: float = 20) -> None:
        """See Blender end in good order: soon, with status 0, with nothing bad in its log."""
        status = self.do("exit_status", seconds=seconds)
        assert status == 0, f"exit status {status} ({seconds} s); None: it hangs\n{self.log()[-2000:]}"


@contextmanager
def desktop(suite: str, share: Path) -> Iterator[Desktop]:
    """A desktop that is switched off at the end."""
    place = Desktop(suite, share)
    try:
        yield place
    finally:
        place.close()


def set_up(suite: str) -> None:
    """Make the Debian of a suite, once."""
    subprocess.run([str(RIG / "setup.sh"), suite], check=True)


def copy_home(installed: Path, share: Path) -> None:
    """Give a new desktop the preferences and extensions of another one; files are linked, not copied."""
    shutil.rmtree(share, ignore_errors=True)
    shutil.copytree(installed / "home", share / "home", copy_function=os.link)
