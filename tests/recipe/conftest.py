# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipe is a folder of scripts that import one another."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "models" / "recipe"))
