# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in networks are made by the recipe, whose scripts import each other by their bare names."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "models" / "recipe"))
