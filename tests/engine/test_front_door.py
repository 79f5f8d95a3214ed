# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts import: all of it is there, and the documentation uses nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import lipreel
import pytest
from lipreel import engine
from lipreel.engine.version import own_version

ROOT = Path(__file__).parents[2]
SCRIPTING = ROOT / "docs" / "scripting.md"


@pytest.mark.parametrize("name", engine.__all__)
def test_what_is_named_is_there(name: str) -> None:
    assert getattr(engine, name).__name__ == name
    assert name in dir(engine)


def test_what_is_not_named_is_not_there() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        engine.nothing  # noqa: B018
    with pytest.raises(AttributeError, match="nothing"):
        lipreel.nothing  # noqa: B018


def test_the_version() -> None:
    assert lipreel.__version__ == own_version()


def test_scripting_uses_the_front_door_alone() -> None:
    text = SCRIPTING.read_text(encoding="utf-8")
    assert re.findall(r"^from (lipreel\S*) import", text, re.MULTILINE)
    assert set(re.findall(r"\blipreel\.engine\S*(?= import)", text)) == {"lipreel.engine"}


def test_the_first_script_runs(tmp_path: Path) -> None:
    text = SCRIPTING.read_text(encoding="utf-8").partition("\n## Python\n")[2]
    code = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0]
    (tmp_path / "speech.wav").write_bytes((ROOT / "tests" / "data" / "speech.wav").read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    count = len(list((tmp_path / "frames").glob("frame_*.png")))
    assert done.stdout == f"{count} frames\n"
    assert count > 10
