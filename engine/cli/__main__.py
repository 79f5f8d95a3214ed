# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m lipreel.engine.cli`: the same as the command `lipreel`."""

from . import command

command()
