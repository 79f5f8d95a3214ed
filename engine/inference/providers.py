# SPDX-License-Identifier: GPL-3.0-or-later
"""What onnxruntime can compute with, which of it is taken, and what each is told."""

import json
from collections.abc import Sequence

from ..errors import InputError

PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "cpu": "CPUExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
"""onnxruntime's names of what can compute, best first. OpenVINO runs on plain processors too, and comes
behind them because only the fast form gains by it."""

STATIC = {"coreml"}
"""Providers that take no layer of a network that has a free axis, and all of one that has none."""

_ON_PROCESSORS = {"cpu", "openvino"}


def only_cpu(provider: str) -> bool:
    """Whether a network opened with `provider` can run on nothing but the processor."""
    import onnxruntime

    return _ON_PROCESSORS.issuperset(candidates(provider, onnxruntime.get_available_providers()))


def candidates(provider: str, available: Sequence[str]) -> list[str]:
    """The providers to try, best first."""
    offered = [name for name, theirs in PROVIDERS.items() if theirs in available]
    if provider == "auto":
        return offered
    if provider not in offered:
        able = ", ".join(["auto", *offered])
        raise InputError(f'"{provider}" is not in this onnxruntime', "provider", f"It can be: {able}")
    return [provider]


def settings(provider: str, coarse: bool) -> dict[str, str]:
    """What a provider is told beside the session's options."""
    if provider == "coreml":  # the newer of its two formats knows the enlarging of images
        return {"ModelFormat": "MLProgram", "RequireStaticInputShapes": "1"}
    if provider != "openvino":
        return {}
    # Left to itself it computes in 16-bit floats where the processor has them, and binds threads to cores.
    hints = {"PERFORMANCE_HINT": "THROUGHPUT", "ENABLE_CPU_PINNING": "NO"}
    hints["INFERENCE_PRECISION_HINT"] = "bf16" if coarse else "f32"
    return {"device_type": "CPU", "load_config": json.dumps({"CPU": hints})}
