# SPDX-License-Identifier: GPL-3.0-or-later
"""Avatars that people have from other systems, and clips of their own, brought into Lipreel's folders.

`importer.py` holds the way in; a reader for each kind of source makes a plan, and `write.py` carries it out.
"""
