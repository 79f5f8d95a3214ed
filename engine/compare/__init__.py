# SPDX-License-Identifier: GPL-3.0-or-later
"""Two or more runs of the same frames side by side: figures, a video, a report, lip-sync."""
