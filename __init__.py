# SPDX-License-Identifier: GPL-3.0-or-later
"""Lipreel: a sound strip in, a lip-synced talking character out."""
