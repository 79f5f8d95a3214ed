# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a job: the file lipreel.json beside its frames."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from ..errors import InputError
from ..runtime.storage import write_atomic
from ..version import own_version
from .options import PIXEL_OPTIONS, JobOptions

T = TypeVar("T")

RECORD_NAME = "lipreel.json"

SCHEMA = 1
"""The version of the record that this Lipreel writes and reads."""

Status = Literal["running", "done", "cancelled", "failed"]


@dataclass(frozen=True)
class SoundPart:
    """The section of the sound that the frames show."""

    name: str
    """Where it was; another place of the same bytes is the same sound."""
    sha256: str
    """Of the whole source."""
    rate: int
    """Samples a second."""
    first: int
    """First sample of the section."""
    samples: int
    """Samples in the section."""


@dataclass(frozen=True)
class AvatarPart:
    """The avatar that speaks."""

    id: str
    fingerprint: str
    """Stands for all of its files."""
    folder: str = ""
    """Where it was; another place of the same files is the same avatar."""


@dataclass(frozen=True)
class JobRecord:
    """What a job was made from and how far it came."""

    status: Status
    frames: int
    """Of the whole job."""
    started: str
    """ISO 8601 with its zone; a job that is resumed keeps it."""
    finished: str | None
    sound: SoundPart
    avatar: AvatarPart
    options: JobOptions
    """With the avatar's own choices filled in."""
    provider: str
    """The one that was really in use."""
    versions: Mapping[str, str]
    """Of Lipreel and of the libraries that make pixels."""
    mouth: str = ""
    """What its mouths come from, if its avatar takes a mouth track: the network that heard, or a file."""

    def differences(self, other: "JobRecord") -> tuple[str, ...]:
        """Why the frames of the two jobs are not the same, each as "sound", "fps 24, not 25" ...; or ()."""
        mine, others = self._inputs(), other._inputs()
        return tuple(
            f"{name} {mine[name]}, not {others.get(name)}" for name in mine if mine[name] != others.get(name)
        )

    def _inputs(self) -> dict[str, object]:
        """All that the frames' bytes depend on, by names that a user knows."""
        options = {name: getattr(self.options, name) for name in PIXEL_OPTIONS}
        if self.options.format != "jpg":
            del options["quality"]
        sound = self.sound
        avatar = f"{self.avatar.id} {self.avatar.fingerprint[:12]}"
        mouth = {"mouth": self.mouth} if self.mouth else {}
        section = {
            "start": _seconds(sound.first, sound.rate),
            "duration": _seconds(sound.samples, sound.rate),
        }
        inputs = {"sound": sound.sha256[:12], **section, "avatar": avatar, **options, **mouth}
        return {**inputs, "provider": self.provider, **self.versions}


def read_record(folder: Path) -> JobRecord:
    """The record of the job in `folder`.

    Raises:
        InputError: There is none, or it is not one that this Lipreel can read.

    """
    file = folder / RECORD_NAME
    try:
        data = json.loads(file.read_bytes())
        if data["schema"] != SCHEMA:
            raise ValueError("another schema")
        return JobRecord(
            sound=_build(SoundPart, data["sound"]),
            avatar=_build(AvatarPart, data["avatar"]),
            options=_options(data["options"]),
            versions=dict(data["versions"]),
            frames=_typed(int, data["frames"]),
            **{name: _typed(str, data[name]) for name in ("status", "started", "provider")},
            finished=data["finished"] and _typed(str, data["finished"]),
            mouth=_typed(str, data.get("mouth", "")),
        )
    except OSError as error:
        how = "Give a folder that generate wrote"
        raise InputError(f"cannot be read ({error.strerror})", str(file), how) from error
    except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError, InputError) as error:
        raise InputError("not a job record of this Lipreel", str(file), "Choose another folder") from error


def write_record(folder: Path, record: JobRecord) -> None:
    """Write the record of the job in `folder`; InputError if that cannot be done."""
    text = json.dumps({"schema": SCHEMA, **asdict(record)}, indent=2, default=str)
    write_atomic(folder / RECORD_NAME, f"{text}\n".encode("ascii"))


def versions() -> dict[str, str]:
    """Versions of what the frames' bytes depend on."""
    # Not at the top: whoever only reads a record needs none of them.
    import cv2
    import numpy as np
    import onnxruntime

    return {
        "lipreel": own_version(),
        "onnxruntime": onnxruntime.__version__,
        "numpy": np.__version__,
        "opencv": cv2.__version__,
    }


def now() -> str:
    """The time for a record."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _seconds(samples: int, rate: int) -> str:
    """Exact to the sample, for rates up to a million."""
    return f"{samples / rate:.7f}".rstrip("0").rstrip(".") + " s"


def _options(data: Mapping[str, Any]) -> JobOptions:
    rates = {name: Fraction(data[name]) for name in ("fps", "start")}
    duration = None if data["duration"] is None else Fraction(data["duration"])
    mouth = data.get("mouth")
    paths = {"mouth": None if mouth is None else Path(_typed(str, mouth))}
    return _build(JobOptions, {**data, **rates, "duration": duration, **paths})


def _build(kind: type[T], data: Mapping[str, Any]) -> T:
    """A dataclass from the values of its fields; older records may lack those that have a default."""
    given = [field for field in fields(cast(Any, kind)) if field.name in data]
    plain = {field.name: field.type for field in given if field.type in (int, str, bool)}
    for name, wanted in plain.items():
        _typed(wanted, data[name])
    return kind(**{field.name: data[field.name] for field in given})


def _typed(wanted: Any, value: Any) -> Any:
    """The value, if it is of this very type; TypeError if not."""
    if type(value) is not wanted:
        raise TypeError(f"{type(value).__name__} instead of {wanted.__name__}")
    return value
