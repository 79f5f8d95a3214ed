# SPDX-License-Identifier: GPL-3.0-or-later
"""A parser of command lines whose every complaint is one line, for ours and for that inside Blender."""

import argparse
from typing import NoReturn

from ..errors import InputError


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that takes no abbreviations and raises InputError instead of printing its usage."""

    def __init__(self, **settings: object) -> None:
        super().__init__(allow_abbrev=False, **settings)  # type: ignore[arg-type]  # argparse checks them

    def error(self, message: str) -> NoReturn:
        """Raise InputError with argparse's message."""
        raise InputError(message, how=f"See {self.prog} --help")
