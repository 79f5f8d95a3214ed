# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock of the extension's libraries, and how they are fetched."""

import hashlib
import io
import re
import tomllib
from pathlib import Path

import pytest
from lipreel.engine.errors import InputError
from lipreel.release import wheels
from lipreel.release.__main__ import LOCK
from lipreel.release.wheels import PLATFORMS, PYTHONS, Platform, choose, fetch, read_lock
from packaging.pylock import PackageWheel
from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).parents[2]
DEBIANS = (3, 14)
DATA = b"a wheel"


def versions(name: str, python: tuple[int, int]) -> dict[str, str]:
    """Name and version of each library that the zip for a system has for one Python."""
    parsed = [
        parse_wheel_filename(wheel.filename) for wheel in choose(read_lock(LOCK), PLATFORMS[name], [python])
    ]
    assert len({distribution for distribution, *_ in parsed}) == len(parsed)
    return {str(distribution): str(version) for distribution, version, *_ in parsed}


@pytest.mark.parametrize("python", [*PYTHONS, DEBIANS], ids=str)
@pytest.mark.parametrize("name", PLATFORMS)
def test_every_library_is_there_in_the_version_that_the_tests_run_with(
    name: str, python: tuple[int, int]
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {Requirement(line).name for line in project["dependency-groups"]["extension"]}
    lines = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    tested = dict(re.findall(r"^([\w-]+)==([\w.]+)", lines, re.MULTILINE))
    expected = {library: tested[library] for library in wanted}
    if (name, python) == ("windows-x64", (3, 11)):
        expected["onnxruntime"] = "1.20.1"  # pyproject.toml says why
    assert versions(name, python) == expected


def test_a_system_without_wheels_is_named() -> None:
    with pytest.raises(InputError, match=r"toaster, Python 3\.11"):
        choose(read_lock(LOCK), Platform("toaster", "linux", ("toaster_armv5",)), PYTHONS)


def wheel_of(data: bytes, url: str = "https://example.org/a-1-py3-none-any.whl") -> PackageWheel:
    return PackageWheel(
        name="a-1-py3-none-any.whl", url=url, hashes={"sha256": hashlib.sha256(data).hexdigest()}
    )


def test_what_is_there_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "urlopen", lambda _: io.BytesIO(DATA))
    file = fetch(wheel_of(DATA), tmp_path / "new")
    assert file.read_bytes() == DATA
    monkeypatch.delattr(wheels, "urlopen")
    assert fetch(wheel_of(DATA), tmp_path / "new") == file


def test_a_damaged_file_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a-1-py3-none-any.whl").write_bytes(DATA[:3])
    monkeypatch.setattr(wheels, "urlopen", lambda _: io.BytesIO(DATA))
    assert fetch(wheel_of(DATA), tmp_path).read_bytes() == DATA


def test_another_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "urlopen", lambda _: io.BytesIO(b"another"))
    with pytest.raises(InputError, match="SHA-256"):
        fetch(wheel_of(DATA), tmp_path)
    assert not list(tmp_path.iterdir())


def test_without_a_network_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be fetched"):
        fetch(wheel_of(DATA, "https://localhost:9/a-1-py3-none-any.whl"), tmp_path)
    with pytest.raises(InputError, match="no address"):
        fetch(wheel_of(DATA, "file:///a-1-py3-none-any.whl"), tmp_path)
