# SPDX-License-Identifier: GPL-3.0-or-later
"""An avatar of any clip, for Wav2Lip: videos and sequences, faces found or set by hand, what can be wrong."""

import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from lipreel.engine.avatar.avatar_types import Square
from lipreel.engine.avatar.library import MODELS, load_avatar
from lipreel.engine.cli import main
from lipreel.engine.painters.networks import check_avatar
from lipreel.tests.helpers import images, packages, tiny
from PIL import Image

DEMO = MODELS / "demo"


@pytest.fixture
def generator(tmp_path: Path) -> Path:
    tiny.save_generator(tmp_path / "wav2lip.onnx", "wav2lip")
    return tmp_path / "wav2lip.onnx"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    packages.save_video(tmp_path / "clip.mp4", [packages.face(index) for index in range(6)], rate=30)
    return tmp_path / "clip.mp4"


@pytest.fixture
def create(generator: Path, tmp_path: Path) -> Callable[..., int]:
    def run(video: Path, *options: str | Path, network: Path = generator) -> int:
        family = ["--family", "wav2lip", "--generator", str(network)]
        dest = str(tmp_path / "made" / "avatar")
        return main(["avatar", "create", *family, "--video", str(video), *map(str, options), dest])

    return run


def refused(capsys: pytest.CaptureFixture[str], status: int, made: Path) -> str:
    """The one line of a command that failed and left nothing."""
    assert status == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1, err
    assert not made.is_dir() or not list(made.iterdir())
    return err


def demo_frames(folder: Path, places: range) -> Path:
    folder.mkdir()
    for number, place in enumerate(places, 101):
        shutil.copy(DEMO / "frames" / f"{place:04d}.jpg", folder / f"shot_{number:04d}.jpg")
    return folder


def test_video_with_a_square(video: Path, create: Callable[..., int], tmp_path: Path) -> None:
    assert create(video, "--square", "110,66,170", "--name", "Ada", "--licence", "CC0-1.0") == 0
    avatar = load_avatar(tmp_path / "made" / "avatar")
    check_avatar(avatar)
    assert (avatar.name, avatar.licence, avatar.generator.family.name) == ("Ada", "CC0-1.0", "wav2lip")
    assert avatar.audio.encoder is None
    assert (avatar.template.fps, avatar.template.count) == (30, 6)
    assert avatar.template.squares == (Square(110, 66, 170),) * 6
    for index, name in enumerate(avatar.template.images()):
        frame = images.read(avatar.path(name))
        assert np.abs(frame.astype(int) - packages.face(index)).mean() < 2


def test_frames_of_an_ntsc_video(create: Callable[..., int], tmp_path: Path) -> None:
    packages.save_video(tmp_path / "ntsc.mov", [packages.face(1)] * 5, rate=packages.NTSC)
    assert create(tmp_path / "ntsc.mov", "--square", "110,66,170") == 0
    assert load_avatar(tmp_path / "made" / "avatar").template.fps == packages.NTSC


def test_video_that_lies_on_its_side(create: Callable[..., int], tmp_path: Path) -> None:
    """Telephones turn the image by a note in the file."""
    packages.save_video(tmp_path / "side.mp4", [np.rot90(packages.face(2)).copy()] * 3, turned=90)
    assert create(tmp_path / "side.mp4", "--square", "110,66,170") == 0
    avatar = load_avatar(tmp_path / "made" / "avatar")
    frame = images.read(avatar.path(avatar.template.images()[1]))
    assert frame.shape == (300, 400, 3)
    assert np.abs(frame.astype(int) - packages.face(2)).mean() < 2
    other = cv2.VideoCapture(str(tmp_path / "side.mp4")).read()[1]  # turns videos by itself
    assert np.abs(frame.astype(int) - other).mean() < 2


def test_sequence_with_a_track(create: Callable[..., int], tmp_path: Path) -> None:
    pictures = demo_frames(tmp_path / "images", range(5))
    track = tmp_path / "track.json"
    track.write_text(json.dumps({"2": [480, 366, 328], "4": [490, 360, 330]}))
    assert create(pictures, "--track", track, "--fps", "12.5") == 0
    avatar = load_avatar(tmp_path / "made" / "avatar")
    assert avatar.template.fps == 25 / 2
    first, last = Square(480, 366, 328), Square(490, 360, 330)
    assert avatar.template.squares == (first, first, Square(485, 363, 329), last, last)
    for name, file in zip(avatar.template.images(), sorted(pictures.iterdir()), strict=True):
        assert avatar.path(name).read_bytes() == file.read_bytes()


def test_faces_are_found_and_gaps_bridged(
    create: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demo avatar is drawn, and its face is found in some of its images only."""
    assert create(demo_frames(tmp_path / "images", range(40, 60, 2))) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == f"{tmp_path / 'images'}: a sequence"
    avatar = load_avatar(tmp_path / "made" / "avatar")
    for place, square in zip(range(40, 60, 2), avatar.template.squares, strict=True):
        x, y, size = map(int, (DEMO / "squares.csv").read_text().splitlines()[place].split(","))
        mouth_x, mouth_y = x + size / 2, y + size / 2
        assert abs(square.x + square.size / 2 - mouth_x) < 0.1 * square.size
        assert square.y + square.size / 2 < mouth_y < square.y + square.size
    steps = np.diff([(square.x, square.y, square.size) for square in avatar.template.squares], axis=0)
    assert np.abs(steps).max() <= 4
    assert err == "" or "bridged" in err


def test_a_hole_in_the_faces_is_said(
    create: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = demo_frames(tmp_path / "images", range(48, 54))
    for number in (103, 104):
        empty = np.full((720, 1280, 3), 90, np.uint8)
        cv2.imwrite(str(pictures / f"shot_{number:04d}.jpg"), empty)
    assert create(pictures) == 0
    assert "no face was found in 2 of 6 images (3-4): bridged" in capsys.readouterr().err


def test_no_face_anywhere(
    create: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packages.save_pictures(tmp_path / "noise", [tiny.picture(k) for k in range(3)], first=1)
    line = refused(capsys, create(tmp_path / "noise"), tmp_path / "made")
    assert "no face is found in any of 3 images. Set the face by hand: --square x,y,size" in line


def test_without_the_extra(
    video: Path,
    create: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> object:
        return None if name in missing else installed(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    missing = {"dlib"}
    line = refused(capsys, create(video), tmp_path / "made")
    assert "finding faces needs dlib. Set the face by hand: --square x,y,size. Install it:" in line
    missing = {"av"}
    assert create(video, "--square", "110,66,170") == 0
    assert "was read by OpenCV: with PyAV" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("square", "words"),
    [
        ("1,2", "'1,2' is not x,y,size in whole pixels"),
        ("-1,2,100", "is not x,y,size in whole pixels"),
        ("320,66,170", "the square 320,66,170 leaves the image of 400x300"),
        ("10,10,9", "a square of 9 pixels is under 16"),
    ],
)
def test_wrong_square(
    video: Path,
    create: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    square: str,
    words: str,
) -> None:
    assert words in refused(capsys, create(video, f"--square={square}"), tmp_path / "made")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON ("),
        ("[]", "is no JSON object with squares"),
        ("{}", "is no JSON object with squares"),
        ('{"0": [110, 66, 170]}', '"0" is not the number of an image, 1 to 6'),
        ('{"7": [110, 66, 170]}', '"7" is not the number of an image, 1 to 6'),
        ('{"1": [110, 66]}', "[110, 66] is not [x, y, size] in whole pixels"),
        ('{"1": [110, 66, 1.5]}', "[110, 66, 1.5] is not [x, y, size] in whole pixels"),
        ('{"1": [110, 266, 170]}', "the square 110,266,170 leaves the image of 400x300"),
    ],
)
def test_wrong_track(
    video: Path,
    create: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    words: str,
) -> None:
    (tmp_path / "track.json").write_text(text)
    line = refused(capsys, create(video, "--track", tmp_path / "track.json"), tmp_path / "made")
    assert words in line
    assert "track.json" in line


def test_wrong_clips(create: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    square = ("--square", "110,66,170")
    made = tmp_path / "made"
    assert "no such video, image or folder" in refused(capsys, create(tmp_path / "none.mp4", *square), made)
    speech = tiny.save_sound(tmp_path / "speech.wav", 0.5)
    assert "cannot be read as a video" in refused(capsys, create(speech, *square), made)
    (tmp_path / "text.mp4").write_text("no video")
    assert "cannot be read as a video" in refused(capsys, create(tmp_path / "text.mp4", *square), made)
    pictures = demo_frames(tmp_path / "images", range(4))
    (pictures / "shot_0102.jpg").unlink()
    assert "image 102 is missing" in refused(capsys, create(pictures, *square), made)
    shutil.copy(pictures / "shot_0101.jpg", pictures / "other_1.jpg")
    assert "several sequences (other_#.jpg, shot_#.jpg)" in refused(capsys, create(pictures, *square), made)
    (tmp_path / "empty").mkdir()
    assert "holds no numbered images" in refused(capsys, create(tmp_path / "empty", *square), made)


def test_generator_of_another_family(
    video: Path, create: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.save_generator(tmp_path / "synctalk.onnx")
    status = create(video, "--square", "110,66,170", network=tmp_path / "synctalk.onnx")
    assert "has no input 'video_frames'" in refused(capsys, status, tmp_path / "made")


def test_no_generator(video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dest = tmp_path / "made" / "avatar"
    status = main(["avatar", "create", "--family", "wav2lip", "--video", str(video), str(dest)])
    assert "Wav2Lip's network is missing" in refused(capsys, status, tmp_path / "made")


def test_square_and_track_at_once(
    video: Path, create: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = create(video, "--square", "110,66,170", "--track", "x.json")
    assert "not allowed with argument --square" in refused(capsys, status, tmp_path / "made")


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "bmp"])
def test_one_image_is_enough(create: Callable[..., int], tmp_path: Path, suffix: str) -> None:
    image = tmp_path / f"portrait.{suffix}"
    image.write_bytes(cv2.imencode(f".{suffix}", packages.face(0))[1].tobytes())
    assert create(image, "--square", "110,66,170") == 0
    avatar = load_avatar(tmp_path / "made" / "avatar")
    assert (avatar.template.count, avatar.template.start) == (1, 0)


def test_a_folder_of_a_camera_on_a_foreign_disk(create: Callable[..., int], tmp_path: Path) -> None:
    """Held upright, with what macOS lays beside; the square is that of the image as one sees it."""
    folder = tmp_path / "shots"
    folder.mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    for number in (1, 2):
        pixels = np.rot90(packages.face(number))[:, :, ::-1]
        Image.fromarray(np.ascontiguousarray(pixels)).save(
            folder / f"IMG_{number}.jpg", exif=exif, quality=95
        )
        (folder / f"._IMG_{number}.jpg").write_bytes(b"\0\5\x16\7" + bytes(100))
    assert create(folder, "--square", "110,66,170") == 0
    made = load_avatar(tmp_path / "made" / "avatar")
    assert made.template.count == 2
    seen = np.asarray(cv2.imread(str(made.path(made.template.images()[0]))), np.int32)
    assert np.abs(seen - packages.face(1)).mean() < 2


def test_a_face_at_the_border_is_told(
    video: Path, create: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert create(video, "--square", "260,66,170") == 0
    assert "the face square leaves 6 of 6 images" in capsys.readouterr().err
    assert load_avatar(tmp_path / "made" / "avatar").template.squares[0] == Square(260, 66, 170)
