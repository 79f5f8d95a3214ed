# SPDX-License-Identifier: GPL-3.0-or-later
"""How the extension for Blender is built. No part of what is shipped."""
