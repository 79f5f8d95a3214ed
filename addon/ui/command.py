# SPDX-License-Identifier: GPL-3.0-or-later
"""`blender -b FILE --command lipreel generate`: the add-on from a shell; exit statuses as of `lipreel`."""

import sys
import time
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import bpy

from ...engine.errors import InputError
from .. import compat
from ..jobs.background_job import State
from ..jobs.generate_job import GenerateJob
from ..jobs.interrupt import interruptible
from ..jobs.queue import queue
from ..sequencer import sound_strips
from ..sequencer.targets import Target, targets

if TYPE_CHECKING:
    import argparse

DONE, DEFECT, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130

_SAY_EVERY = 1.0  # seconds between two lines of progress
_POLL = 0.05


def main(argv: Sequence[str]) -> int:
    """Job the command and return its exit status."""
    # Not at the top: argparse takes milliseconds, and few starts of Blender want it.
    from .command_options import parser

    try:
        arguments = parser().parse_args(argv)
        with interruptible():
            _generate(arguments)
    except SystemExit as end:  # --help; Blender itself is not to be left by it
        return int(end.code or 0)
    except InputError as error:
        return _say(f"lipreel: {error}", WRONG_INPUT)
    except KeyboardInterrupt:
        queue.stop()
        return _say("lipreel: interrupted. Finished frames are kept; the same command goes on", INTERRUPTED)
    except Exception:  # what comes here was not foreseen: it is told in one line
        return _say(traceback.format_exc(), DEFECT)
    return DONE


def _generate(arguments: "argparse.Namespace") -> None:
    _refuse_unopened()
    scene = _scene(arguments.scene)
    sounds = _sounds(scene, arguments)
    if arguments.save and not bpy.data.filepath:
        raise InputError("the file was never saved", "--save", "Use --save-as FILE")
    out = str(arguments.out.absolute()) if arguments.out else None
    made, errors = _targets(scene, sounds, arguments.avatar, out)
    queue.start(GenerateJob(target) for target in made)
    _wait()
    errors += [failure.error for failure in queue.failures]
    if made and len(errors) < len(sounds):
        _save(arguments)
    for error in errors[:-1]:  # the last is told where all are
        _say(f"lipreel: {error}")
    if errors:
        raise errors[-1]


def _refuse_unopened() -> None:
    """InputError if Blender was given a file and could not open it: it goes on without."""
    arguments = sys.argv[: sys.argv.index("--command")] if "--command" in sys.argv else []
    given = [argument for argument in arguments[1:] if argument.endswith(".blend")]
    if given and not bpy.data.filepath:
        raise InputError(
            "Blender cannot open this file", given[-1], "Check the path, or open it in the window"
        )


def _sounds(scene: Any, arguments: "argparse.Namespace") -> list[Any]:
    """The sound strips that are asked for."""
    sounds = sound_strips.all_sounds(scene)
    if not sounds:
        raise InputError("there is no sound strip", scene.name, "Add one, or choose another with --scene")
    if arguments.all:
        heard = [sound for sound in sounds if arguments.muted or not sound.mute]
        if not heard:
            raise InputError("all sound strips are muted", scene.name, "Take them too with --muted")
        return heard
    named = [sound for sound in sounds if sound.name == arguments.strip]
    if not named:
        names = ", ".join(sound.name for sound in sounds)
        raise InputError(f'there is no sound strip "{arguments.strip}"', scene.name, f"There are: {names}")
    return named


def _targets(
    scene: bpy.types.Scene, sounds: list[Any], avatar: str | None, out: str | None
) -> tuple[list[Target], list[BaseException]]:
    """What can be made, and why others cannot: one bad strip is not to stop a night's work."""
    made: list[Target] = []
    errors: list[BaseException] = []
    for sound in sounds:
        try:
            made += targets(bpy.context, scene, [sound], avatar=avatar, output=out)
        except InputError as error:
            errors.append(error)
    return made, errors


def _save(arguments: "argparse.Namespace") -> None:
    if arguments.save_as:
        bpy.ops.wm.save_as_mainfile(filepath=str(arguments.save_as.absolute()))
    elif arguments.save:
        bpy.ops.wm.save_mainfile()


def _wait() -> None:
    """Until all is done, with a line a second, and one for each strip that is done."""
    said, told = time.monotonic(), 0
    more = True
    while more:
        time.sleep(_POLL)
        more = queue.tick()
        for job in queue.ended[told:]:
            if job.background.state is State.DONE:
                _say(f"{job.title}: {job.note()}")
        told = len(queue.ended)
        if time.monotonic() - said >= _SAY_EVERY:
            said = time.monotonic()
            _say(_line())


def _scene(name: str | None) -> Any:
    if name is not None:
        if name not in bpy.data.scenes:
            how = f"There are: {', '.join(bpy.data.scenes.keys())}"
            raise InputError("there is no such scene", name, how)
        return bpy.data.scenes[name]
    shown = compat.chosen_sequencer_scene(bpy.context)
    if shown is not None:
        return shown
    with_sounds = [scene for scene in bpy.data.scenes if sound_strips.all_sounds(scene)]
    if len(with_sounds) > 1:
        names = ", ".join(scene.name for scene in with_sounds)
        raise InputError("several scenes have sound strips", "--scene", f"Choose one of: {names}")
    return with_sounds[0] if with_sounds else bpy.context.scene


def _line() -> str:
    job, progress = queue.job, queue.progress
    name = job.title if job else ""
    return f"{name}: {progress.phase or 'preparing'} {progress.done}/{progress.total}"


def _say(line: str, status: int = DONE) -> int:
    compat.flush_output()
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
    return status
