# SPDX-License-Identifier: GPL-3.0-or-later
"""`make extension`: a zip for each system."""

import argparse
import sys
import tomllib
from pathlib import Path

from ..engine.errors import InputError
from .contents import MANIFEST
from .pack import check, pack
from .wheels import PLATFORMS, PYTHONS, Python, choose, fetch, read_lock

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "pylock.extension.toml"
BUILD = ROOT / "build"


def main() -> int:
    """Build the zips that the command line asks for, all of them by default; the exit status."""
    arguments = _arguments()
    try:
        for platform in arguments.platform or PLATFORMS:
            _build(platform, [*PYTHONS, *arguments.python], arguments.out)
    except InputError as error:
        print(f"extension: {error}", file=sys.stderr)
        return 1
    return 0


def _build(name: str, pythons: list[Python], out: Path) -> None:
    chosen = choose(read_lock(LOCK), PLATFORMS[name], pythons)
    wheels = [fetch(wheel, BUILD / "wheels") for wheel in chosen]
    facts = tomllib.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))
    draft = BUILD / f"{facts['id']}-{facts['version']}-{name}.zip"
    pack(ROOT, draft, name, wheels)
    check(draft, BUILD / "blender-4.5")
    out.mkdir(parents=True, exist_ok=True)
    zip_file = draft.replace(out / draft.name)  # only what is fit to be published gets there
    print(f"{zip_file}: {zip_file.stat().st_size / 1e6:.1f} MB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="extension", description="Build the zips of the extension.")
    parser.add_argument("--out", type=Path, default=Path("dist"), help="folder for the zips")
    parser.add_argument("--platform", action="append", choices=PLATFORMS, help="this one only")
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        type=_python,
        metavar="3.x",
        help="carry the libraries for this Python, too",
    )
    return parser.parse_args()


def _python(text: str) -> Python:
    major, minor = text.split(".")
    return int(major), int(minor)


if __name__ == "__main__":
    sys.exit(main())
