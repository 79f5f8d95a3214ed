# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job keeps in memory, how much its process has used at most, and giving back the rest."""

import sys
from pathlib import Path

# What is kept for those who come back to it. Beside it there are the networks and, for each worker, the frame
# that it draws, its template's, and what the first half of a network saw in that: tens of megabytes.

KEPT_TEMPLATE_BYTES = 6 << 20
"""Decoded template frames: two of 1280x720; more were no faster, as frames of one template come together."""

UNPACKED_TEMPLATE_BYTES = 512 << 20
"""The same in a temporary folder, on disk: 194 frames of 1280x720."""

KEPT_ENCODER_BATCHES = 96
"""Rows of an audio encoder: 3 MiB, more than render.STRETCH frames take at 25 to 60 frames a second."""

KEPT_HUBERT_CLIPS = 3
"""Rows of HuBERT: 12 MB; frames are drawn nearly in order, and one takes rows of two clips at most."""

KEPT_WENET_CHUNKS = 64
"""Features of WeNet: 2 MB, 3 s of sound."""

KEPT_MEL_SEGMENTS = 2
"""Samples that a log-mel is made of: 8 MB; a chunk of it may reach from one into the next."""

KEPT_SOUND_S = 4
"""Seconds of a decoded sound: whoever reads on begins a little before the end of the last part."""


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
