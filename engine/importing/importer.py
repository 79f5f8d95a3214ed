# SPDX-License-Identifier: GPL-3.0-or-later
"""The way in: recognise, plan, write, check, and only then give the folder its name."""

import importlib.util
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..avatar.avatar_types import Avatar
from ..avatar.library import load_avatar
from ..errors import AvatarError, InputError, JobCancelled
from ..painters.networks import check_avatar
from ..runtime.monitor import Monitor, Progress, ignore
from ..runtime.storage import part_path, storage_error
from .data_folder import plan_data_folder
from .digital_clone import plan_digital_clone
from .import_plan import ImportOptions, ImportPlan
from .recognise import Kind, Recognised, recognise
from .steady import settled
from .write import beyond_the_border, short_name, write_avatar

Planner = Callable[[Recognised, ImportOptions, Path, Monitor], ImportPlan]

_PLANNERS: dict[Kind, Planner] = {
    "digital-clone": plan_digital_clone,
    "data-folder": plan_data_folder,
}


@dataclass(frozen=True)
class Imported:
    """What an import brought."""

    source: str
    """What was recognised, in words."""
    avatar: Avatar
    """Loaded from its final folder."""
    notes: tuple[str, ...]
    """What the user should hear about, a sentence each."""


def import_avatar(
    source: Path,
    dest: Path,
    options: ImportOptions | None = None,
    *,
    cancel: threading.Event | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Make an avatar in the new folder `dest` from what another system left in `source`.

    `dest` is there complete and checked, or not at all. Safe to run in any one thread.

    Args:
        source: A digital-clone package, or a data folder of SyncTalk_2D or Ultralight.
        dest: Must not exist; its parents are made.
        options: What the source does not hold.
        cancel: Set it, from any thread, to stop.
        progress: Called as (phase, done, total) in this thread; "video", "pairing", "landmarks"
            and "check" count images, "files" the files copied.

    Raises:
        InputError: The source, the options or `dest` is wrong (AvatarError for its networks).
        JobCancelled: `cancel` was set.
    """
    options = options or ImportOptions()
    recognised = recognise(source)

    def plan(scratch: Path, monitor: Monitor) -> ImportPlan:
        made = _PLANNERS[recognised.kind](recognised, options, scratch, monitor)
        return settled(made, options.smooth_squares)

    return build_avatar(dest, plan, Monitor(progress or ignore, cancel or threading.Event()))


def build_avatar(dest: Path, make_plan: Callable[[Path, Monitor], ImportPlan], monitor: Monitor) -> Imported:
    """Carry out a plan in a folder beside `dest` that takes its name once the avatar has been checked.

    `make_plan` gets a folder for what it makes on the way; raises as `import_avatar` does.
    """
    with _complete_or_gone(dest) as folder:
        scratch = folder / ".scratch"
        plan = make_plan(scratch, monitor)
        beyond = beyond_the_border(plan)
        origins = write_avatar(plan, folder, short_name(dest.resolve().name), monitor)
        shutil.rmtree(scratch, ignore_errors=True)
        try:
            seen = check_avatar(load_avatar(folder), monitor)
        except AvatarError as error:  # of a copy that nobody has heard of: name what it was copied from
            raise AvatarError(error.what, origins.get(error.where, error.where)) from error
        notes = (*plan.notes, *beyond, *seen, *_prepared(folder, monitor))
    return Imported(plan.source, load_avatar(dest), notes)


def _prepared(folder: Path, monitor: Monitor) -> tuple[str, ...]:
    """Make the avatar faster, if the extra for it is there; a note if that fails."""
    if importlib.util.find_spec("onnx") is None:
        return ()
    from ..optimise.prepare_avatar import prepare_avatar

    try:
        prepare_avatar(load_avatar(folder), monitor=monitor)
    except JobCancelled:
        raise
    except Exception as error:  # networks come in more forms than can be foreseen
        reason = str(error).partition("\n")[0]
        return (f"the generator stays as it is, for it cannot be made faster ({reason})",)
    return ()


@contextmanager
def _complete_or_gone(dest: Path) -> Iterator[Path]:
    """A new folder beside `dest`, which becomes `dest` at the end, or goes if there is an error."""
    if dest.exists():
        raise InputError("is there already", str(dest), "Choose another name, or remove it first")
    part = part_path(dest.resolve())
    try:
        try:
            shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
            part.mkdir(parents=True)
        except OSError as error:
            raise storage_error(error, dest) from error
        yield part
        try:
            part.rename(dest)
        except OSError as error:
            raise storage_error(error, dest) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
