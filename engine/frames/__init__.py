# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frame shows what, and drawing them in order."""
