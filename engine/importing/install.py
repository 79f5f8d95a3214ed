# SPDX-License-Identifier: GPL-3.0-or-later
"""An avatar from wherever it is into a folder of avatars, whole or not at all."""

import shutil
import tempfile
from pathlib import Path

from ..avatar.avatar_types import Avatar
from ..avatar.library import load_avatar
from ..errors import InputError
from ..painters.networks import check_avatar, weights_beside
from ..runtime.monitor import Monitor
from ..runtime.storage import storage_error


def install_avatar(source: Path, library: Path, monitor: Monitor) -> Path:
    """Check an avatar and copy it to `library / its id`; nothing is done if it is there already.

    Args:
        source: A folder with an avatar.toml.
        library: Folder of avatars, made if need be.
        monitor: Told of "files" as they are copied.

    Returns:
        The avatar's new folder.

    Raises:
        InputError: `source` is no whole avatar (AvatarError), or `library` cannot be written to or holds
            another avatar of the same id.
        JobCancelled: The monitor says so; nothing is left behind.
    """
    avatar = load_avatar(source)
    folder = library / avatar.id
    if folder.exists():
        if load_avatar(folder).fingerprint == avatar.fingerprint:
            return folder
        how = "Remove that one first, or give the new one another id in its avatar.toml"
        raise InputError(f'there is another avatar of the id "{avatar.id}"', str(folder), how)
    check_avatar(avatar)
    try:
        library.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".importing-", dir=library) as part:
            whole = Path(part) / avatar.id
            _copy(avatar, whole, monitor)
            whole.replace(folder)
    except OSError as error:
        raise storage_error(error, library) from error
    return folder


def _copy(avatar: Avatar, folder: Path, monitor: Monitor) -> None:
    """What a job opens, and nothing else that may lie beside it."""
    networks = [name for name in avatar.used_files() if name.endswith(".onnx")]
    weights = [name for network in networks for name in weights_beside(avatar, network)]
    names = ("avatar.toml", *avatar.used_files(), *weights)
    for name in monitor.steps("files", names, len(names)):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(avatar.path(name), target)
