# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests with Blender's real window: `make e2e`, and never by the way."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from lipreel.tests.e2e.desktop import Desktop, copy_home, desktop, set_up

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "e2e"
SUITES = {"trixie": "Blender 4.3", "sid": "Blender 5"}

ZIP = os.environ.get("LIPREEL_E2E_ZIP")
if ZIP is None:
    collect_ignore_glob = ["test_*.py"]

# For a user who has seen the splash screen; the last line keeps one test's doings out of the next.
PREFERENCES = """
import bpy
bpy.context.preferences.view.show_splash = False
bpy.context.preferences.use_preferences_save = False
bpy.ops.wm.save_userpref()
"""


@pytest.fixture(scope="session", params=list(SUITES), ids=list(SUITES.values()))
def installed(request: pytest.FixtureRequest) -> tuple[str, Path]:
    """A suite, and the folder of a user who has installed the zip there."""
    suite = request.param
    set_up(suite)
    share = BUILD / suite / "installed"
    shutil.rmtree(share, ignore_errors=True)
    share.mkdir(parents=True)
    shutil.copy(str(ZIP), share / "lipreel.zip")
    with desktop(suite, share) as place:
        install = "blender --command extension install-file -r user_default -e /share/lipreel.zip"
        for command in (install.split(), ["blender", "-b", "--python-expr", PREFERENCES]):
            done = place.do("run", command=command, seconds=300)
            assert done["status"] == 0, done["text"]
            assert "Traceback" not in done["text"], done["text"]
    return suite, share


@pytest.fixture
def environment() -> dict[str, str]:
    """What Blender's environment has beside the usual: a test may ask for more."""
    return {}


@pytest.fixture
def blender(
    installed: tuple[str, Path], environment: dict[str, str], request: pytest.FixtureRequest
) -> Iterator[Desktop]:
    """Blender in its window, with Lipreel; at the end it must have nothing to complain of."""
    suite, home = installed
    share = BUILD / suite / re.sub(r"\W+", "-", request.node.name).strip("-")
    copy_home(home, share)
    with desktop(suite, share) as place:
        try:
            place.start_blender(environment)
            yield place
            if place.do("exit_status", seconds=0) is None:
                place.quit()
            assert not place.complaints()
        finally:
            if place.do("exit_status", seconds=0) is None:
                place.shot("failed")
                place.do("kill")


@pytest.fixture
def studio(blender: Desktop) -> Desktop:
    """The same in the workspace Video Editing, with the panel open and a scene of the demo avatar's size."""
    shutil.copy(ROOT / "models/demo/sample.wav", blender.share / "speech.wav")
    blender.ask("open_workspace", "Video Editing")
    blender.ask("prepare", 1280, 720, 24, "/share/frames/")
    blender.wait_until(lambda: blender.ask("show_panel"), 10, "there is no tab Lipreel")
    blender.make_room()
    return blender
