# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/formats.md says what happens."""

from lipreel.tests.formats.page import PAGE, page


def test_the_page_says_what_happens() -> None:
    assert page() == PAGE.read_text(encoding="utf-8"), "make formats"
