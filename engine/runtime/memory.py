# SPDX-License-Identifier: GPL-3.0-or-later
"""How much memory this process has used at most, and giving back what it needs no more."""

import sys
from pathlib import Path


def peak_rss_mb() -> float:
    """The largest resident set of this process so far, in MiB."""
    if sys.platform == "win32":
        return _windows_peak() / 2**20
    if sys.platform == "linux" and (kib := _linux_peak()):
        return kib / 2**10
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)  # bytes on macOS, KiB elsewhere


def give_back() -> None:
    """Hand freed memory back to the system, where the C library keeps it: glibc, and no other.

    Opening a network of the true size leaves 60 MB behind, which nothing that follows would use.
    """
    if sys.platform != "linux":
        return
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _linux_peak() -> int:
    """VmHWM, in KiB: getrusage would count what the parent held when it started this process."""
    try:
        lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _windows_peak() -> int:
    """PeakWorkingSetSize of PROCESS_MEMORY_COUNTERS (psapi.h), in bytes; 0 if Windows does not say."""
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        _fields_ = (
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            ("PeakWorkingSetSize", ctypes.c_size_t),
            ("others", ctypes.c_size_t * 7),
        )

    windows = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]  # Windows alone has it
    windows.GetCurrentProcess.restype = wintypes.HANDLE
    counters = Counters(cb=ctypes.sizeof(Counters))
    windows.K32GetProcessMemoryInfo(
        wintypes.HANDLE(windows.GetCurrentProcess()), ctypes.byref(counters), counters.cb
    )
    return int(counters.PeakWorkingSetSize)
