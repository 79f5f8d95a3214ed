# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m lipreel.engine.cli`: the same as the command `lipreel`."""

import sys

from . import main

sys.exit(main())
