# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers, watching, timings, memory, and files that are whole or not there."""
