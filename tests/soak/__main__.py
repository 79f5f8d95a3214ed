# SPDX-License-Identifier: GPL-3.0-or-later
"""`make soak`: the whole harness, an hour or so, part by part, and its figures in docs/reliability.md.

Each part keeps what it found in build/soak, so that a run that was stopped goes on, and one part can be run
alone; --again forgets what was found.
"""

import argparse
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from lipreel.tests.soak import parts, report

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run the parts that were asked for; 0 if nothing unexpected came of any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", help="one of those that --list lists (default: all)")
    parser.add_argument("--list", action="store_true", help="say what the parts are called")
    parser.add_argument("--again", action="store_true", help="run parts whose figures are there, too")
    parser.add_argument("--found", type=Path, default=ROOT / "build" / "soak", help="what the parts found")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "reliability.md")
    parser.add_argument("--scale", type=float, default=1.0, help="of all numbers, for a quick look")
    parser.add_argument("--place", type=Path, help="folder for the files (default: a temporary one)")
    arguments = parser.parse_args()
    if arguments.list:
        print(*parts.PARTS, sep="\n")
        return 0
    arguments.found.mkdir(parents=True, exist_ok=True)
    for name in arguments.part or parts.PARTS:
        file = arguments.found / f"{name.replace(' ', '-')}.json"
        if file.exists() and not arguments.again:
            continue
        print(f"{name} ...", flush=True)
        with tempfile.TemporaryDirectory(prefix="lipreel-soak-", dir=arguments.place) as place:
            found = parts.PARTS[name](Path(place), arguments.scale)
        found |= {"scale": arguments.scale, "date": datetime.now(UTC).date().isoformat()}
        file.write_text(json.dumps(found, indent=1), "utf-8")
        print(*found["unexpected"] or [f"{name}: as expected"], sep="\n", flush=True)
    all_found = {path.stem: json.loads(path.read_text("utf-8")) for path in arguments.found.glob("*.json")}
    cycles = all_found.pop("blender", {})  # of tests/e2e/test_cycles.py
    if missing := [name for name in parts.PARTS if name.replace(" ", "-") not in all_found]:
        print(f"left to run: {', '.join(missing)}")
    else:
        report.write(arguments.out, all_found, cycles)
    return 1 if any(found["unexpected"] for found in all_found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
