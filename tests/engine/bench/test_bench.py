# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench: what it measures is the same work, and what it says is complete."""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from lipreel.engine.avatar.library import MODELS, load_avatar
from lipreel.engine.bench import baselines
from lipreel.engine.bench.addon import PYTHON, import_ms
from lipreel.engine.bench.measure import Run, summary
from lipreel.engine.bench.page import table, write_report
from lipreel.engine.bench.workload import Workload, make_workload
from lipreel.engine.errors import InputError
from lipreel.engine.frames.template_order import template_index
from lipreel.engine.job.generate import generate
from lipreel.engine.job.options import JobOptions
from lipreel.engine.runtime.monitor import Monitor
from lipreel.engine.runtime.timings import Timings
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import images, tiny

FRAMES = 10


@pytest.fixture(scope="module")
def workload(tmp_path_factory: pytest.TempPathFactory) -> Workload:
    folder = tmp_path_factory.mktemp("workload")
    return make_workload(folder, tiny.make_avatar(folder / "tiny"), FRAMES, 2, "jpg", Monitor())


@pytest.mark.parametrize("name", ["reference", "pool"])
def test_others_draw_the_same_character(workload: Workload, tmp_path: Path, name: str) -> None:
    """The steps of the others give Lipreel's frames, up to JPEG files read and another resizing."""
    timings = Timings()
    (tmp_path / "theirs").mkdir()
    getattr(baselines, name)(workload, tmp_path / "theirs", timings)
    avatar = load_avatar(workload.avatar)
    generate(open_sound(workload.sound), avatar, tmp_path / "ours", JobOptions(format="jpg"))
    for number in range(1, FRAMES + 1):
        file = f"frame_{number:06d}.jpg"
        theirs, ours = (images.read(tmp_path / who / file).astype(float) for who in ("theirs", "ours"))
        square = avatar.template.squares[template_index(number - 1, Fraction(25), avatar.template.loop())]
        face = slice(square.y, square.y + square.size), slice(square.x, square.x + square.size)
        assert np.abs(theirs - ours)[face].mean() < 2
    assert {"decode", "mel", "encode sound", "infer", "paste"} <= timings.seconds().keys()


def run_of(variant: str, seconds: float, **found: object) -> Run:
    said = {"stages": {"infer": 1.0}, "cpu": 2.0, "peak_rss_mb": 100.0}
    return Run(variant, seconds, 0.5, said | found)


def test_medians_and_ratios_by_hand(workload: Workload) -> None:
    runs = [
        *(run_of("reference", seconds) for seconds in (10, 8, 30)),
        *(
            run_of("exact", seconds, peak_rss_mb=memory)
            for seconds, memory in ((4, 90.0), (5, 120.0), (6, 80.0))
        ),
        run_of("bound_exact", 9, frames_per_second=2.5),
    ]
    found = summary(runs, workload)
    assert found["exact"]["frames_per_second"] == FRAMES / 5
    assert found["exact"]["ratio_to_reference"] == 2
    assert found["exact"]["cpu_seconds_per_frame"] == 0.2
    assert found["exact"]["peak_rss_mb"] == 120
    assert found["exact"]["stages_ms"] == {"infer": 100, "idle": (2 * 5 - 1) * 100}
    assert found["bound"] == {"exact": 2.5}
    assert "the whole job has 80% of that" in table(found)
    assert "add-on" not in table(found)
    assert table({**found, "addon_import_ms": 20.5}).endswith("Blender imports the add-on in 20.5 ms.")


def test_page_keeps_what_was_written_by_hand(workload: Workload, tmp_path: Path) -> None:
    page = tmp_path / "speed.md"
    page.write_text("before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter\n")
    found = summary([run_of("reference", 8), run_of("exact", 4)], workload)
    for _ in range(2):
        write_report(page, found, FRAMES, 2)
        text = page.read_text()
        assert text.startswith("before\n")
        assert text.endswith("after\n")
        assert "old" not in text
        assert text.count("| Lipreel, exact | 2.5 | 2.0 |") == 1
    assert "Lipreel, exact" in (tmp_path / "speed.svg").read_text()


def test_command(tmp_path: Path) -> None:
    avatar = str(tiny.make_avatar(tmp_path / "tiny"))
    command = [sys.executable, "-m", "lipreel.engine.cli", "bench", "--avatar", avatar]
    command += ["--frames", "10", "--repeat", "1", "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    found = json.loads(done.stdout.splitlines()[-1])
    keys = {"frames_per_second", "ratio_to_reference", "cpu_seconds_per_frame", "peak_rss_mb", "stages_ms"}
    for name in ("reference", "pool", "exact"):
        assert keys <= found[name].keys()
    assert found["bound"].keys() == {"exact"}


def test_an_avatar_that_takes_a_track_has_nothing_to_compare_with(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="hear for themselves"):
        make_workload(tmp_path, MODELS / "demo", 5, 1, "png", Monitor())


@pytest.mark.parametrize("python", ["/nowhere/python", sys.executable])
def test_a_python_without_blender_is_told_at_once(
    python: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PYTHON, python)
    with pytest.raises(InputError, match=f"{PYTHON} is to name a Python with the module bpy"):
        import_ms(1, tmp_path)
