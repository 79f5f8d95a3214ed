# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on: the only code that imports bpy. It knows Blender and no numbers."""
