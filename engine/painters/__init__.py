# SPDX-License-Identifier: GPL-3.0-or-later
"""A template's face and what is heard, to the face that says it."""
