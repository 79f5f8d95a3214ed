# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole files of every kind that strangers give us, and what reads them as Lipreel does."""

import argparse
import json
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import soundfile
from hypothesis import strategies as st
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.avatar.template import TemplateFrames
from lipreel.engine.cli import generate as generate_command
from lipreel.engine.importing.importer import import_avatar
from lipreel.engine.job.folder import open_folder
from lipreel.engine.job.generate import generate
from lipreel.engine.job.manifest import read_manifest
from lipreel.engine.job.options import JobOptions
from lipreel.engine.job.record import read_record
from lipreel.engine.painters.networks import open_networks
from lipreel.engine.runtime.parser import Parser
from lipreel.engine.sound.sound import open_sound
from lipreel.tests.helpers import packages, tiny
from lipreel.tests.soak import structures

SOUNDS = ("wav", "flac", "ogg", "mp3")
TEXTS = ("toml", "squares", "json")

_BATCH = {
    "defaults": {"avatar": "demo", "fps": 25, "workers": 2},
    "job": [
        {"sound": "a.wav", "out": "a", "start": 1.5, "duration": 2, "format": "jpg", "quality": 90},
        {"sound": "b.wav", "out": "b", "overlay": True, "silence": "hold", "frames": "1:9"},
        {"sound": "c.wav", "out": "c", "colour-match": False, "provider": "cpu", "precision": "exact"},
    ],
}


@dataclass(frozen=True)
class Case:
    """A file that is whole, in all that it takes to read it."""

    file: Path
    read: Callable[[], object]
    changed: "st.SearchStrategy[bytes] | None" = None
    """What may stand in the file instead."""

    @property
    def whole(self) -> bytes:
        """The whole file's bytes; to be asked for before it is changed."""
        return _WHOLE.setdefault(self.file, self.file.read_bytes())


_WHOLE: dict[Path, bytes] = {}


def make_case(kind: str, place: Path) -> Case:
    """A whole file of this kind, and what reads it."""
    case = _make(kind, place)
    assert case.whole
    return case


def _make(kind: str, place: Path) -> Case:
    if kind in SOUNDS:
        return _sound(place / f"speech.{kind}")
    if kind in ("json", "package values", "rectangles", "mp4"):
        return _package(kind, place)
    if kind == "record":
        return _record(place)
    if kind.startswith("batch"):
        return _batch(kind, place)
    return _avatar(kind, place)


def _sound(file: Path) -> Case:
    samples = 0.5 * np.sin(2 * np.pi * 150 * np.arange(22050) / 44100)
    soundfile.write(file, samples, 44100)
    return Case(file, lambda: sum(len(block) for block in open_sound(file, duration=Fraction(60)).blocks()))


def _avatar(kind: str, place: Path) -> Case:
    images = {"png": "png", "avi": "video"}.get(kind, "jpg")
    folder = tiny.make_avatar(place / "avatar", "wav2lip", images=images, count=2)
    names = {"squares": "squares.csv", "onnx": "generator.onnx", "avi": "template.avi"}
    names |= {"toml": "avatar.toml", "avatar values": "avatar.toml"}
    file = folder / names.get(kind, f"frames/0001.{kind}")
    rehash = file.name != "avatar.toml"
    tree = tomllib.loads((folder / "avatar.toml").read_text("utf-8"))
    return Case(file, lambda: _whole_avatar(folder, rehash), structures.changed(tree).map(structures.as_toml))


def _whole_avatar(folder: Path, rehash: bool) -> None:
    if rehash:
        tiny.rehash(folder)  # a stranger's hashes are right
    avatar = load_avatar(folder)
    open_networks(avatar, "cpu")
    with TemplateFrames(avatar) as templates:
        for index in range(len(templates)):
            templates[index]


def _package(kind: str, place: Path) -> Case:
    form = "videos" if kind == "mp4" else "images"
    few = [np.asarray(cv2.resize(packages.face(index), packages.SIZE), np.uint8) for index in range(2)]
    folder = packages.make_clone(place / "package", form=form, pictures=few)
    names = {"mp4": "full_body_video.mp4", "package values": "onnx_dist_config.json"}
    file = folder / names.get(kind, "cache/crop_rectangles.json")
    tree = {} if kind == "mp4" else json.loads(file.read_bytes())

    def read() -> None:
        shutil.rmtree(place / "made", ignore_errors=True)
        import_avatar(folder, place / "made")

    return Case(file, read, structures.changed(tree).map(structures.as_json))


def _record(place: Path) -> Case:
    """The record beside somebody's frames."""
    avatar = load_avatar(tiny.make_avatar(place / "avatar", "wav2lip", count=2))
    sound = open_sound(tiny.save_sound(place / "speech.wav", 0.2))
    out = place / "out"
    generate(sound, avatar, out, JobOptions())
    record = read_record(out)
    tree = json.loads((out / "lipreel.json").read_bytes())
    return Case(
        out / "lipreel.json",
        lambda: open_folder(out, record, overwrite=False),
        structures.changed(tree).map(structures.as_json),
    )


def _batch(kind: str, place: Path) -> Case:
    name, write = ("jobs.csv", structures.as_csv) if "csv" in kind else ("jobs.toml", structures.as_toml)
    file = place / name
    file.write_bytes(write(_BATCH))
    parser = Parser(prog="lipreel generate")
    generate_command.add_to(parser.add_subparsers())

    def read() -> list[argparse.Namespace]:
        return [parser.parse_args(["generate", *job.words]) for job in read_manifest(file)]

    return Case(file, read, structures.changed(_BATCH).map(write))
