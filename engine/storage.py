# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file system refuses, in the user's words."""

import errno
from pathlib import Path

from .errors import InputError

# What a file system says when there is no room: none left, over the quota, over the limit for one file.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} if hasattr(errno, "EDQUOT") else {errno.ENOSPC, errno.EFBIG}


def storage_error(error: OSError, path: Path) -> InputError:
    """The user's view of a failure to write `path`."""
    if error.errno in _FULL:
        how = "Make room and start it again: finished frames are kept"
        return InputError(f"no room left to write it ({error.strerror})", str(path), how)
    return InputError(f"cannot be written ({error.strerror})", str(path), "Choose another output folder")
