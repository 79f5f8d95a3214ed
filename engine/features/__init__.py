# SPDX-License-Identifier: GPL-3.0-or-later
"""What networks hear of a sound."""
