# SPDX-License-Identifier: GPL-3.0-or-later
"""The Sequencer's strips: read, made, changed; and what is to be made for them."""
