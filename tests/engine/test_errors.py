# SPDX-License-Identifier: GPL-3.0-or-later
"""An error is one line, whatever parts it has, and crosses to another process whole."""

import pickle

import pytest
from lipreel.engine.errors import AvatarError, InputError, JobCancelled, LipreelError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("no such file", "a.wav", "Check the path"), "a.wav: no such file. Check the path"),
        (InputError("no such file", "a.wav"), "a.wav: no such file"),
        (InputError("no sound", how="Name one"), "no sound. Name one"),
        (InputError("no\nsound", "a\nb"), "a b: no sound"),
        (InputError("no\x85so\u2028und", "a\r\x0bb\tc"), "a  b c: no so und"),
        (
            InputError("the key '\x1b[2J\u202e'", "Ünïcode 音.toml"),
            "Ünïcode 音.toml: the key '\\x1b[2J\\u202e'",
        ),
        (JobCancelled(), "the job was cancelled"),
    ],
)
def test_one_line(error: LipreelError, line: str) -> None:
    assert str(error) == line


def test_an_avatars_fault_is_an_input_error_and_a_cancelled_job_is_none() -> None:
    assert issubclass(AvatarError, InputError)
    assert not issubclass(JobCancelled, InputError)


def test_it_survives_pickling() -> None:
    copy = pickle.loads(pickle.dumps(AvatarError("what", "where", "how")))  # noqa: S301 - our own bytes
    assert (type(copy), copy.what, copy.where, copy.how) == (AvatarError, "what", "where", "how")
