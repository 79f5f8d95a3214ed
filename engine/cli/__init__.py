# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `lipreel`: one file a command, and the exit statuses that scripts rely on."""

import sys
import threading
import traceback
from collections.abc import Sequence
from typing import NoReturn

from ..errors import InputError, JobCancelled, LipreelError
from ..runtime.exit import exit_process
from ..runtime.monitor import WORKER_NAME
from ..runtime.parser import Parser
from ..version import own_version
from . import avatar, batch, bench, compare, demo, generate, mouth, mux
from .streams import own_streams

DONE = 0
DEFECT = 1
WRONG_INPUT = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells count


def main(argv: Sequence[str] | None = None) -> int:
    """Run `lipreel ARGV` (the process's own arguments by default) and return its exit status.

    0 done; 2 the input or the options are wrong, said in one line on standard error; 130 interrupted;
    1 a limit of `compare` that is not met, or a defect of Lipreel's own, with its traceback. `--help` and
    `--version` raise SystemExit(0).
    """
    status = _run(argv)
    if any(thread.name.startswith(WORKER_NAME) for thread in threading.enumerate()):
        exit_process(
            status
        )  # a worker hangs inside a library: to end in good order would crash, or wait for it
    return status


def command() -> NoReturn:
    """The same as a process of its own, which ends with that status; 2, too, if it cannot print."""
    own_streams()
    status = main()
    sys.stdout.flush()
    failure = getattr(sys.stdout, "failure", "")
    if failure:
        _say(f"standard output cannot be written ({failure}). What was made is kept")
        status = status or WRONG_INPUT
    exit_process(status)


def _run(argv: Sequence[str] | None) -> int:
    try:
        arguments = build_parser().parse_args(argv)
        status: int | None = arguments.run(arguments)
    except (JobCancelled, KeyboardInterrupt) as stop:
        _say(str(stop) or "interrupted")
        return INTERRUPTED
    except InputError as error:
        _say(str(error))
        return WRONG_INPUT
    except LipreelError as error:
        _say(str(error))
        return DEFECT
    except Exception:  # what comes here was not foreseen: it is told in one line
        traceback.print_exc()
        _say("this is a defect of Lipreel, not yours: please report it with the lines above")
        return DEFECT
    return status or DONE


def build_parser() -> Parser:
    """Return the parser of the whole command line; each command sets `run`, called with the arguments."""
    parser = Parser(prog="lipreel", description="A sound in, a lip-synced talking character out.")
    parser.add_argument("--version", action="version", version=f"lipreel {own_version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (demo, generate, mouth, batch, mux, avatar, compare, bench):
        command.add_to(commands)
    return parser


def _say(line: str) -> None:
    print(f"lipreel: {line}", file=sys.stderr)
