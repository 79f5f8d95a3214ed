# SPDX-License-Identifier: GPL-3.0-or-later
"""The thread behind Live: the newest question counts, and it ends when it is told to."""

import threading
from fractions import Fraction
from functools import partial
from pathlib import Path

from lipreel.addon.jobs.background_job import BackgroundJob, State
from lipreel.addon.jobs.live_frames import Ask, Mailbox, show_frames
from lipreel.addon.sequencer.request import Request
from lipreel.addon.sequencer.strip_sound import StripSound
from lipreel.tests.helpers import tiny

SPEECH = Path(__file__).parents[2] / "data" / "speech.wav"
LIMIT = 300
"""Seconds after which a thread hangs, however busy the machine is."""


def test_only_the_newest_question_is_answered() -> None:
    mailbox = Mailbox()
    for moment in range(5):
        mailbox.put(Ask(moment, None))
    assert mailbox.take(LIMIT) == Ask(4, None)
    assert mailbox.take(0) is None


def test_a_question_wakes_who_waits_for_one() -> None:
    mailbox, taken = Mailbox(), threading.Event()

    def wait() -> None:
        assert mailbox.take(LIMIT) == Ask(7, None)
        taken.set()

    thread = threading.Thread(target=wait)
    thread.start()
    mailbox.put(Ask(7, None))
    thread.join(LIMIT)
    assert taken.is_set()


def test_questions_are_answered_until_it_is_cancelled(tmp_path: Path) -> None:
    avatar = tiny.make_avatar(tmp_path / "a", "mouth")
    request = Request(
        StripSound("talk", SPEECH, None),
        str(avatar),
        tmp_path / "out",
        moments=range(50),
        heard=range(50),
        fps=Fraction(25),
        shift=Fraction(0),
        lead=0,
        blend=None,
        options={"workers": 1},
    )
    mailbox = Mailbox()
    job = BackgroundJob(partial(show_frames, request, mailbox))
    job.start()
    seen = set()
    for moment, fields in (
        (3, None),
        (40, {"intensity": 0.5, "hold": 1}),
        (40, {"intensity": 2.0, "hold": 1}),
    ):
        ask = Ask(moment, fields)
        mailbox.put(ask)
        while mailbox.answer is None or mailbox.answer.ask != ask:
            assert not job.join(0.01)
        width, height = mailbox.answer.size
        colours = mailbox.answer.colours
        assert colours.shape == (height, width, 4)
        assert (colours.min() >= 0, colours.max() <= 1, colours[..., 3].min()) == (True, True, 1)
        seen.add(colours.tobytes())
    assert len(seen) == 3
    job.cancel()
    assert job.join(LIMIT)
    assert job.poll().state is not State.FAILED
    assert not (tmp_path / "out").exists()
