# SPDX-License-Identifier: GPL-3.0-or-later
"""Any sound file, or video with a sound: by libsndfile where that reads all of it, else by PyAV."""

import importlib.util
from pathlib import Path

from ..errors import InputError, install_extra
from .containers import parts_of
from .sndfile_source import EXPORT, NotDecodedError, check_readable, sndfile_source
from .source import SoundSource, check_rate

_CONVERT = "Convert it to wav, flac, ogg or mp3"


class NeedsPyavError(InputError):
    """A sound that PyAV could read."""


def file_source(path: Path) -> SoundSource:
    """Open a sound file.

    Raises:
        InputError: It is missing, no sound, empty, or cut short.
    """
    where = str(path)
    check_readable(path)
    try:
        parts = parts_of(path)
    except ValueError as error:
        raise InputError(f"the sound is cut short: {error}", where, EXPORT) from error
    source: SoundSource
    try:
        source = sndfile_source(path, parts)
    except NotDecodedError:
        source = _by_pyav(path)
    check_rate(source.rate, where)
    if source.samples == 0:
        raise InputError("the file holds no samples", where, "Export it again")
    return source


def _by_pyav(path: Path) -> SoundSource:
    if importlib.util.find_spec("av") is None:
        what = "libsndfile cannot read this sound, and PyAV, which reads more, is not there"
        raise NeedsPyavError(what, str(path), f"{_CONVERT}. {install_extra('video')}")
    from .av_source import av_source

    source = av_source(path)
    if source is None:
        raise InputError("not a sound that can be read", str(path), _CONVERT)
    return source
