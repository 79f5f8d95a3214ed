# SPDX-License-Identifier: GPL-3.0-or-later
"""`make soak`: the whole harness, an hour or so, and its figures in docs/reliability.md."""

import argparse
import platform
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / room) for room in ("engine", "importing")]

import disks  # noqa: E402 - after the path that they are found on
import hostile  # noqa: E402
import jobs  # noqa: E402
import kills  # noqa: E402
import long  # noqa: E402

KILLS = 200
INTERRUPTS = 20
INPUTS = 20_000
HOURS = 2.0

_HEAD = """# Reliability

Written by `make soak`, which breaks things on purpose; no figure here is typed by hand.
{machine}.{part}
"""


def main() -> int:
    """Run all parts that were asked for; 0 if nothing unexpected came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "reliability.md")
    parser.add_argument("--scale", type=float, default=1.0, help="of all numbers, for a quick look")
    parser.add_argument("--place", type=Path, help="folder for the files (default: a temporary one)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lipreel-soak-", dir=arguments.place) as name:
        parts = [part(Path(name), arguments.scale) for part in (_kills, _interrupts, _disks, _hostile, _long)]
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    part_of = "" if arguments.scale == 1 else f" A short run: {arguments.scale:g} of the full numbers."
    sections = [f"## {title}\n\n{text}\n" for title, text, _ in parts]
    unexpected = [line for *_, lines in parts for line in lines]
    verdict = "\n".join(f"- {line}" for line in unexpected) or "Nothing unexpected came of it."
    sections.append(f"## Unexpected\n\n{verdict}\n")
    arguments.out.write_text(
        "\n".join([_HEAD.format(machine=f"On {system}", part=part_of), *sections]), "utf-8"
    )
    print(arguments.out.read_text("utf-8"))
    return 1 if unexpected else 0


Part = tuple[str, str, list[str]]
"""Title, text, and what was unexpected."""


def _case(place: Path, name: str) -> tuple[jobs.Case, Path]:
    room = place / name
    room.mkdir()
    return jobs.make_case(room), room


def _kills(place: Path, scale: float) -> Part:
    figures = kills.killed(*_case(place, "kills"), max(2, round(KILLS * scale)))
    rows = "\n".join(f"| {moment} | {count} |" for moment, count in sorted(figures.moments.items()))
    text = (
        f"{figures.runs} runs were ended with SIGKILL, half of them at random times, half at an event inside "
        "the process. After each, every frame under its final name had all its bytes; the resumed run gave "
        f"the same files as an undisturbed one, and left no other. {figures.halves} of the killed runs had "
        "left a file under its temporary name.\n\n| killed | runs |\n|---|---|\n" + rows
    )
    return "Killed", text, figures.unexpected


def _interrupts(place: Path, scale: float) -> Part:
    runs = max(2, round(INTERRUPTS * scale))
    longest, unexpected = kills.interrupted(*_case(place, "interrupts"), runs)
    if longest > kills.PATIENCE:
        unexpected.append(f"an interrupt took {longest:.1f} s")
    text = f"{runs} runs got SIGINT or SIGTERM; the slowest to end took {longest:.2f} s: status 130, a line."
    return "Interrupted", text, unexpected


def _disks(place: Path, _scale: float) -> Part:
    case, room = _case(place, "disks")
    found = {
        "full, 300 kB": disks.full(case, room),
        "read-only": disks.read_only(case, room),
        "folder moved away while it is written to": disks.removed(case, room),
        "too few open files, 0 to 12 more than at the start": disks.few_files(case, room),
    }
    fast, slow, unexpected = disks.slow(case, room)
    found["slow, 50 ms a file"] = unexpected
    words = {True: "as it should be", False: "not as it should be"}
    rows = [f"| {name} | {words[not lines] if lines is not None else 'not tried: no right to mount'} |"
            for name, lines in found.items()]  # fmt: skip
    table = "\n".join(["| disk | outcome |", "|---|---|", *rows])
    text = (
        "As it should be is: status 2 with one line where the user can mend it, no finished frame lost.\n\n"
        f"{table}\n\nThe process held {fast:.0f} MiB on a fast disk, {slow:.0f} MiB on the slow one."
    )
    return "Disks", text, [line for lines in found.values() for line in lines or []]


def _hostile(place: Path, scale: float) -> Part:
    room = place / "hostile"
    room.mkdir()
    figures = hostile.fuzzed(room, max(2, round(INPUTS * scale / len(hostile.KINDS))))
    total = sum(figures.inputs.values())
    kinds = ", ".join(f"{count} {kind}" for kind, count in figures.inputs.items())
    text = (
        f"{total} mutated files were read ({kinds}): {figures.outcomes['refused']} were refused in a line, "
        f"{figures.outcomes['taken']} were still whole enough to be taken. The slowest took "
        f"{figures.slowest:.2f} s, no process held more than {figures.peak_rss_mb:.0f} MiB."
    )
    return "Files of strangers", text, figures.unexpected


def _long(place: Path, scale: float) -> Part:
    room = place / "long"
    room.mkdir()
    figures = long.long_job(room, max(0.05, HOURS * scale))
    unexpected = []
    if (figures.frames, figures.resumed) != (figures.expected, 0):
        unexpected.append(f"{figures.frames} of {figures.expected} frames, {figures.resumed} made again")
    growth = figures.most_mb / figures.settled_mb - 1 if figures.settled_mb else 0.0
    if growth > long.MOST_GROWTH:
        unexpected.append(f"memory grew by {growth:.0%} after the first minute")
    if figures.resume_seconds > long.MOST_RESUME:
        unexpected.append(f"the resume took {figures.resume_seconds:.1f} s")
    memory = (
        f"It held {figures.settled_mb:.0f} MiB after a minute, {figures.most_mb:.0f} MiB at most after that. "
    )
    text = (
        f"{figures.hours:g} hours of sound became {figures.frames} frames in {figures.seconds:.0f} s: "
        f"{figures.halves[0]:.0f} a second in the first half, {figures.halves[1]:.0f} in the second. "
        f"{memory if figures.settled_mb else 'It was over before memory could be judged. '}"
        f"Given again, the command found all frames there in {figures.resume_seconds:.1f} s."
    )
    return "Long", text, unexpected


if __name__ == "__main__":
    sys.exit(main())
