# SPDX-License-Identifier: GPL-3.0-or-later
"""What Lipreel says on the console: as much as the preferences ask for."""

import logging

from ...engine.errors import InputError
from .job import Job

LEVELS = ("ERROR", "WARNING", "INFO", "DEBUG")

_logger = logging.getLogger("lipreel")


def register(level: str) -> None:
    """Begin, at one of LEVELS."""
    if not _logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("lipreel: %(levelname)s: %(message)s"))
        _logger.addHandler(handler)
        _logger.propagate = False
    set_level(level)


def unregister() -> None:
    """Leave nothing behind."""
    for handler in list(_logger.handlers):
        _logger.removeHandler(handler)
    _logger.propagate = True


def set_level(level: str) -> None:
    """Say what is at least as grave as this, of LEVELS."""
    _logger.setLevel(level)


def ended(job: Job) -> None:
    """Say how a job has ended: what the user can mend is a warning, anything else an error."""
    failure = job.background.failure
    if failure is None:
        _logger.info("%s: %s", job.title, job.note())
        return
    level = logging.WARNING if isinstance(failure.error, InputError) else logging.ERROR
    _logger.log(level, "%s: %s", job.title, failure.message)
    _logger.debug("%s", failure.report)
