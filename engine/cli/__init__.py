# SPDX-License-Identifier: GPL-3.0-or-later
"""The lip-sync pipeline, without Blender: sound and avatar in, frames out."""
