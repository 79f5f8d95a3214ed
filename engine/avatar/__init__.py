# SPDX-License-Identifier: GPL-3.0-or-later
"""What an avatar is, on disk and in memory."""
