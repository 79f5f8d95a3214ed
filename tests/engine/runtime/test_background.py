# SPDX-License-Identifier: GPL-3.0-or-later
"""One thing done while another goes on."""

import threading
import time

import pytest
from lipreel.engine.runtime.background import in_background


def test_both_go_on_at_once() -> None:
    ours, theirs = threading.Event(), threading.Event()

    def work() -> bool:
        theirs.set()
        return ours.wait(30)

    with in_background(work) as done:
        assert theirs.wait(30)
        ours.set()
        assert done.result() is True


def test_failure_is_raised_where_the_result_is_taken() -> None:
    def work() -> None:
        raise ValueError("no")

    with in_background(work) as done, pytest.raises(ValueError, match="no"):
        done.result()


def test_nothing_outlives_the_context() -> None:
    ended: list[int] = []

    def work() -> None:
        time.sleep(0.1)
        ended.append(1)

    with in_background(work):
        pass
    assert ended
