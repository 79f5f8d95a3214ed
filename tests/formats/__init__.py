# SPDX-License-Identifier: GPL-3.0-or-later
"""Files as people bring them, and what becomes of each: docs/formats.md is written by what happens here."""
