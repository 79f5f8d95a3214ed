# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that reads changed files, one after the other, and says what it did not refuse in good order.

Arguments: kind, first input, one past the last, folder to work in. It prints two lines of JSON an input: that
it begins, and what came of it.
"""

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from lipreel.engine.errors import InputError
from lipreel.engine.runtime.memory import peak_rss_mb
from lipreel.tests.soak.guard import Fence
from lipreel.tests.soak.hostile import TREES
from lipreel.tests.soak.mutations import mutated
from lipreel.tests.soak.readers import TEXTS, Case, make_case


def main(kind: str, first: int, stop: int, place: Path) -> None:
    """Read the inputs `first` ... `stop` - 1."""
    case = make_case(kind, place)
    case.read()  # whole, it is taken
    tempfile.tempdir = str(place)
    set_hypothesis_home_dir(place / "made")
    before = _files(place)
    tester = _Tester(case, place)
    if kind in TREES:
        _structured(case, first, stop, tester)
    else:
        _mutated(case, kind, first, stop, tester)
    case.file.write_bytes(case.whole)
    if left := _files(place) - before - {place / "made"}:
        sys.exit(f"left {sorted(map(str, left))}")


def _mutated(case: Case, kind: str, first: int, stop: int, tester: "_Tester") -> None:
    """Each input follows from its number alone, and can be made again."""
    for number in range(first, stop):
        data = mutated(case.whole, random.Random(f"{kind} {number}"), text=kind in TEXTS)
        tester.read(number, data)


def _structured(case: Case, first: int, stop: int, tester: "_Tester") -> None:
    """Inputs from hypothesis; they follow from the first one's number."""
    assert case.changed is not None
    numbers = iter(range(first, stop))

    @seed(first)
    @settings(
        max_examples=stop - first,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case.changed)
    def read(data: bytes) -> None:
        tester.read(next(numbers), data)

    read()


class _Tester:
    """Reads one input after the other, and says what came of each."""

    def __init__(self, case: Case, place: Path) -> None:
        self._case = case
        # Written to, it has Linux count this process's peak of memory anew, so that each input has its own.
        self._peak = Path("/proc/self/clear_refs").open("w")  # noqa: SIM115 - until the process ends
        self._fence = Fence(place)

    def read(self, number: int, data: bytes) -> None:
        print(json.dumps({"begun": number}), flush=True)
        self._case.file.write_bytes(data)
        self._peak.write("5")
        self._peak.flush()
        begun = time.monotonic()
        outcome = self._outcome()
        said = {"outcome": outcome, "seconds": time.monotonic() - begun, "peak_rss_mb": peak_rss_mb()}
        print(json.dumps(said), flush=True)

    def _outcome(self) -> str:
        outcome = "taken"
        try:
            with self._fence:
                self._case.read()
        except InputError as error:
            lines = len(str(error).splitlines())
            outcome = "refused" if lines == 1 else f"refused in {lines} lines: {error}"
        except Exception as error:  # this is what we are here for
            outcome = f"{type(error).__name__}: {error}"
        if self._fence.tried:
            outcome = f"trespass: {self._fence.tried.pop()}"
        return outcome


def _files(place: Path) -> set[Path]:
    return set(_walk(place))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        yield path
        if path.is_dir() and path.name != "made":
            yield from _walk(path)


if __name__ == "__main__":
    os.chdir(sys.argv[4])
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
