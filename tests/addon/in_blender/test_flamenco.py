# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender fills into a job for Flamenco: the expressions of docs/flamenco/lipreel.js, evaluated."""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import soundfile
from lipreel.addon import compat

RATE = 16000


def evaluated(context: Any) -> dict[str, Any]:
    """All that has an expression, as Flamenco's add-on does it and with the names that it gives."""
    names = {
        "bpy": bpy,
        "C": context,
        "Path": Path,
        "abspath": lambda path: Path(bpy.path.abspath(str(path))),
        "jobname": "my job",
    }
    settings = json.loads(os.environ["LIPREEL_FLAMENCO"])["settings"]
    return {
        setting["key"]: eval(setting["eval"], {}, names)  # noqa: S307 - our own expressions
        for setting in settings
        if "eval" in setting
    }


def test_a_sound_strip_fills_the_settings_in(scene: Any, tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    soundfile.write(path, np.zeros(2 * RATE, np.float32), RATE)
    strip = compat.strips(scene.sequence_editor).new_sound("talk", str(path), 1, 11)
    scene.sequence_editor.active_strip = strip
    scene.render.fps, scene.render.fps_base = 30, 1.001
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    assert evaluated(bpy.context) == {
        "sound": str(path),
        "frames": 59,  # of 59.94, the whole ones
        "fps": "29.97",
        "out": str(tmp_path / "lipreel" / "my job"),
    }


def test_without_a_strip_they_stay_empty(scene: Any) -> None:
    new = bpy.data.scenes.new("Without a Sequencer")
    for context in (bpy.context, SimpleNamespace(scene=new)):
        filled = evaluated(context)
        assert (filled["sound"], filled["frames"]) == ("", 0)
