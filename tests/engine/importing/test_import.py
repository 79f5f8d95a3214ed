# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of other systems into avatars: what is taken, how it is paired, and what is left when it fails."""

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from lipreel.engine.avatar.avatar_types import Square
from lipreel.engine.avatar.library import load_avatar
from lipreel.engine.cli import main
from lipreel.engine.errors import JobCancelled
from lipreel.engine.importing.import_plan import ImportOptions
from lipreel.engine.importing.importer import Imported, import_avatar
from lipreel.engine.painters.networks import check_avatar
from lipreel.tests.helpers import images, packages, tiny


def squares(count: int, start: int = 0) -> tuple[Square, ...]:
    return tuple(Square(*packages.square(index)) for index in range(start, start + count))


def bytes_of(folder: Path, pattern: str) -> list[bytes]:
    files = sorted(folder.glob(pattern), key=lambda file: int(file.stem))
    return [file.read_bytes() for file in files]


def brought(source: Path, dest: Path, **options: object) -> Imported:
    imported = import_avatar(source, dest, ImportOptions(**options))  # type: ignore[arg-type]  # a mixed bag
    check_avatar(load_avatar(dest))
    assert not list(dest.parent.glob(".*.part"))
    return imported


def test_package_with_images(tmp_path: Path) -> None:
    package = packages.make_clone(tmp_path / "Drawn Dora")
    imported = brought(package, tmp_path / "avatars" / "Dora 2")
    assert imported.source == "a digital-clone package with images"
    assert imported.notes == ()
    avatar = imported.avatar
    assert (avatar.id, avatar.name) == ("dora-2", "Drawn Dora")
    assert avatar.generator.family.name == "synctalk2d"
    assert (avatar.template.fps, avatar.audio.edge) == (25, "zeros")
    assert avatar.template.squares == squares(6)
    # Rectangle k belongs to image k + 1, and the images are taken as they are.
    assert bytes_of(avatar.folder, "frames/*.jpg") == bytes_of(package, "full_body_img/*.jpg")


def test_package_with_videos_only(tmp_path: Path) -> None:
    package = packages.make_clone(tmp_path / "clone", form="videos")
    imported = brought(package, tmp_path / "avatar")
    assert imported.source == "a digital-clone package with videos only"
    assert imported.notes == ()
    assert imported.avatar.template.squares == squares(6)
    frames = [images.read(imported.avatar.path(name)) for name in imported.avatar.template.images()]
    assert len(frames) == 6
    for index, frame in enumerate(frames):
        # Chroma at half the size is what the video itself costs.
        assert np.abs(frame.astype(int) - packages.face(index)).mean() < 2


def test_data_folder(tmp_path: Path) -> None:
    generator, encoder = packages.make_networks(tmp_path / "networks")
    source = packages.make_data_folder(tmp_path / "May")
    imported = brought(source, tmp_path / "may", generator=generator, encoder=encoder, licence="CC-BY-4.0")
    assert imported.source == "a data folder of SyncTalk_2D, by its generator"
    assert (imported.avatar.name, imported.avatar.licence) == ("May", "CC-BY-4.0")
    assert imported.avatar.template.squares == squares(6)
    assert bytes_of(imported.avatar.folder, "frames/*.jpg") == bytes_of(source, "full_body_img/*.jpg")


@pytest.mark.parametrize("form", ["images", "videos"])
@pytest.mark.parametrize("evidence", ["crops", "landmarks"])
@pytest.mark.parametrize("shift", [1, -1])
def test_package_of_other_numbering(tmp_path: Path, form: str, evidence: str, shift: int) -> None:
    """Rectangles that are one late or early are seen by the crops, or else by the landmarks."""
    package = packages.make_clone(tmp_path / "clone", form=form, crops=evidence == "crops")
    if evidence == "crops":
        shutil.rmtree(package / "landmarks")
    packages.save_rectangles(package, [packages.square(index + shift) for index in range(6)])
    imported = brought(package, tmp_path / "avatar")
    first = max(shift, 0)
    assert imported.avatar.template.squares == squares(5, first)
    frame = images.read(imported.avatar.path(imported.avatar.template.images()[0]))
    assert np.abs(frame.astype(int) - packages.face(first)).mean() < 2
    (note,) = imported.notes
    assert f"by its {evidence}, rectangle {max(-shift, 0)} belongs to" in note
    assert note.endswith("5 images have both")


def test_smoothed_rectangles_stay_where_they_are(tmp_path: Path) -> None:
    """They differ from the landmarks by a pixel or two, which is no other numbering."""
    package = packages.make_clone(tmp_path / "clone", crops=False)
    lagging = [packages.square(index) for index in range(6)]
    lagging = [(x - 3, y - 2, side) for x, y, side in lagging]  # nearer to the landmarks of the one before
    packages.save_rectangles(package, lagging)
    imported = brought(package, tmp_path / "avatar")
    assert imported.notes == ()
    assert imported.avatar.template.squares == tuple(Square(*box) for box in lagging)


def test_images_from_zero_are_paired_by_their_place(tmp_path: Path) -> None:
    package = packages.make_clone(tmp_path / "clone")
    for folder in ("full_body_img", "crops_328"):
        for number in range(1, 7):
            (package / folder / f"{number}.jpg").rename(package / folder / f"{number - 1}.jpg")
    imported = brought(package, tmp_path / "avatar")
    assert imported.avatar.template.squares == squares(6)
    assert imported.notes == ()


def test_numbering_that_nothing_can_prove(tmp_path: Path) -> None:
    package = packages.make_clone(tmp_path / "clone", crops=False, landmarks=False)
    (note,) = brought(package, tmp_path / "moving").notes
    assert "could not be checked" in note
    packages.save_rectangles(package, [packages.square(3)] * 6)
    assert brought(package, tmp_path / "still").notes == ()


def test_hash_mismatch_that_the_user_accepts(tmp_path: Path) -> None:
    package = packages.make_clone(tmp_path / "clone")
    tiny.save_generator(package / "models" / "generator.onnx", work=1)
    imported = brought(package, tmp_path / "avatar", accept_hash_mismatch=True)
    (note,) = imported.notes
    assert "used all the same, as you said" in note
    copied = imported.avatar.path(imported.avatar.generator.file).read_bytes()
    assert copied == (package / "models" / "generator.onnx").read_bytes()


def test_networks_in_place_of_the_packages_own(tmp_path: Path) -> None:
    package = packages.make_clone(tmp_path / "clone")
    shutil.rmtree(package / "models")
    generator, encoder = packages.make_networks(tmp_path / "networks")
    imported = brought(package, tmp_path / "avatar", generator=generator, encoder=encoder)
    assert imported.avatar.path("generator.onnx").read_bytes() == generator.read_bytes()


def test_package_without_a_promise(tmp_path: Path) -> None:
    package = packages.make_clone(tmp_path / "clone")
    (package / "onnx_dist_config.json").unlink()
    notes = brought(package, tmp_path / "avatar").notes
    assert len(notes) == 2
    assert all("taken unchecked" in note for note in notes)


@pytest.mark.parametrize("phase", ["video", "pairing", "files", "check"])
def test_cancelled_half_way(tmp_path: Path, phase: str) -> None:
    package = packages.make_clone(tmp_path / "clone", form="videos")
    cancel = threading.Event()

    def progress(name: str, done: int, _total: int) -> None:
        if name == phase and done == 2:
            cancel.set()

    with pytest.raises(JobCancelled):
        import_avatar(package, tmp_path / "out" / "avatar", cancel=cancel, progress=progress)
    assert list((tmp_path / "out").iterdir()) == []


def test_progress_counts_to_its_end(tmp_path: Path) -> None:
    seen: dict[str, list[tuple[int, int]]] = {}

    def progress(name: str, done: int, total: int) -> None:
        seen.setdefault(name, []).append((done, total))

    import_avatar(
        packages.make_clone(tmp_path / "clone", form="videos"), tmp_path / "avatar", progress=progress
    )
    assert list(seen) == ["video", "pairing", "files", "check"]
    for steps in seen.values():
        done, total = steps[-1]
        assert done == total
        assert [step[0] for step in steps] == list(range(total + 1))


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".avatar.part" / "frames").mkdir(parents=True)
    (tmp_path / ".avatar.part" / "frames" / "9999.jpg").write_bytes(b"old")
    brought(packages.make_clone(tmp_path / "clone"), tmp_path / "avatar")
    assert not (tmp_path / "avatar" / "frames" / "9999.jpg").exists()


def test_names_that_toml_must_escape(tmp_path: Path) -> None:
    name = 'Zoë "Zo" \\ \t\x7f 😀'
    package = packages.make_clone(tmp_path / "clone")
    assert brought(package, tmp_path / "ž b", name=name).avatar.name == name


def test_command_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = packages.make_clone(tmp_path / "clone", crops=False, landmarks=False)
    assert main(["avatar", "import", str(package), str(tmp_path / "avatar")]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        f"{package}: a digital-clone package with images",
        f"{tmp_path / 'avatar'}: avatar is whole, synctalk2d, 6 template frames",
    ]
    assert err.startswith("lipreel: note: ")
    assert main(["avatar", "check", str(tmp_path / "avatar")]) == 0
