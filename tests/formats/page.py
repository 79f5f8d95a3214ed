# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/formats.md: `python -m lipreel.tests.formats.page`, or `make formats`."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from lipreel.tests.formats import sounds, videos

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"

_HEAD = """# What becomes of a file

Written by `make formats`, which makes each of these files and tries it; a test sees that it still is so.
Sounds are tried with `lipreel mouth`, videos and images as the template of an avatar. In Blender, sounds are
read by Blender itself; what PyAV reads here needs the extra `video`, which `make` installs.
"""


def page() -> str:
    """The text, by what happens."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        parts = [
            _HEAD,
            _table("Sounds", "what is heard", _sounds(folder)),
            _table("Videos", "what is read", _videos(folder)),
            _table("Images", "what becomes of it", _images(folder)),
        ]
    return "\n".join(parts)


def _sounds(folder: Path) -> Iterable[tuple[str, str]]:
    for name, (what, make, times) in sounds.FILES.items():
        make(folder / name)
        yield what, sounds.outcome(folder / name, times)


def _videos(folder: Path) -> Iterable[tuple[str, str]]:
    for name, (what, make) in videos.VIDEOS.items():
        make(folder / name)
        yield what, videos.video_outcome(folder / name)


def _images(folder: Path) -> Iterable[tuple[str, str]]:
    for name, (what, make) in videos.IMAGES.items():
        make(folder / name)
        yield what, videos.image_outcome(folder / name, folder / f"{name} made")


def _table(title: str, head: str, rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| {what} | {outcome} |" for what, outcome in rows]
    return "\n".join([f"## {title}", "", f"| file | {head} |", "|---|---|", *lines, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
