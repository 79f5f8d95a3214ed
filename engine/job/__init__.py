# SPDX-License-Identifier: GPL-3.0-or-later
"""A sound and an avatar in, a folder of frames and its record out."""
