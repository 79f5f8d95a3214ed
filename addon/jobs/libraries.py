# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's large libraries, loaded while Blender's window goes on answering. Nothing here knows Blender.

Python holds its lock while it loads a library, and in a process as large as Blender the linker takes 0.2 s
for OpenCV's. A call through ctypes lets the lock go; the import that comes later finds the library loaded.
"""

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path

_FILES = {"cv2": "cv2*.so", "onnxruntime": "capi/onnxruntime_pybind11_state*.so"}


def load_libraries() -> None:
    """Load them, on Linux; what is missing or does not load is told by the import."""
    if sys.platform != "linux":
        return
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    for package, pattern in _FILES.items():
        spec = find_spec(package)
        for folder in (spec and spec.submodule_search_locations) or ():
            for file in Path(folder).glob(pattern):
                dlopen(os.fsencode(file), os.RTLD_NOW)
