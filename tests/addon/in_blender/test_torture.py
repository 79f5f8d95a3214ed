# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever users do to strips, in any order: Generate shows the right moments, and touches nothing else."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest
from lipreel.addon import compat
from lipreel.addon.sequencer import image_strips, sound_strips
from lipreel.tests.addon.in_blender.timelines import (
    add_sound,
    facts,
    files_of,
    generate,
    save_noise,
    sequencer,
)

STEPS = 30


class Animator:
    """Does this and that, by chance."""

    def __init__(self, scene: Any, seed: int) -> None:
        self.scene = scene
        self.chance = random.Random(seed)
        self.done: list[str] = []

    def sounds(self) -> list[Any]:
        return sound_strips.all_sounds(self.scene)

    def any_sound(self) -> Any:
        return self.chance.choice(self.sounds())

    def do_something(self) -> None:
        actions: list[Callable[[Any], None]] = [
            self.trim_left,
            self.trim_right,
            self.move,
            self.cut_sound,
            self.cut_both,
            self.copy_sound,
            self.copy_both,
            self.move_picture,
            self.trim_picture,
            self.soften,
            self.rename,
            self.lift_picture,
        ]
        action = self.chance.choice(actions)
        sound = self.any_sound()
        self.done.append(f"{action.__name__} {sound.name}")
        action(sound)

    def trim_left(self, sound: Any) -> None:
        left, right = compat.ends(sound)
        compat.set_ends(sound, min(right - 1, left + self.chance.randint(-15, 15)), right)

    def trim_right(self, sound: Any) -> None:
        left, right = compat.ends(sound)
        compat.set_ends(sound, left, max(left + 1, right + self.chance.randint(-15, 15)))

    def move(self, sound: Any) -> None:
        compat.move_content(sound, self.chance.randint(-40, 40))

    def cut_sound(self, sound: Any) -> None:
        left, right = compat.ends(sound)
        if right - left > 4:
            sound.split(frame=(left + right) // 2, split_method="SOFT")

    def cut_both(self, sound: Any) -> None:
        left, right = compat.ends(sound)
        image = image_strips.own_strip(sound, self.scene)
        middle = (left + right) // 2
        if right - left > 4:
            sound.split(frame=middle, split_method="SOFT")
        if image is not None and compat.ends(image)[0] < middle < compat.ends(image)[1]:
            image.split(frame=middle, split_method="SOFT")

    def copy(self, *strips: Any) -> None:
        if len(self.sounds()) > 6:
            return
        for strip in compat.all_strips(self.scene.sequence_editor):
            strip.select = strip in strips
        with sequencer(self.scene):
            bpy.ops.sequencer.duplicate()
        by = self.chance.randint(200, 400)
        for strip in compat.strips(self.scene.sequence_editor):
            if strip.select:
                compat.move_content(strip, by)
                strip.select = False

    def copy_sound(self, sound: Any) -> None:
        self.copy(sound)

    def copy_both(self, sound: Any) -> None:
        image = image_strips.own_strip(sound, self.scene)
        self.copy(sound, *([] if image is None else [image]))

    def move_picture(self, sound: Any) -> None:
        image = image_strips.own_strip(sound, self.scene)
        if image is not None:
            compat.move_content(image, self.chance.randint(-10, 10))

    def trim_picture(self, sound: Any) -> None:
        image = image_strips.own_strip(sound, self.scene)
        if image is not None:
            left, right = compat.ends(image)
            compat.set_ends(image, min(right - 1, left + 3), right)

    def soften(self, sound: Any) -> None:
        sound.lipreel.own_edge, sound.lipreel.feather = True, self.chance.choice((5.0, 25.0))

    def rename(self, sound: Any) -> None:
        sound.name = f"speech {self.chance.randint(1, 1000)}"

    def lift_picture(self, sound: Any) -> None:
        image = image_strips.own_strip(sound, self.scene)
        if image is not None:
            image.channel = 40 + self.chance.randint(0, 60)


def frames_on_disk(folder: Path) -> dict[Path, int]:
    return {file: file.stat().st_mtime_ns for file in folder.rglob("frame_*") if file.is_file()}


@pytest.mark.parametrize("seed", range(4))
def test_anything_in_any_order(scene: Any, tmp_path: Path, seed: int) -> None:
    sound = save_noise(tmp_path / "talk.wav", 8)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    scene.lipreel.output = ""
    first = add_sound(scene.sequence_editor, sound)
    compat.set_ends(first, 30, 90)
    animator = Animator(scene, seed)
    for _ in range(STEPS):
        animator.do_something()
        if animator.chance.random() < 0.5:
            continue
        chosen = animator.any_sound()
        before, files = facts(scene), frames_on_disk(tmp_path)
        generate(scene, chosen)
        image = image_strips.own_strip(chosen, scene)
        told = f"seed {seed}: {'; '.join(animator.done)}; generate {chosen.name}"
        assert image is not None, told
        assert_right(scene, chosen, image, told)
        after = facts(scene)
        for name in before:
            if name not in (chosen.name, image.name):
                assert after[name] == before[name], f"{told}: {name}"
        assert set(after) == {*before, image.name}, told
        now = frames_on_disk(tmp_path)
        assert {file: now[file] for file in files} == files, told
        animator.done.append(f"generate {chosen.name}")


def assert_right(scene: Any, sound: Any, image: Any, told: str) -> None:
    """Each image is there, and is that of the moment which is heard at its frame."""
    place = sound_strips.read_place(scene, sound)
    left, right = compat.ends(image)
    times = compat.times(image)
    first = left - round(times.trim)
    for file_number, frame in enumerate(range(left, right)):
        if not place.left <= frame < place.right:
            continue  # a part that another sound of the same cut speaks
        file = files_of(image)[file_number]
        moment = frame - place.zero
        assert int(file.name[6:12]) == moment + 1, f"{told}: frame {frame}, {file.name}, from {first}"
    assert left < place.right, told
    assert right > place.left, told
