# SPDX-License-Identifier: GPL-3.0-or-later
"""The report: one page of HTML that needs nothing else, to be attached to a bug report."""

import base64
import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import cv2
import numpy as np

from ..arrays import Pixels
from ..media.image_files import encode_image
from ..runtime.storage import write_atomic
from .differences import Tally
from .figures import percent
from .inputs import LETTERS
from .panels import GAIN
from .plots import Curve, Mark, plot
from .run import Comparison, Lips
from .sheet import Shown
from .sync import sync_texts

_QUALITY = 88  # of the images, as jpg
_MARKED = 3  # worst frames marked in the plot


def write_report(out: Path, found: Comparison, failures: Sequence[str] = ()) -> None:
    """Write what a comparison found.

    Args:
        out: The file, .html by custom.
        found: What to show.
        failures: What is not as it was asked for, a line each.

    Raises:
        InputError: The file cannot be written.
    """
    style = Path(__file__).with_name("style.css").read_text("utf-8")
    *most, last = (escape(source.name) for source in found.inputs.sources)
    title = f"{', '.join(most)} and {last}" if most else last
    sections = [_sources(found), _figures(found), _difference_plot(found), _lips(found), _sheet(found)]
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: compared by Lipreel</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{_facts(found)}</p>
{_verdict(found, failures)}
{"".join(f"<section>{section}</section>" for section in sections if section)}
</main>
</body>
</html>
"""
    write_atomic(out, page.encode("utf-8", "xmlcharrefreplace"))


def _facts(found: Comparison) -> str:
    inputs = found.inputs
    numbers = inputs.numbers
    facts = [f"{len(numbers)} frames ({numbers[0]} to {numbers[-1]}) at {float(inputs.fps):.5g} a second"]
    if inputs.face is not None:
        facts.append(f"avatar {escape(inputs.face.avatar.name)}")
    if inputs.speech is not None:
        facts.append(f"sound {escape(Path(inputs.speech.source.name).name)}")
    return " · ".join(facts)


def _verdict(found: Comparison, failures: Sequence[str]) -> str:
    if failures:
        lines = "".join(f"<li>{escape(failure)}</li>" for failure in failures)
        return f'<div class="verdict bad"><b>not as asked for</b><ul>{lines}</ul></div>'
    if found.pairs and all(pair.frame.figures.max == 0 and not pair.unmatched for pair in found.pairs):
        return '<div class="verdict good"><b>every value is equal</b></div>'
    return ""


def _sources(found: Comparison) -> str:
    rows = []
    for index, source in enumerate(found.inputs.sources):
        pair = found.pairs[index - 1] if index else None
        notes = [f"{len(source.numbers)} frames"]
        if source.record is not None:
            notes.append(f"Lipreel {source.record.versions.get('lipreel', '?')}, {source.record.provider}")
        if pair is not None and pair.unmatched:
            notes.append(f"{pair.unmatched} frames have no counterpart")
        if pair is not None and pair.jobs:
            notes.append(f"made with {'; '.join(pair.jobs)}")
        rows.append([_key(index), (str(source.path), "path"), (" · ".join(notes), "path")])
    return f"<h2>What is compared</h2>{_table(['', 'text:where', 'text:what it is'], rows)}"


def _figures(found: Comparison) -> str:
    if not found.pairs:
        return ""
    rows = []
    for index, pair in enumerate(found.pairs, 1):
        for region, tally in (("whole frame", pair.frame), ("inside the patch", pair.patch)):
            if tally is not None:
                rows.append([_key(index), (region, "text"), *((text, "") for text in _values(tally))])
    heads = ["", "text:where", "equal values", "mean difference", "largest", "PSNR", "worst frame", "SSIM"]
    about = "From A, in levels of 0 to 255, over all frames together; the worst frame has the lowest PSNR."
    return f"<h2>Difference</h2><p>{about}</p>{_table(heads, rows)}"


def _values(tally: Tally) -> list[str]:
    values = tally.figures
    worst = tally.worst(1)
    return [
        percent(values.equal),
        f"{values.mean:.3g}",
        f"{values.max}",
        _decibels(values.psnr),
        f"{worst[0][0]}: {_decibels(worst[0][1].psnr)}" if worst else "none",
        f"{values.ssim:.5f}",
    ]


def _difference_plot(found: Comparison) -> str:
    if not found.pairs:
        return ""
    fps = float(found.inputs.fps)
    curves = []
    for letter, pair in zip(LETTERS[1:], found.pairs, strict=False):
        tally = pair.inmost
        marks = [
            Mark((number - 1) / fps, figures.mean, f"frame {number}: {figures.mean:.3f} levels")
            for number, figures in tally.worst(_MARKED)
        ]
        values = np.array([figures.mean for figures in tally.frames])
        curves.append(Curve(f"{letter} from A", letter.lower(), values, marks=marks))
    where = "inside the patch" if found.pairs[0].patch is not None else "over the whole frame"
    about = f"Mean difference of each frame {where}; the rings are the worst frames."
    drawing = plot("difference over time", _moments(found), curves, "levels", peaks=True)
    return f"<h2>Difference over time</h2><p>{about}</p>{_legend(curves)}{drawing}"


def _lips(found: Comparison) -> str:
    lips = found.lips
    if lips is None:
        return ""
    curves = [
        _sound_curve(lips),
        *(
            Curve(f"mouth of {letter}", letter.lower(), activity)
            for letter, activity in zip(LETTERS, lips.activity, strict=False)
        ),
    ]
    heads = ["", "correlation", "best lag", "correlation there", "activity in silence"]
    rows = [[_key(index), *((text, "") for text in sync_texts(sync))] for index, sync in enumerate(lips.sync)]
    about = (
        "How far the mouth is from the avatar's own closed mouth, against the level of the sound. A lag "
        "above 0 is a mouth that is late. The level does not know all that lips do: of a good mouth the "
        "correlation is 0.6 to 0.9, of one that says something else below 0.4."
    )
    drawing = plot("mouth and sound over time", _moments(found), curves, "levels from closed")
    return f"<h2>Mouth and sound</h2><p>{about}</p>{_table(heads, rows)}{_legend(curves)}{drawing}"


def _sound_curve(lips: Lips) -> Curve:
    """The level, stretched to the height of the mouths' curves."""
    level = lips.heard.level - lips.heard.level.min()
    highest = max(float(curve.max()) for curve in lips.activity)
    stretched = level / (float(level.max()) or 1.0) * (highest or 1.0)
    return Curve("level of the sound, from its faintest to its loudest", "sound", stretched, filled=True)


def _sheet(found: Comparison) -> str:
    shown = [*found.sheet.worst, *found.sheet.spread]
    if not shown:
        return ""
    largest = max([int(levels.max()) for one in shown for levels in one.differences] + [1])
    gain = max(GAIN, 255 / largest)
    heads = ["", *(f"text:{LETTERS[index]}" for index in range(len(shown[0].pictures)))]
    heads += [f"text:A − {LETTERS[index]}, {gain:.3g} times" for index in range(1, len(shown[0].pictures))]
    rows = []
    for group, frames in (("worst", found.sheet.worst), ("along the way", found.sheet.spread)):
        rows += [
            _sheet_row(one, group, gain, first=index == 0, fps=float(found.inputs.fps))
            for index, one in enumerate(frames)
        ]
    head = "".join(_head(text) for text in heads)
    return f'<h2>Contact sheet</h2><table class="sheet"><tr>{head}</tr>{"".join(rows)}</table>'


def _sheet_row(one: Shown, group: str, gain: float, *, first: bool, fps: float) -> str:
    pictures = [*one.pictures, *(_heat(levels, gain) for levels in one.differences)]
    cells = "".join(f'<td><img alt="frame {one.number}" src="{_data(picture)}"></td>' for picture in pictures)
    apart = "" if math.isinf(one.psnr) and not one.differences else f"<br>{_decibels(one.psnr)}"
    about = f"frame {one.number}<small>{group}<br>{(one.number - 1) / fps:.2f} s{apart}</small>"
    return f'<tr class="{"first" if first else ""}"><td>{about}</td>{cells}</tr>'


def _heat(levels: Pixels, gain: float) -> Pixels:
    bright = cv2.convertScaleAbs(levels, alpha=gain)
    return np.asarray(cv2.applyColorMap(bright, cv2.COLORMAP_INFERNO), np.uint8)


def _data(picture: Pixels) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(encode_image(picture, "jpg", _QUALITY)).decode()


def _moments(found: Comparison) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return (np.array(found.inputs.numbers) - 1) / float(found.inputs.fps)


def _decibels(value: float) -> str:
    return "equal" if math.isinf(value) else f"{value:.2f} dB"


def _key(index: int) -> tuple[str, str]:
    return LETTERS[index], f"key-{LETTERS[index].lower()}"


def _legend(curves: Iterable[Curve]) -> str:
    entries = (
        f'<span><span class="key {curve.style}">&nbsp;</span> {escape(curve.label)}</span>'
        for curve in curves
    )
    return f'<div class="legend">{"".join(entries)}</div>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[tuple[str, str]]]) -> str:
    body = "".join(f"<tr>{''.join(_cell(*cell) for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(_head(head) for head in heads)}</tr>{body}</table>"


def _head(text: str) -> str:
    style, _, plain = text.rpartition(":")
    return f'<th class="{style}">{escape(plain)}</th>'


def _cell(text: str, style: str) -> str:
    if style.startswith("key-"):
        return f'<td><span class="key {style[4:]}"><span>{text}</span></span></td>'
    return f'<td class="{style}">{escape(text)}</td>'
