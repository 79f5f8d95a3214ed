# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options' texts mean."""

import argparse
import re
from fractions import Fraction

from ..job.lock import ALL_FRAMES

# The rates of NTSC television, n·1000/1001, by the decimals that people write for them.
_NTSC = {
    "23.976": Fraction(24000, 1001),
    "23.98": Fraction(24000, 1001),
    "29.97": Fraction(30000, 1001),
    "59.94": Fraction(60000, 1001),
    "119.88": Fraction(120000, 1001),
}
_FASTEST = 1000  # frames a second; more is a slip of the finger that would fill a disk

# Plain numbers of a sane length: no exponents, no "nan", no "inf".
_DECIMAL = re.compile(r"\d{1,9}(\.\d{0,9})?|\.\d{1,9}")
_FRAMES = re.compile(r"(\d{1,9}):(\d{1,9})?")
_PART = re.compile(r"(\d{1,6})/(\d{1,6})")
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,6}):(\d{1,2}(?:\.\d{0,9})?)")
_COLOUR = re.compile(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
_RATIO = re.compile(r"\d{1,9}/\d{1,9}")


def fps(text: str) -> Fraction:
    """Frames a second: 25, 12.5 or 30000/1001; the NTSC decimals such as 29.97 mean n·1000/1001 exactly."""
    rate = _NTSC.get(text) or _number(text, "a rate such as 24, 29.97 or 30000/1001")
    if not 0 < rate <= _FASTEST:
        raise argparse.ArgumentTypeError(f"'{text}' is not above 0 and at most {_FASTEST} frames a second")
    return rate


def seconds(text: str) -> Fraction:
    """Seconds, 0 or more, exactly as the decimals say: 2.5, 0:12 or 1:02:03.5."""
    wanted = "a time such as 2.5, 0:12 or 1:02:03.5"
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        return _number(text, wanted)
    hours, minutes, rest = int(clock[1] or 0), int(clock[2]), Fraction(clock[3])
    if rest >= 60 or (clock[1] is not None and minutes >= 60):
        raise argparse.ArgumentTypeError(f"'{text}' is not {wanted}")
    return hours * 3600 + minutes * 60 + rest


def image_format(text: str) -> str:
    """Png or jpg, however it is written."""
    name = text.lower().removeprefix(".")
    return "jpg" if name == "jpeg" else name


def workers(text: str) -> int | None:
    """Worker threads: a whole number from 1, or None for "auto"."""
    return None if text == "auto" else _whole(text, 1, 1024, "auto or a whole number from 1")


def timeout_s(text: str) -> float:
    """Seconds, more than 0."""
    number = _number(text, "a number of seconds such as 120")
    if not number:
        raise argparse.ArgumentTypeError(f"'{text}' is no time at all")
    return float(number)


def frames(text: str) -> range:
    """Frames A to B, both included, as A:B; A: goes on to the last."""
    match = _FRAMES.fullmatch(text)
    first = int(match[1]) if match else 0
    last = int(match[2]) if match and match[2] else ALL_FRAMES[-1]
    if not 1 <= first <= last:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a stretch of frames such as 1:250, or 251: to the end"
        )
    return range(first, last + 1)


def part(text: str) -> tuple[int, int]:
    """I of N, as I/N."""
    match = _PART.fullmatch(text)
    index, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= index <= count:
        raise argparse.ArgumentTypeError(f"'{text}' is not a part such as 2/5")
    return index, count


def whole(text: str) -> int:
    """A whole number from 0."""
    return _whole(text, 0, 10**6, "a whole number from 0")


def count(text: str) -> int:
    """A whole number from 1."""
    return _whole(text, 1, 10**6, "a whole number from 1")


def bench_frames(text: str) -> int:
    """Frames to measure: fewer than 10 are less sound than a network hears at a time."""
    return _whole(text, 10, 10**6, "a whole number from 10")


def colour(text: str) -> tuple[int, int, int]:
    """A colour as RRGGBB, with or without #; BGR."""
    match = _COLOUR.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"'{text}' is not a colour such as 00B140")
    return int(match[3], 16), int(match[2], 16), int(match[1], 16)


def quality(text: str) -> int:
    """JPEG quality, 1 to 100."""
    return _whole(text, 1, 100, "a whole number from 1 to 100")


def feather(text: str) -> float:
    """Pixels, 0 or more."""
    return float(_number(text, "a number of pixels such as 12, or 0 for a hard edge"))


def decimal(text: str) -> float:
    """A number, 0 or more."""
    return float(_number(text, "a number such as 1.2"))


def levels(text: str) -> int:
    """A difference in levels, 0 to 255."""
    return _whole(text, 0, 255, "a whole number from 0 to 255")


def decibels(text: str) -> float:
    """Decibels, 0 or more."""
    return float(_number(text, "a number of decibels such as 40"))


def _number(text: str, wanted: str) -> Fraction:
    if _DECIMAL.fullmatch(text) or _RATIO.fullmatch(text):
        try:
            return Fraction(text)
        except ZeroDivisionError:
            pass
    raise argparse.ArgumentTypeError(f"'{text}' is not {wanted}")


def _whole(text: str, least: int, most: int, wanted: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 9 and least <= int(text) <= most:
        return int(text)
    raise argparse.ArgumentTypeError(f"'{text}' is not {wanted}")
