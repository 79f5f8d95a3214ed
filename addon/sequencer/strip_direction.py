# SPDX-License-Identifier: GPL-3.0-or-later
"""How a sound strip's mouth is directed: dials on the strip, and F-curves where the user has keyed them.

The properties stand directly on the strip type, so that Blender can key them; ui/properties.py declares them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any

import bpy

from .. import compat

CHANNELS = ("jaw", "spread", "round", "press", "bite", "tongue")
"""In the order of the engine's mouth track."""

INTENSITY, HOLD = "lipreel_intensity", "lipreel_hold"
OFFSETS = tuple(f"lipreel_{name}" for name in CHANNELS)
GAINS = tuple(f"lipreel_{name}_gain" for name in CHANNELS)
DIALS = (INTENSITY, HOLD, *OFFSETS, *GAINS)

Values = float | tuple[float, ...]
"""One for all frames, or one for each."""

_PLAIN = ("FLOAT", "INT", "BOOLEAN", "ENUM")
_SHOWN = ("active", "show_expanded", "is_valid")
"""Of a modifier, what changes no value."""

NOTED = "lipreel_keys"
"""The custom property of a sound strip that `note` writes:
moment 0, the scene's frames in 1000 seconds, and the keys, counted from moment 0."""

_MOST_NOTED = 64
_TRIED = 1e-3  # by which a dial differs from its curve
_STILL_THERE = 0.6  # of the noted keys, at one distance: others may have come or gone


def read_now(scene: Any, sound: Any, zero: int, moment: int) -> Mapping[str, Any]:
    """The direction of a strip at the playhead, which is at a moment of its sound.

    As it is made, by the curves; but a dial that stands beside its curve is being tried, and counts.
    """
    curves = _curves(scene, sound)
    held = zero + moment - moment % int(getattr(sound, HOLD))

    def value(dial: str) -> float:
        now, curve = float(getattr(sound, dial)), curves.get(dial)
        if curve is None or curve.mute or abs(curve.evaluate(zero + moment) - now) > _TRIED:
            return round(now, 4)
        return round(float(curve.evaluate(held)), 4)

    return _as_fields(sound, value)


def read(scene: Any, sound: Any, zero: int, moments: Iterable[float]) -> Mapping[str, Any]:
    """The direction of a strip at some moments of its sound: as plain data, for the engine.

    `zero` is the frame of the scene at which moment 0 lies.
    """
    curves = _curves(scene, sound)
    frames = [zero + moment for moment in moments]

    def values(dial: str) -> Values:
        if dial in curves and not curves[dial].mute:
            # Rounded: a curve that was moved in time has other last digits, and no other image.
            return tuple(round(curves[dial].evaluate(frame), 4) for frame in frames)
        return float(getattr(sound, dial))

    return _as_fields(sound, values)


def _as_fields(sound: Any, values: Callable[[str], Values]) -> dict[str, Any]:
    found: dict[str, Any] = {"intensity": values(INTENSITY), "hold": int(getattr(sound, HOLD))}
    for name, dials, plain in (("gain", GAINS, 1.0), ("offset", OFFSETS, 0.0)):
        each = [values(dial) for dial in dials]
        if any(value != plain for value in each):
            found[name] = tuple(each)
    return found


def digest(scene: Any, sound: Any, zero: int) -> str:
    """Stands for the direction of a strip, keys and all; "" if nothing is directed. Cheap: a panel asks."""
    curves = _curves(scene, sound)
    told: list[object] = [
        (dial, round(float(getattr(sound, dial)), 5))
        for dial in DIALS
        if dial not in curves and getattr(sound, dial) != sound.bl_rna.properties[dial].default
    ]
    told += [(dial, _points(curve, zero)) for dial, curve in sorted(curves.items())]
    return blake2b(repr(told).encode(), digest_size=8).hexdigest() if told else ""


def note(scene: Any, sound: Any, zero: int) -> None:
    """Write down where the keys lie beside their words, for `beside`; done at Generate."""
    frames = _frames(_curves(scene, sound))
    if frames:
        sound[NOTED] = [zero, _rate(scene), *(frame - zero for frame in _few(frames))]
    elif NOTED in sound:
        del sound[NOTED]


def beside(scene: Any, sound: Any, zero: int) -> int:
    """By how many frames the keys lie too early beside their words, since they were last noted, at most.

    Blender takes keys along when a strip is moved, cut, copied or put into a meta strip, but not when its
    sound is slipped under its handles, and not when the scene's frame rate changes. 0 also if the user has
    changed the keys themselves.
    """
    frames = _frames(_curves(scene, sound))
    meant = _meant(scene, sound, zero, frames)
    off = (round(meant(frame) - frame) for frame in frames) if meant else (0,)
    return max(off, key=abs)


def shift(scene: Any, sound: Any, zero: int) -> None:
    """Move all keys of a sound strip's dials to where their words are now."""
    curves = _curves(scene, sound)
    meant = _meant(scene, sound, zero, _frames(curves))
    if meant is None:
        return
    for curve in curves.values():
        for point in curve.keyframe_points:
            for place in (point.co, point.handle_left, point.handle_right):
                place[0] = meant(place[0])
        curve.update()
    note(scene, sound, zero)


def _meant(scene: Any, sound: Any, zero: int, frames: list[int]) -> Callable[[float], float] | None:
    """Where a key belongs that lies at a frame; None where that cannot be said."""
    noted = tuple(int(value) for value in sound.get(NOTED, ()))
    if not frames or len(noted) < 3:
        return None
    zero_then, rate_then, *keys = noted
    if (zero, _rate(scene)) == (zero_then, rate_then):  # it is the user who has moved them
        return None
    places = Counter(frame - key for frame in _few(frames) for key in keys)
    origin, found = max(places.items(), key=lambda place: (place[1], -abs(place[0] - zero)))
    if found < _STILL_THERE * len(keys):
        return None
    scale = _rate(scene) / rate_then
    return lambda frame: zero + (frame - origin) * scale


def _rate(scene: Any) -> int:
    """The scene's frames in 1000 seconds."""
    rate: float = scene.render.fps / scene.render.fps_base
    return round(1000 * rate)


def _frames(curves: Mapping[str, Any]) -> list[int]:
    """The frames of all keys, rising; each once."""
    return sorted({round(point.co[0]) for curve in curves.values() for point in curve.keyframe_points})


def _few(frames: list[int]) -> list[int]:
    """Enough of them to be known again."""
    return frames[:_MOST_NOTED]


def copy(source: Any, target: Any) -> None:
    """Give a sound strip the dials of another one; not its curves, which are about what is said there."""
    for dial in DIALS:
        setattr(target, dial, getattr(source, dial))


def _curves(scene: Any, sound: Any) -> dict[str, Any]:
    """The F-curves of the dials of a sound strip, by their names."""
    name = bpy.utils.escape_identifier(sound.name)
    paths = {
        f'sequence_editor.{holder}["{name}"].{dial}': dial
        for holder in ("strips_all", "sequences_all")
        for dial in DIALS
    }
    return {paths[curve.data_path]: curve for curve in compat.fcurves(scene) if curve.data_path in paths}


def _points(curve: Any, zero: int) -> list[tuple[object, ...]]:
    """A curve's keys, counted from moment 0, and all that lies between them."""
    points = [
        (
            round(point.co[0] - zero, 3),
            round(point.co[1], 5),
            point.interpolation,
            point.easing,
            *(round(float(getattr(point, name)), 4) for name in ("amplitude", "back", "period")),
            *(round(value, 3) for value in _relative(point, zero)),
        )
        for point in curve.keyframe_points
    ]
    modifiers = [_settings(modifier) for modifier in curve.modifiers]
    return [*points, (curve.mute, curve.extrapolation, *modifiers)]


def _settings(modifier: Any) -> tuple[object, ...]:
    """All that a user may set of a modifier of a curve."""
    names = (rna.identifier for rna in modifier.bl_rna.properties if rna.type in _PLAIN)
    values = ((name, getattr(modifier, name)) for name in names if name not in _SHOWN)
    return tuple(
        (name, round(value, 4) if isinstance(value, float) else str(value)) for name, value in values
    )


def _relative(point: Any, zero: int) -> Iterable[float]:
    if point.interpolation != "BEZIER":
        return ()
    (left, low), (right, high) = point.handle_left, point.handle_right
    return (left - zero, low, right - zero, high)
