# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/reliability.md, from what the parts of the harness found."""

import platform
from collections import Counter
from pathlib import Path
from typing import Any

Found = dict[str, dict[str, Any]]
"""What each part found, by its name."""

_HEAD = """# Reliability

`make soak` breaks things on purpose and writes this page; no figure on it is typed by hand.

On {system}, {dates}.{scale}
"""


def write(page: Path, found: Found, in_blender: Found) -> None:
    """Write the page, and the plot of the long run beside it; `in_blender` is by version, or empty."""
    parts = [_killed, _interrupted, _rivals, _disks, _faults, _hostile, _long, _unexpected]
    sections = [part(found) for part in parts]
    if in_blender:
        sections.insert(-1, _in_blender(in_blender))
    page.write_text("\n".join([_head(found), *(f"{section}\n" for section in sections)]), "utf-8")
    page.with_suffix(".svg").write_text(_plot(found["long"]), "utf-8")


def _head(found: Found) -> str:
    dates = sorted({part["date"] for part in found.values()})
    scales = {part["scale"] for part in found.values()}
    return _HEAD.format(
        system=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        dates=" and ".join(dates),
        scale="" if scales == {1.0} else f" A short run: {min(scales):g} of the full numbers.",
    )


def _several(found: Found, name: str) -> list[dict[str, Any]]:
    return [part for key, part in sorted(found.items()) if key.startswith(f"{name}-")]


def _killed(found: Found) -> str:
    parts = _several(found, "kills")
    moments: Counter[str] = sum((Counter(part["moments"]) for part in parts), Counter())
    runs, halves = (sum(part[key] for part in parts) for key in ("runs", "halves"))
    rows = "\n".join(f"| {moment} | {count} |" for moment, count in sorted(moments.items()))
    return f"""## Killed

{runs} runs were ended with SIGKILL: half of them at random times, a quarter in a stage of a frame, a quarter
at an event on a file. After each, every frame under its final name had all its bytes; the resumed run gave
the same files as an undisturbed one, and left no other. {halves} of the killed runs had left a file under its
temporary name.

| killed | runs |
| --- | --: |
{rows}"""


def _interrupted(found: Found) -> str:
    part = found["interrupts"]
    return f"""## Interrupted

{part["runs"]} runs got SIGINT or SIGTERM, half of them after a random frame, half at a random moment. Those
that had begun their job ended with status 130 and a line, and kept what was finished; the slowest took
{part["longest"]:.2f} s."""


def _rivals(found: Found) -> str:
    rounds = found["two-at-once"]["rounds"]
    return f"""## Two at once

{rounds} times a second run was started into the folder of one that lived: status 2 and
a line. The first was killed, and a third run took over at once, and finished the job."""


def _disks(found: Found) -> str:
    part = found["disks"]
    words = {True: "as it should be", False: "not as it should be"}
    rows = "\n".join(
        f"| {name} | {'not tried: no right to mount' if lines is None else words[not lines]} |"
        for name, lines in part["disks"].items()
    )
    return f"""## Disks

As it should be is: status 2 with one line where the user can mend it, no finished frame lost, and on a slow
disk the same frames, without many that wait in memory.

| disk | outcome |
| --- | --- |
{rows}

With frames of 1920×1080, the process held {part["fast_mb"]:.0f} MiB at most on a fast disk, and
{part["slow_mb"]:.0f} MiB on the slow one."""


def _faults(found: Found) -> str:
    most = found["faults"]["most_workers"]
    return f"""## Networks that fail

An exception, NaN, an output of another shape, and a run that never ends, at one frame, with 1 to
{most} workers: the job ended with a line that names the frame, and kept those before
it."""


def _hostile(found: Found) -> str:
    parts = _several(found, "hostile")
    total = sum(sum(part["inputs"].values()) for part in parts)
    rows = "\n".join(_hostile_row(part) for part in parts)
    return f"""## Files of strangers

{total} inputs were read as Lipreel reads them, many in one process, each with a limit of 10 s and of 1 GiB:
whole files with bytes flipped, cut, repeated and replaced, and documents that parse, whose values hypothesis
had changed. Refused is: in one line that says where and why. None may change anything outside its folder,
start a program or ask a network.

| kind | inputs | refused | taken | slowest, s | most memory, MiB |
| --- | --: | --: | --: | --: | --: |
{rows}"""


def _hostile_row(part: dict[str, Any]) -> str:
    ((kind, count),) = part["inputs"].items()
    refused, taken = (part["outcomes"].get(outcome, 0) for outcome in ("refused", "taken"))
    return f"| {kind} | {count} | {refused} | {taken} | {part['slowest']:.2f} | {part['peak_rss_mb']:.0f} |"


def _long(found: Found) -> str:
    part = found["long"]
    memory = "It was over before memory could be judged."
    if part["settled_mb"]:
        settled, growth = part["settled_mb"], part["most_mb"] / part["settled_mb"] - 1
        memory = f"It held {settled:.0f} MiB after a minute, and never more than {growth:.1%} above that."
    return f"""## Long

{part["hours"]:g} hours of sound became {part["frames"]} frames in {part["seconds"]:.0f} s:
{part["halves"][0]:.0f} a second in the first half, {part["halves"][1]:.0f} in the second. {memory}

![Frames and memory over time](reliability.svg)

Given again, the command found all frames there in {part["finished_seconds"]:.1f} s. With the last frame
removed, it took {part["resume_seconds"]:.1f} s: then all of the sound is heard again."""


def _in_blender(found: Found) -> str:
    rows = "\n".join(
        f"| {version} | {part['cycles']} | {part['before_the_first_frame']} "
        f"| {part['rss_settled_mb']:.0f} | {part['rss_end_mb']:.0f} | {part['threads_left']} "
        f"| {len(part['console_lines'])} | {part['frames']} | {len(part['files_not_whole'])} |"
        for version, part in sorted(found.items())
    )
    return f"""## In Blender

In its window, jobs were begun and ended at random moments: most cancelled, some by opening a file, some by
disabling the extension. MiB are those of all of Blender, after ten jobs and at the end;
threads are those of Lipreel that were left.

| Blender | jobs | without a frame | MiB after 10 | at the end | threads | console lines | frames | broken |
| --- | --: | --: | --: | --: | --: | --: | --: | --: |
{rows}"""


def _unexpected(found: Found) -> str:
    lines = [line for part in found.values() for line in part["unexpected"]]
    return "## Unexpected\n\n" + ("\n".join(f"- {line}" for line in lines) or "Nothing.")


_LEFT, _RIGHT, _HEIGHT = 130, 710, 130  # of the curves, in the plot


def _plot(part: dict[str, Any]) -> str:
    """Two curves over time: frames that are there, and memory."""
    samples = [sample for sample in part["samples"] if sample[1]]
    end = max(sample[0] for sample in samples)
    bottom = 2 * (_HEIGHT + 20)
    shapes = [
        *_curve([(sample[0] / end, sample[2]) for sample in samples], "frames", "#4a8fd0", 10),
        *_curve([(sample[0] / end, sample[1]) for sample in samples], "MiB", "#d0784a", bottom // 2 + 10),
        f'<text x="{_RIGHT}" y="{bottom + 12}" text-anchor="end" fill="#888">{end:.0f} s</text>',
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {bottom + 20}" font-family="sans-serif"'
    return "\n".join([f'{head} font-size="13">', *shapes, "</svg>", ""])


def _curve(points: list[tuple[float, float]], unit: str, colour: str, top: int) -> list[str]:
    """A line from 0 up; the points are places in 0 ... 1, and values."""
    most, bottom = max(value for _, value in points), top + _HEIGHT
    line = " ".join(
        f"{_LEFT + (_RIGHT - _LEFT) * place:.1f},{bottom - _HEIGHT * value / most:.1f}"
        for place, value in points
    )
    text = f'<text x="{_LEFT - 8}" text-anchor="end" fill="#888"'
    return [
        f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{bottom}" y2="{bottom}" stroke="#888"/>',
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>',
        f'{text} y="{top + 12}">{most:.0f} {unit}</text>',
        f'{text} y="{bottom}">0</text>',
    ]
