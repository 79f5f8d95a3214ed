# SPDX-License-Identifier: GPL-3.0-or-later
"""Which convolutions stay in floats, by a likeness that is known: all tried, or as many as time allows."""

from collections.abc import Collection

import pytest
from lipreel.engine.optimise import quantise
from lipreel.engine.optimise.quantise import WANTED_DB, _keep_floats
from lipreel.engine.runtime.monitor import Monitor

WORK = {f"conv{number}": 100 - number for number in range(20)}
SPOILERS = {"conv3", "conv17"}


class Clock:
    """Ten seconds pass with every try."""

    def __init__(self) -> None:
        self.now, self.tries = 0.0, 0

    def likeness(self, floats: Collection[str], _part: int) -> float:
        """A network that two of its convolutions spoil."""
        self.now += 10
        self.tries += 1
        return 50.0 - 10 * len(SPOILERS - set(floats))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(quantise, "monotonic", lambda: clock.now)
    return clock


def test_with_time_only_those_that_spoil_stay_in_floats(clock: Clock) -> None:
    found = _keep_floats(WORK, clock.likeness, WANTED_DB, Monitor(), seconds=10_000)
    assert set(found.floats) == SPOILERS
    assert found.least_db == 50


def test_without_time_the_rest_stays_in_floats(clock: Clock) -> None:
    found = _keep_floats(WORK, clock.likeness, WANTED_DB, Monitor(), seconds=90)
    assert clock.now <= 90 + 2 * 10
    assert set(found.floats) >= SPOILERS
    assert found.least_db == 50
    assert 0 < len(set(WORK) - set(found.floats)) < 18


def test_a_network_that_is_good_at_once_takes_one_try(clock: Clock) -> None:
    found = _keep_floats(dict.fromkeys(WORK, 1), lambda *_: 60.0, WANTED_DB, Monitor(), seconds=90)
    assert (found.floats, clock.tries) == ((), 0)
