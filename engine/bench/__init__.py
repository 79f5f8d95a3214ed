# SPDX-License-Identifier: GPL-3.0-or-later
"""`lipreel bench`: what other systems do and what Lipreel does, measured on the same frames.

Needs the extra `bench`. Nothing here takes part in making a character's frames.
"""
