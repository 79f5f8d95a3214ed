# SPDX-License-Identifier: GPL-3.0-or-later
"""Make talking characters for a folder, overnight: for each .blend file in it, else for each sound.

    python docs/batch.py FOLDER [--out DIR] [--blender PATH] [-- OPTION ...]

.blend files get image strips for all their sound strips, and are saved. Sounds get a folder of frames each,
in DIR (FOLDER/frames if it is not given). Whatever stands behind -- goes to each job: -- --avatar robin.
What was done before is not done again, and a failure does not stop the rest. The exit status is 1 if
something failed.
"""

import argparse
import subprocess
import sys
from pathlib import Path

SOUNDS = {".wav", ".flac", ".ogg", ".mp3"}


def main() -> int:
    """Run the jobs one after the other, each uses all cores by itself, and say what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--blender", default="blender")
    parser.add_argument("options", nargs="*")
    arguments = parser.parse_args()
    failed = []
    for file, command in jobs(arguments):
        print(f"== {file.name}", flush=True)
        if subprocess.run(command).returncode != 0:
            failed.append(file.name)
    print(f"== {len(failed)} failed", *failed, sep="\n")
    return 1 if failed else 0


def jobs(arguments: argparse.Namespace) -> list[tuple[Path, list[str]]]:
    """Each file and the command for it."""
    files = sorted(arguments.folder.iterdir())
    films = [file for file in files if file.suffix == ".blend"]
    if films:
        blender = [arguments.blender, "-b"]
        generate = ["--command", "lipreel", "generate", "--all", "--save", *arguments.options]
        return [(film, [*blender, str(film), *generate]) for film in films]
    out = arguments.out or arguments.folder / "frames"
    sounds = [file for file in files if file.suffix.lower() in SOUNDS]
    return [
        (sound, ["lipreel", "generate", str(sound), "--out", str(out / sound.name), *arguments.options])
        for sound in sounds
    ]


if __name__ == "__main__":
    sys.exit(main())
