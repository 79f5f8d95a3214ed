# SPDX-License-Identifier: GPL-3.0-or-later
"""The mouths of a job whose avatar takes a mouth track: heard, or read from a file, and directed."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Floats, Ints
from ..errors import InputError
from ..features.encoder import Mel
from ..features.front_ends import Hear, Listen
from ..mouth.direction import Direction, directed
from ..mouth.formats import read_mouth
from ..mouth.mouth_file import MouthFile
from ..mouth.speech import hear_mel, open_speech, reach, speech_model
from ..mouth.track import RATE, MouthTrack
from ..runtime.monitor import Monitor
from ..runtime.storage import part_path, sha256_file
from ..sound.clip import Clip
from .options import DIRECTION, JobOptions
from .record import JobRecord, read_record

_OFF_S = Fraction(1, 10)  # by which a foreign file may be longer or shorter than the sound, without a word
_SHORT_S = 1  # of less than that nobody expects speech
_DRAWN = "mouths.npy"
_AROUND_S = 2  # a track is heard so much wider than the frames: holding and smoothing look beyond them


@dataclass(frozen=True, eq=False)
class TrackSound:
    """A sound that a track is heard in."""

    identity: str
    """Stands for what is heard, and where; the file of the track is called by it."""
    sha256: Callable[[], str]
    """Of the whole sound; asked for only if a track is compared with it."""
    mel: Callable[[range], Mel]
    """The log-mel, at least of these frames; asked for only if the track is not there yet."""
    heard: range
    """The mel frames that are heard."""
    begin: Fraction
    """Seconds into the sound's file at moment 0: an edited track counts from the file's beginning."""
    whole: Fraction
    """Seconds of all of the sound's file."""


@dataclass(frozen=True, eq=False)
class JobTrack:
    """The track of a job's sound, on the clock of its clip."""

    track: MouthTrack
    fps: Fraction
    shift: Fraction
    """Seconds into the track at the clip's frame 0."""
    warnings: tuple[str, ...] = ()
    """What the user should hear about, a sentence each."""

    def mouths(self, direction: Direction, numbers: range) -> Floats:
        """The mouths of some frames of the clip [len(numbers), 6]; the direction's arrays are for these."""
        return directed(self.track, direction, np.array(numbers, np.int64), self.fps, self.shift)


def mouth_source(options: JobOptions) -> str:
    """What the mouths of a job come from, in words: the network, or the file; for its record.

    Raises:
        InputError: The file cannot be read.
    """
    if options.mouth is None:
        return speech_model().identity
    try:
        return f"file {sha256_file(options.mouth)[:12]}"
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", str(options.mouth), "Check the path"
        ) from error


def job_track(
    clip: Clip, sound: TrackSound, options: JobOptions, folder: Path | None, monitor: Monitor
) -> JobTrack:
    """The track that a clip's frames are drawn from: heard, or read from a file.

    A track that was heard is kept in the folder, so that a correction hears nothing anew.

    Raises:
        InputError: A mouth file is none, or is of another sound.
        JobCancelled: The monitor says so.
    """
    if options.mouth is not None:
        track, warnings = _from_file(options.mouth, sound, other_sound=options.other_sound)
        return JobTrack(track, clip.fps, clip.shift + sound.begin - track.begin, warnings)
    moments = _moments(clip)
    values = _kept(folder, sound, moments, lambda: _hear(sound, moments, options.workers, monitor))
    track = MouthTrack(values)
    return JobTrack(track, clip.fps, clip.shift - Fraction(moments.start, RATE), unheard(track))


def unheard(track: MouthTrack) -> tuple[str, ...]:
    """What to say of a track that was heard, if there is no speech in it."""
    heard = track.speaks or len(track.values) < _SHORT_S * RATE
    return () if heard else ("no speech was heard: the mouth stays shut",)


def mouth_rows(count: int) -> Ints:
    """What stands for windows in the plan of such a job: the frame's own row, [count, 1]."""
    return np.arange(count, dtype=np.int32)[:, None]


def mouth_ears(mouths: Floats) -> tuple[Hear, Listen]:
    """What a frame is given, and what of it is in the frame's key: its own mouth."""
    return (lambda row: mouths[row[0]]), (lambda row: mouths[row[0]].tobytes())


def keep_mouths(folder: Path, mouths: Floats | None) -> None:
    """Keep the mouths of a job's frames beside them, for `same_mouths`; without any, none are kept."""
    file = folder / _DRAWN
    if mouths is None:
        file.unlink(missing_ok=True)
    else:
        _save(file, mouths)


def same_mouths(folder: Path, record: JobRecord, mouths: Floats | None) -> frozenset[int]:
    """The numbers of the frames in a folder that a job need not draw again, though its mouths differ.

    None, unless the job that is recorded there differs from this one in nothing but its mouths.
    """
    if mouths is None:
        return frozenset()
    try:
        old = read_record(folder)
        drawn = np.load(folder / _DRAWN)
    except (InputError, OSError, ValueError, EOFError):
        return frozenset()
    as_before = replace(old, mouth=record.mouth, options=replace(old.options, **_direction(record.options)))
    if as_before.differences(record) or drawn.shape != mouths.shape or old.frames != record.frames:
        return frozenset()
    return frozenset((np.flatnonzero((drawn == mouths).all(axis=1)) + 1).tolist())


def _direction(options: JobOptions) -> dict[str, Any]:
    names = (*DIRECTION, "mouth", "other_sound")
    return {name: getattr(options, name) for name in names}


def _moments(clip: Clip) -> range:
    """The track's values that the clip's frames may ask for."""
    first, last = (Fraction(frame, 1) / clip.fps + clip.shift for frame in (clip.first, clip.numbers[-1]))
    lead = abs(clip.lead) / clip.fps
    begin = max(0, int((first - lead - _AROUND_S) * RATE))
    return range(begin, max(begin, int((last + lead + _AROUND_S) * RATE)) + 1)


def _hear(sound: TrackSound, moments: range, workers: int | None, monitor: Monitor) -> Floats:
    model = speech_model()
    mel = sound.mel(reach(moments, sound.heard, model))
    with monitor.timings.time("encode sound"):
        return hear_mel(mel, sound.heard, moments, model, open_speech(model), monitor, workers)


def _kept(folder: Path | None, sound: TrackSound, moments: range, hear: Callable[[], Floats]) -> Floats:
    """The track in the folder, or a new one that is kept there."""
    if folder is None:
        return hear()
    told = f"{sound.identity} {sound.heard} {moments} {speech_model().identity}"
    file = folder / f"mouth-{hashlib.sha256(told.encode()).hexdigest()[:16]}.npy"
    try:
        values = np.load(file)
        if values.shape == (len(moments), 6) and values.dtype == np.float32:
            return np.asarray(values, np.float32)
    except (OSError, ValueError, EOFError):  # not there, or damaged: it is heard again
        pass
    values = hear()
    _save(file, values)
    return values


def _save(file: Path, values: Floats) -> None:
    part = part_path(file)
    with suppress(OSError):  # it only saves time
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as stream:
                np.save(stream, values)
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)


def _from_file(path: Path, sound: TrackSound, *, other_sound: bool) -> tuple[MouthTrack, tuple[str, ...]]:
    found = read_mouth(path)
    if found.ours and found.track.sound and not other_sound and found.track.sound != sound.sha256():
        how = "Use the sound that it was made of, or --other-sound if it is the same in another version"
        raise InputError("this mouth track is of another sound", str(path), how)
    return found.track, tuple(f"{path.name} {what}" for what in _off(found, sound))


def _off(found: MouthFile, sound: TrackSound) -> Iterator[str]:
    """Where a file's mouth and what the frames show do not cover each other."""
    begin, end = (Fraction(place, RATE) + sound.begin for place in (sound.heard.start, sound.heard.stop))
    first, last = found.track.begin, found.track.begin + found.duration
    if first - begin > _OFF_S:
        yield f"begins at {float(first):.1f} s of the sound: before, its first mouth stands still"
    if min(end, sound.whole) - last > _OFF_S:
        short = float(min(end, sound.whole) - last)
        yield f"is {short:.1f} s shorter than the sound: behind it, its last mouth stands still"
    if not found.ours and last - sound.whole > _OFF_S:
        yield f"is {float(last - sound.whole):.1f} s longer than the sound"
