# SPDX-License-Identifier: GPL-3.0-or-later
"""How long Blender waits for the add-on when it starts, in Blender as a Python module."""

import os
import subprocess
from pathlib import Path
from statistics import median

from ..avatar.library import MODELS
from ..errors import InputError

PYTHON = "LIPREEL_BPY_PYTHON"
"""The environment variable that names a Python with the module bpy; without it this is not measured."""

_SCRIPT = """
import importlib.util, os, sys, time
root = sys.argv[1]
import bpy
file = root + "/__init__.py"
spec = importlib.util.spec_from_file_location("lipreel", file, submodule_search_locations=[root])
begun = time.perf_counter()
module = sys.modules["lipreel"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.register()
print(1000 * (time.perf_counter() - begun))
sys.stdout.flush()
os._exit(0)  # bpy may hang when the interpreter ends in good order
"""


def import_ms(repeat: int, scratch: Path) -> float | None:
    """Milliseconds to import and register the add-on, the median of `repeat`; None without such a Python.

    Python's bytecode, which the first start leaves behind for all baselines, goes into `scratch`.

    Raises:
        InputError: PYTHON names none that starts, or it lacks bpy.
    """
    python = os.environ.get(PYTHON)
    if not python:
        return None
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(scratch / "bytecode")
    command = [python, "-c", _SCRIPT, str(MODELS.parent)]
    found = []
    try:
        for _ in range(1 + repeat):
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)  # noqa: S603
            found.append(float(done.stdout.splitlines()[-1]))
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        what = f"the add-on cannot be imported ({said.strip().splitlines()[-1]})"
        raise InputError(what, python, f"{PYTHON} is to name a Python with the module bpy") from error
    return median(found[1:])
