# SPDX-License-Identifier: GPL-3.0-or-later
"""Inside Blender's window (--python): how often its main thread comes round, and a way to ask it things.

A timer fires as often as Blender's main loop lets it: the gaps between two calls are the times for which
the window does not answer. The same timer looks for a file with a call of a function in inside.py, and leaves
what came of it in another. Files, because Blender's main loop waits for no one.
"""

import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import bpy

SHARE = Path("/share")
INTERVAL = 0.01  # seconds; one round of Blender's main loop takes 5 ms at least

sys.path.insert(0, str(SHARE / "rig"))
import inside  # type: ignore[import-not-found,unused-ignore]  # noqa: E402 - found through the line above

_last = 0.0


def _tick() -> float:
    global _last
    now = time.perf_counter()
    if inside.gaps is not None and _last:
        inside.gaps.append(now - _last)
    question = SHARE / "question.json"
    if question.exists():
        _answer(json.loads(question.read_text()), question)
        now = 0.0  # the time for an answer is not the add-on's
    _last = now
    return INTERVAL


def _answer(call: dict[str, Any], question: Path) -> None:
    question.unlink()
    try:
        answer = {"value": getattr(inside, str(call["function"]))(*call["arguments"])}
    except Exception:  # it goes to the test, which fails
        answer = {"error": traceback.format_exc()}
    draft = SHARE / "answer.part"
    draft.write_text(json.dumps(answer))
    draft.rename(SHARE / "answer.json")


bpy.app.timers.register(_tick, first_interval=1.0, persistent=True)
