# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs beside the window, and what it changes in Blender when it is done."""
