# SPDX-License-Identifier: GPL-3.0-or-later
"""onnxruntime: sessions, providers, and the families of networks."""
