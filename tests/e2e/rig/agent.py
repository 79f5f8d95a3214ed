# SPDX-License-Identifier: GPL-3.0-or-later
"""Inside the rig's Debian: a virtual screen with Blender on it, and the hands of its user.

Reads one JSON object a line, {"do": NAME, ...arguments}, and answers each with one: {"value": ...} or
{"error": "..."}. Runs under that Debian's own Python, with nothing but its standard library. It ends when its
input does, and everything that it started ends with it.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

SHARE = Path("/share")
DISPLAY = ":77"
# Software drawing, with one thread: the cores are the tests' and the add-on's.
SCREEN = {
    "DISPLAY": DISPLAY,
    "LIBGL_ALWAYS_SOFTWARE": "1",
    "GALLIUM_DRIVER": "llvmpipe",
    "LP_NUM_THREADS": "1",
    "XDG_RUNTIME_DIR": "/tmp/run",
}
# Windows without a frame: a place in Blender's window is the same place on the screen. Alt F4 closes them.
OPENBOX = """<openbox_config xmlns="http://openbox.org/3.4/rc">
<keyboard><keybind key="A-F4"><action name="Close"/></keybind></keyboard>
<applications><application class="*"><decor>no</decor></application></applications></openbox_config>"""


class Agent:
    """What the tests may ask for; every public method is a NAME."""

    def __init__(self) -> None:
        self._blender: subprocess.Popen[bytes] | None = None

    def screen(self, width: int, height: int) -> None:
        """Switch the screen on."""
        os.environ.update(SCREEN)
        for folder in ("/tmp/.X11-unix", SCREEN["XDG_RUNTIME_DIR"]):
            Path(folder).mkdir(exist_ok=True)
        Path("/tmp/.X11-unix").chmod(0o1777)
        Path("/tmp/openbox.xml").write_text(OPENBOX)
        size = f"{width}x{height}x24"
        _start(["Xvfb", DISPLAY, "-screen", "0", size, "+extension", "GLX", "-nolisten", "tcp"], "screen.log")
        _wait_for(["xdotool", "getdisplaygeometry"])
        _start(["openbox", "--config-file", "/tmp/openbox.xml"], "openbox.log")

    def blender(self, arguments: list[str], environment: dict[str, str]) -> None:
        """Start Blender; what it prints goes to blender.log."""
        os.environ.update(environment)
        self._blender = _start(["blender", *arguments], "blender.log")

    def exit_status(self, seconds: float) -> int | None:
        """Blender's exit status, waited for; None if it still runs then."""
        if self._blender is None:
            return 0
        try:
            return self._blender.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End Blender, whatever it does."""
        if self._blender is not None:
            self._blender.kill()
            self._blender.wait()

    def run(self, command: list[str], seconds: float) -> dict[str, int | str]:
        """Run a command to its end: its exit status and all that it printed."""
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
        return {"status": done.returncode, "text": done.stdout + done.stderr}

    def crashes(self) -> list[str]:
        """What Blender wrote when it crashed."""
        return [file.read_text() for file in Path("/tmp").glob("*.crash.txt")]

    def move(self, x: int, y: int) -> None:
        """Move the mouse there. The second, small step makes Blender look at what lies under it."""
        _xdotool("mousemove", x - 2, y, "sleep", 0.02, "mousemove", x, y)

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Click there."""
        self.move(x, y)
        time.sleep(0.2)
        _xdotool("mousedown", button, "sleep", 0.05, "mouseup", button)

    def drag(self, x: int, y: int, to_x: int, to_y: int) -> None:
        """Pull from one place to another."""
        self.move(x, y)
        time.sleep(0.3)
        _xdotool("mousedown", 1)
        for step in range(1, 11):
            _xdotool("mousemove", x + (to_x - x) * step // 10, y + (to_y - y) * step // 10, "sleep", 0.03)
        time.sleep(0.3)
        _xdotool("mouseup", 1)

    def key(self, keys: str) -> None:
        """Press a key, or several at once: "ctrl+z"."""
        _xdotool("key", keys)

    def type(self, text: str) -> None:
        """Type a text."""
        _xdotool("type", "--delay", 60, "--", text)

    def shot(self, file: str) -> None:
        """Take an image of the whole screen; Blender's own comes out black on 4.3."""
        subprocess.run(["import", "-window", "root", file], check=True)


def _start(command: list[str], log: str) -> "subprocess.Popen[bytes]":
    with (SHARE / log).open("ab") as output:
        return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)


def _wait_for(command: list[str]) -> None:
    for _ in range(100):
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise TimeoutError(f"{command[0]} does not answer")


def _xdotool(*words: str | float) -> None:
    subprocess.run(["xdotool", *map(str, words)], check=True, timeout=30)


def main() -> None:
    """Serve until the input ends."""
    agent = Agent()
    for line in sys.stdin:
        request = json.loads(line)
        name = request.pop("do")
        try:
            answer = {"value": getattr(agent, name)(**request)}
        except Exception as error:  # it goes to the test, which fails
            answer = {"error": f"{name}: {error!r}"}
        print(json.dumps(answer), flush=True)


main()
