# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that reads mutated files, one after the other, and says what it did not refuse in good order.

Arguments: kind, first input, one past the last, folder to work in. It prints two lines of JSON an input: that
it begins, and what came of it.
"""

import json
import os
import random
import shutil
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import packages
import soundfile
import tiny
from lipreel.engine.avatar import load_avatar
from lipreel.engine.avatar_files import open_networks
from lipreel.engine.errors import InputError
from lipreel.engine.importing.importer import import_avatar
from lipreel.engine.memory import peak_rss_mb
from lipreel.engine.sound import open_sound
from lipreel.engine.template import TemplateFrames

SOUNDS = ("wav", "flac", "ogg", "mp3")
KINDS = ("toml", "squares", "jpg", "png", "onnx", *SOUNDS, "json")

_TEXTS = ("toml", "squares", "json")
_TOKENS = [
    *(b"-1", b"0", b"1e999", b"nan", b"99999999999999999999", b"true", b"null", b"[]", b"{}", b"[[a]]"),
    *(b'"../x"', b'"/etc/hostname"', b'"' + b"x" * 5000 + b'"', b"[" * 5000, b"\0", b"\xff", b"\n"),
]


def mutated(data: bytes, chance: random.Random, text: bool) -> bytes:
    """The bytes with a few of them flipped, cut, repeated or replaced by what parsers dislike."""
    result = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(max(1, len(result)))
        length = chance.choice((1, 2, 4, 8, 64))
        match chance.randrange(6):
            case 0 if result:
                result[at % len(result)] ^= 1 << chance.randrange(8)
            case 1:
                result[at : at + length] = chance.choice((b"\0", b"\xff", b"\x7f")) * length
            case 2:
                del result[at : at + length]
            case 3:
                result[at:at] = result[at : at + length] * chance.choice((1, 2, 100))
            case 4:
                del result[at:]
            case 5 if text:
                words = bytes(result).split(b" ")
                words[chance.randrange(len(words))] = chance.choice(_TOKENS)
                result = bytearray(b" ".join(words))
    return bytes(result)


def make_reader(kind: str, place: Path) -> tuple[Path, Callable[[], object]]:
    """A whole file of this kind, and what reads it as Lipreel does."""
    if kind in SOUNDS:
        file = place / f"speech.{kind}"
        samples = 0.5 * np.sin(2 * np.pi * 150 * np.arange(22050) / 44100)
        soundfile.write(file, samples, 44100)
        return file, lambda: sum(len(block) for block in open_sound(file, duration=Fraction(60)).blocks())
    if kind == "json":
        source = packages.make_clone(place / "package")
        file = max(source.rglob("*.json"), key=lambda path: path.stat().st_size)
        return file, lambda: _imported(source, place / "made")
    avatar = tiny.make_avatar(place / "avatar", "wav2lip", images="png" if kind == "png" else "jpg", count=2)
    names = {"toml": "avatar.toml", "squares": "squares.csv", "onnx": "generator.onnx"}
    file = avatar / names.get(kind, f"frames/0001.{kind}")
    return file, lambda: _whole_avatar(avatar, rehash=kind != "toml")


def _imported(source: Path, made: Path) -> None:
    shutil.rmtree(made, ignore_errors=True)
    import_avatar(source, made)


def _whole_avatar(folder: Path, rehash: bool) -> None:
    if rehash:
        tiny.rehash(folder)  # a stranger's hashes are right
    avatar = load_avatar(folder)
    open_networks(avatar, "cpu")
    with TemplateFrames(avatar) as templates:
        for index in range(len(templates)):
            templates[index]


def main(kind: str, first: int, stop: int, place: Path) -> None:
    """Read the inputs `first` ... `stop` - 1; each follows from its number alone, and can be made again."""
    file, read = make_reader(kind, place)
    read()  # whole, it is taken
    whole = file.read_bytes()
    for number in range(first, stop):
        print(json.dumps({"begun": number}), flush=True)
        chance = random.Random(f"{kind} {number}")
        file.write_bytes(mutated(whole, chance, text=kind in _TEXTS))
        begun, outcome = time.monotonic(), "taken"
        try:
            read()
        except InputError:
            outcome = "refused"
        except Exception as error:  # this is what we are here for
            outcome = f"{type(error).__name__}: {error}"
        said = {"outcome": outcome, "seconds": time.monotonic() - begun, "peak_rss_mb": peak_rss_mb()}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    os.chdir(sys.argv[4])
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
