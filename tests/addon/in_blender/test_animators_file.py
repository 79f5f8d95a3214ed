# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole film of somebody else's: made, trimmed, cut, copied, undone, saved under other names, made again.

After every step, nothing has changed in strips, properties and frames but what that step is meant to change.
"""

from pathlib import Path
from typing import Any

import bpy
import pytest
from lipreel.addon import compat
from lipreel.addon.sequencer import image_strips
from lipreel.tests.addon.in_blender.timelines import (
    add_effect,
    add_modifier,
    add_sound,
    facts,
    files_of,
    generate,
    images,
    keyframes,
    save_noise,
    sequencer,
)


class Film:
    """The open film, and what it was like at the last look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.look()

    @property
    def scene(self) -> Any:
        """Looked up anew: undo and opening replace it."""
        return bpy.context.scene

    def find(self, name: str) -> Any:
        return next(strip for strip in compat.all_strips(self.scene.sequence_editor) if strip.name == name)

    def frames_on_disk(self) -> dict[str, tuple[int, bytes]]:
        found = [file for file in (self.folder / "lipreel").rglob("*") if file.name.startswith("frame_")]
        return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in found}

    def shown(self) -> dict[str, list[bytes]]:
        """The bytes of every image that an image strip of ours shows: each file is there."""
        ours = [image for image in images(self.scene) if image_strips.RECORD in image]
        return {image.name: [file.read_bytes() for file in files_of(image)] for image in ours}

    def look(self) -> None:
        self.facts, self.keys = facts(self.scene), keyframes(self.scene)
        self.files, self.pictures = self.frames_on_disk(), self.shown()

    def assert_changed(self, *names: str) -> None:
        """Only these strips are not as they were; no frame on disk was overwritten or removed."""
        now, pictures, files = facts(self.scene), self.shown(), self.frames_on_disk()
        for name, before in self.facts.items():
            if name not in names:
                assert now[name] == before, name
        assert set(now) - set(self.facts) <= set(names)
        for name, earlier in self.pictures.items():
            if name not in names:
                assert pictures[name] == earlier, name
        for path, points in self.keys.items():
            assert keyframes(self.scene)[path] == points, path
        assert {path: files[path] for path in self.files} == self.files
        self.look()


@pytest.fixture
def film(scene: Any, tmp_path: Path, tiny_avatar: str) -> Film:
    """Some thirty strips of all kinds, three meta strips, and a dialogue of two characters."""
    scene.lipreel.output = ""
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    editor = scene.sequence_editor
    dialogue, music = save_noise(tmp_path / "dialogue.wav", 20), save_noise(tmp_path / "music.wav", 8)
    add_sound(editor, music, "music", 1, 1).mute = True
    for name, left, right in (("anna", 11, 61), ("ben", 61, 101)):
        strip = add_sound(editor, dialogue, name, 2, 11)
        strip.frame_final_start, strip.frame_final_end = left, right
    ben = next(strip for strip in compat.strips(editor) if strip.name == "ben")
    ben.lipreel.format = "jpg"
    image = bpy.data.images.new("plate", 16, 9)
    image.filepath_raw, image.file_format = str(tmp_path / "plate.png"), "PNG"
    image.save()
    plates = [
        compat.strips(editor).new_image(f"plate {n}", image.filepath_raw, 4 + n, 11 + n) for n in range(2)
    ]
    for plate in plates:
        plate.frame_final_end = 101
        add_modifier(plate)
    kinds = compat.strips(editor).bl_rna.functions["new_effect"].parameters["type"].enum_items
    inputs = {"COLOR": 0, "TEXT": 0, "MULTICAM": 0, "ADJUSTMENT": 0}
    inputs |= dict.fromkeys(("GLOW", "TRANSFORM", "SPEED", "GAUSSIAN_BLUR"), 1)
    for number, kind in enumerate(item.identifier for item in kinds):
        add_effect(editor, kind, 20 + number, 11, 90, plates[: inputs.get(kind, 2)])
    for number in range(3):
        meta = compat.strips(editor).new_meta(f"meta {number}", 60 + number, 11)
        add_effect(meta, "COLOR", 1, 11, 50)
        add_sound(meta, music, f"inner {number}", 2, 11)
    plates[0].blend_alpha = 0.5
    plates[0].keyframe_insert("blend_alpha", frame=20)
    for number, strip in enumerate(compat.all_strips(editor)):
        strip.select = False
        strip.lock = number % 4 == 3 and strip.type != "SOUND"
    scene.frame_set(1)
    assert len(compat.all_strips(editor)) >= 20
    return Film(tmp_path)


def test_nothing_is_lost(film: Film) -> None:
    anna, ben = "anna Lipreel", "ben Lipreel"
    generate(film.scene, film.find("anna"), film.find("ben"))
    film.assert_changed("anna", "ben", anna, ben)
    assert [len(film.pictures[name]) for name in (anna, ben)] == [50, 40]

    generate(film.scene, film.find("anna"), film.find("ben"))
    film.assert_changed()

    film.find(anna).transform.offset_x = 40.0
    film.find("anna").frame_final_end = 51  # trimmed: it is no longer heard with ben's
    film.look()
    generate(film.scene, film.find("anna"))
    film.assert_changed(anna)
    assert (len(film.pictures[anna]), film.find(anna).transform.offset_x) == (40, 40.0)

    right = film.find("ben").split(frame=81, split_method="SOFT")
    right_image = film.find(ben).split(frame=81, split_method="SOFT")
    names = right.name, right_image.name
    film.look()
    generate(film.scene, film.find("ben"), film.find(names[0]))  # the first hears no more of anna's
    film.assert_changed("ben", ben, *names)
    assert [len(film.pictures[name]) for name in (ben, names[1])] == [20, 20]

    for strip in compat.all_strips(film.scene.sequence_editor):
        strip.select = strip.name in ("anna", anna)
    with sequencer(film.scene):
        bpy.ops.sequencer.duplicate()
    copies = [strip for strip in compat.strips(film.scene.sequence_editor) if strip.select]
    for copy in copies:
        copy.frame_start += 300
        copy.select = False
    sound, image = sorted((copy.name for copy in copies), key=lambda name: film.find(name).type, reverse=True)
    film.find(sound).lipreel.own_edge, film.find(sound).lipreel.feather = True, 25.0
    film.look()
    generate(film.scene, film.find(sound))
    film.assert_changed(sound, image)
    assert film.pictures[image] != film.pictures[anna]

    bpy.ops.ed.undo_push(message="so far")
    so_far = film.facts, film.pictures
    film.find("anna").frame_final_end = 61
    generate(film.scene, film.find("anna"))
    bpy.ops.ed.undo_push(message="longer")
    bpy.ops.ed.undo()
    film.look()
    assert (film.facts, film.pictures) == so_far
    film.assert_changed()

    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.save_as_mainfile(filepath=str(film.folder / "film2.blend"))
    film.look()
    film.find(names[0]).lipreel.format = "png"
    generate(film.scene, film.find(names[0]))
    film.assert_changed(names[0], names[1])
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(film.folder / "film.blend"))
    assert (facts(film.scene), film.shown()) == so_far
    film.look()
    generate(film.scene, film.find("anna"), film.find("ben"))
    film.assert_changed("anna", "ben", anna, ben)
