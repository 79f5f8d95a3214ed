# SPDX-License-Identifier: GPL-3.0-or-later
"""The mouth track: heard from a sound, directed, corrected, cut into shapes, written and read."""
