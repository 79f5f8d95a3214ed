# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo avatar by OpenVINO, where onnxruntime has it (`make test-openvino`)."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from lipreel.engine.avatar.library import MODELS, load_avatar
from lipreel.engine.inference.providers import PROVIDERS, only_cpu
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import images

pytestmark = pytest.mark.skipif(
    PROVIDERS["openvino"] not in onnxruntime.get_available_providers(),
    reason="this onnxruntime is built without OpenVINO",
)


def frames(out: Path, **options: Any) -> np.ndarray[Any, np.dtype[np.int16]]:
    sound = open_sound(MODELS / "demo" / "sample.wav", start=Fraction(2), duration=Fraction(1))
    result = generate(sound, load_avatar(str(MODELS / "demo")), out, JobOptions(workers=2, **options))
    assert result.provider == options["provider"]
    pictures = [images.read(file) for file in sorted(out.glob("*.png"))]
    assert len(pictures) == 25
    return np.array(pictures, np.int16)


def test_exact_means_32_bit_floats_there_too(tmp_path: Path) -> None:
    """16-bit floats, its own choice on many processors, would be off by several levels."""
    plain = frames(tmp_path / "cpu", provider="cpu")
    theirs = frames(tmp_path / "openvino", provider="openvino")
    assert np.abs(theirs - plain).max() <= 1


def test_fast_is_like_exact(tmp_path: Path) -> None:
    plain = frames(tmp_path / "cpu", provider="cpu")
    theirs = frames(tmp_path / "openvino", provider="openvino", precision="fast")
    changed = np.abs(theirs - plain)
    assert changed.max() > 0
    assert 10 * np.log10(255**2 / np.square(changed, dtype=float).mean()) > 45


def test_it_has_to_be_asked_for() -> None:
    """By itself the plain processor is taken: exact frames come faster there."""
    assert only_cpu("auto")
