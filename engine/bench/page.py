# SPDX-License-Identifier: GPL-3.0-or-later
"""Measured figures as a table and as a page with a plot."""

import platform
import re
from pathlib import Path
from typing import Any

NAMES = {
    "reference": "Python reference",
    "pool": "a session a core",
    "exact": "Lipreel, exact",
    "exact_long": "Lipreel, exact, sound 3 × the template",
    "fast": "Lipreel, fast",
    "demo_exact": "Lipreel, exact, the demo avatar",
    "demo_fast": "Lipreel, fast, the demo avatar",
}
_COLUMNS = {
    "frames_per_second": "frames/s",
    "ratio_to_reference": "× reference",
    "cpu_seconds_per_frame": "CPU s a frame",
    "peak_rss_mb": "peak MiB",
    "first_frame_seconds": "first frame, s",
}
_BAR, _LEFT, _SCALE = 26, 290, 380  # pixels: a bar's height, where it begins, the longest
_FIGURES = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)", re.DOTALL)


def table(found: dict[str, Any]) -> str:
    """A table of Markdown: the figures, the stages in ms a frame, the network alone, the add-on's import."""
    rows = [name for name in NAMES if name in found]
    timings = list(dict.fromkeys(stage for name in rows for stage in found[name]["stages_ms"]))
    lines = [
        _line(["", *_COLUMNS.values()]),
        _line(["---", *["--:"] * len(_COLUMNS)]),
        *(_line([NAMES[name], *(str(found[name].get(key, "")) for key in _COLUMNS)]) for name in rows),
        "",
        _line(["ms a frame, all threads together", *timings]),
        _line(["---", *["--:"] * len(timings)]),
        *(
            _line([NAMES[name], *(str(found[name]["stages_ms"].get(key, "")) for key in timings)])
            for name in rows
        ),
        "",
    ]
    for name, bound in found["bound"].items():
        part = found[name]["frames_per_second"] / bound
        lines.append(
            f"The network alone, {name}: {bound} frames a second; the whole job has {part:.0%} of that."
        )
        lines.append("")
    if "addon_import_ms" in found:
        lines.append(f"Blender imports the add-on in {found['addon_import_ms']} ms.")
    return "\n".join(lines).rstrip()


def write_report(page: Path, found: dict[str, Any], frames: int, workers: int) -> None:
    """Put the figures between the two marks of the page, and the plot beside it."""
    plot = page.with_suffix(".svg")
    plot.write_text(_plot(found), "utf-8")
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    about = f"{frames} frames of 1280×720, {workers} workers; {machine}, onnxruntime {_runtime()}."
    figures = f"\n![Frames a second]({plot.name})\n\n{about}\n\n{table(found)}\n\n"
    text = page.read_text("utf-8")
    page.write_text(_FIGURES.sub(lambda _: figures, text), "utf-8")


def _runtime() -> str:
    import onnxruntime

    return str(onnxruntime.__version__)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plot(found: dict[str, Any]) -> str:
    """A bar a variant; those of another network than the reference's are not to be compared."""
    alike = [name for name in NAMES if "ratio_to_reference" in found.get(name, {})]
    rows = [(NAMES[name], found[name]["frames_per_second"]) for name in alike]
    most = max(speed for _, speed in rows)
    bars = [_bar(number, name, speed, most) for number, (name, speed) in enumerate(rows)]
    width, height = _LEFT + _SCALE + 60, len(rows) * (_BAR + 10) + 10
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
    return "\n".join([f'{head} font-size="14">', *bars, "</svg>", ""])


def _bar(number: int, name: str, speed: float, most: float) -> str:
    top, length = 10 + number * (_BAR + 10), _SCALE * speed / most
    text = f'fill="#888" y="{top + 18}"'
    return (
        f'<text x="{_LEFT - 8}" text-anchor="end" {text}>{name}</text>'
        f'<rect x="{_LEFT}" y="{top}" width="{length:.0f}" height="{_BAR}" fill="#4a8fd0"/>'
        f'<text x="{_LEFT + length + 6:.0f}" {text}>{speed:.1f}</text>'
    )
