# SPDX-License-Identifier: GPL-3.0-or-later
"""Every format, read back by a parser that shares no code with its writer; and files that are none."""

import csv
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.dom import minidom

import numpy as np
import pytest
from lipreel.engine.errors import InputError
from lipreel.engine.mouth.formats import FORMATS, format_of, read_mouth
from lipreel.engine.mouth.mouth_file import Sheet
from lipreel.engine.mouth.names import arkit, arkit_names, preston_blair
from lipreel.engine.mouth.shapes import PROTOTYPES, Cue
from lipreel.engine.mouth.track import CHANNELS, MouthTrack

FPS = Fraction(24)
SHAPES = "XADGFBHCEX"
STARTS = [0, 5, 9, 14, 20, 26, 29, 33, 40, 47]
FRAMES = 60
CHART = {"A": "MBP", "B": "etc", "C": "E", "D": "AI", "E": "O", "F": "U", "G": "FV", "H": "L", "X": "rest"}


@pytest.fixture
def sheet() -> Sheet:
    values = np.random.default_rng(7).uniform(0, 1, (200, 6)).astype(np.float32)
    cues = [Cue(Fraction(start) / FPS, shape) for start, shape in zip(STARTS, SHAPES, strict=True)]
    track = MouthTrack(values, "ab" * 32, "speech 1")
    return Sheet(track, cues, FPS, FRAMES, Fraction(5, 2), "a <b>/speech & é.wav")


def seconds(text: str) -> list[tuple[float, str]]:
    """As the files have it: rounded up, so that both who rounds and who cuts off comes to the frame."""
    times = [math.ceil(start * 100 / 24) / 100 for start in STARTS]
    assert [int(time * 24) for time in times] == [round(time * 24) for time in times] == list(STARTS)
    return list(zip(times, text, strict=True))


def tsv(text: str) -> list[tuple[float, str]]:
    rows = [re.fullmatch(r"(\d+\.\d\d)\t([A-HX])", line) for line in text.splitlines()]
    assert all(rows)
    return [(float(row[1]), row[2]) for row in rows if row]


def test_tsv(sheet: Sheet) -> None:
    assert tsv(FORMATS["rhubarb-tsv"].write(sheet)) == [*seconds(SHAPES), (2.5, "X")]


def test_xml(sheet: Sheet) -> None:
    document: Any = minidom.parseString(FORMATS["rhubarb-xml"].write(sheet))  # noqa: S318 - our own
    cues = document.getElementsByTagName("mouthCue")
    found = [(float(cue.getAttribute("start")), cue.firstChild.data) for cue in cues]
    assert found == seconds(SHAPES)
    ends = [float(cue.getAttribute("end")) for cue in cues]
    assert ends == [*(start for start, _ in seconds(SHAPES)[1:]), 2.5]
    (name,) = document.getElementsByTagName("soundFile")
    assert name.firstChild.data == "a <b>/speech & é.wav"
    (duration,) = document.getElementsByTagName("duration")
    assert duration.firstChild.data == "2.50"
    assert document.documentElement.tagName == "rhubarbResult"


def test_json(sheet: Sheet) -> None:
    data = json.loads(FORMATS["rhubarb-json"].write(sheet))
    assert [(cue["start"], cue["value"]) for cue in data["mouthCues"]] == seconds(SHAPES)
    assert data["metadata"] == {"soundFile": "a <b>/speech & é.wav", "duration": 2.5}


@pytest.mark.parametrize("fps", ["24", "25", "30000/1001", "30", "60000/1001", "60"])
def test_times_come_to_their_frame_at_every_rate(sheet: Sheet, fps: str) -> None:
    rate = Fraction(fps)
    cues = [Cue(frame / rate, "AB"[frame % 2]) for frame in range(2000)]
    for line in FORMATS["rhubarb-tsv"].write(replace(sheet, cues=cues, fps=rate)).splitlines()[:-1]:
        time, frame = Fraction(line.split("\t")[0]), cues.pop(0).start * rate
        assert int(time * rate) == round(time * rate) == frame


def test_papagayo_knows_whole_rates_alone(sheet: Sheet) -> None:
    ntsc = Fraction(30000, 1001)
    cues = [Cue(Fraction(0), "X"), Cue(Fraction(17982) / ntsc, "A")]  # after ten minutes
    text = FORMATS["papagayo"].write(replace(sheet, cues=cues, fps=ntsc, frames=18000)).splitlines()
    assert text[2:4] == ["30", "18018"]
    assert text[-1].split() == ["18000", CHART["A"]]


def saved_by_a_table(text: str, delimiter: str, decimal: str) -> str:
    """As programs of other countries write it: other delimiters, quotes, and lines of nothing."""
    head, columns, *rows = text.splitlines()
    rows = [row.replace(".", decimal).replace(",", delimiter) if decimal == "." else row for row in rows]
    if decimal == ",":
        rows = [row.replace(",", delimiter).replace(".", ",") for row in rows]
    width = delimiter * columns.count(",")
    lines = [f'"{head}"{width}', columns.replace(",", delimiter), *rows[:50], width, *rows[50:], "   "]
    return "\r\n".join(lines)


@pytest.mark.parametrize(
    ("delimiter", "decimal"), [(",", "."), (";", "."), (";", ","), ("\t", ","), ("\t", ".")]
)
def test_a_track_that_a_table_program_has_saved(
    sheet: Sheet, tmp_path: Path, delimiter: str, decimal: str
) -> None:
    text = saved_by_a_table(FORMATS["lipreel-csv"].write(sheet), delimiter, decimal)
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        (tmp_path / "a.csv").write_text(text, encoding)
        found = read_mouth(tmp_path / "a.csv")
        assert found.ours
        assert found.track.sound == "ab" * 32
        assert np.abs(found.track.values - sheet.track.values).max() < 6e-5


def test_a_comment_in_xml_is_none_of_our_business(sheet: Sheet, tmp_path: Path) -> None:
    text = FORMATS["rhubarb-xml"].write(sheet).replace("<mouthCues>", "<!-- by hand --><mouthCues>")
    (tmp_path / "a.xml").write_text(text, "utf-8")
    assert len(read_mouth(tmp_path / "a.xml").cues) == len(SHAPES)


def test_a_heard_track_is_the_same_from_its_file(sheet: Sheet, tmp_path: Path) -> None:
    values = np.round(sheet.track.values.astype(np.float64), 4).astype(np.float32)
    track = MouthTrack(values, "ab" * 32, "speech 1", Fraction(5, 2))
    for name, ending in (("lipreel", "json"), ("lipreel-csv", "csv")):
        (tmp_path / f"a.mouth.{ending}").write_text(FORMATS[name].write(replace(sheet, track=track)))
        found = read_mouth(tmp_path / f"a.mouth.{ending}").track
        assert np.array_equal(found.values, values)
        assert (found.sound, found.begin) == ("ab" * 32, Fraction(5, 2))


@pytest.mark.parametrize(("name", "names"), [("moho", CHART), ("moho-letters", {})])
def test_moho(sheet: Sheet, name: str, names: dict[str, str]) -> None:
    head, *lines = FORMATS[name].write(sheet).splitlines()
    assert head == "MohoSwitch1"
    found = [(int(frame), shape) for frame, shape in (line.split(" ") for line in lines)]
    expected = [(start + 1, names.get(shape, shape)) for start, shape in zip(STARTS, SHAPES, strict=True)]
    assert found == [*expected, (61, names.get("X", "X"))]


def test_papagayo(sheet: Sheet) -> None:
    """As Papagayo reads it: line by line, and as many of each as was announced."""
    lines = iter(FORMATS["papagayo"].write(sheet).splitlines())

    def take(indent: int) -> str:
        line = next(lines)
        assert line.startswith("\t" * indent)
        assert not line[indent:].startswith("\t")
        return line[indent:]

    assert take(0) == "lipsync version 1"
    assert take(0) == "a <b>/speech & é.wav"
    assert (int(take(0)), int(take(0))) == (24, 60)
    for _voice in range(int(take(0))):
        assert take(1)
        assert take(1)
        for _phrase in range(int(take(1))):
            assert take(2)
            assert (int(take(2)), int(take(2))) == (0, 59)
            for _word in range(int(take(2))):
                _text, start, end, count = take(3).split(" ")
                assert (int(start), int(end), int(count)) == (0, 59, len(SHAPES))
                found = [take(4).split(" ") for _ in range(int(count))]
    assert next(lines, None) is None
    expected = [[str(start), CHART[shape]] for start, shape in zip(STARTS, SHAPES, strict=True)]
    assert found == expected


def test_live_link(sheet: Sheet) -> None:
    at_25 = replace(sheet, fps=Fraction(25))  # at which gestures are taken as they are
    rows = list(csv.reader(FORMATS["livelink-csv"].write(at_25).splitlines()))
    head, *frames = rows
    assert head[:2] == ["Timecode", "BlendShapeCount"]
    assert len(head) == 63
    assert len(frames) == FRAMES
    assert frames[26][0] == "00:00:01:01.000"
    assert {row[1] for row in frames} == {"61"}
    curves = {name: np.array([float(row[2 + at]) for row in frames]) for at, name in enumerate(head[2:])}
    moments = np.arange(FRAMES) / 25 * 80
    values = np.stack([np.interp(moments, np.arange(200), sheet.track.values[:, k]) for k in range(6)])
    jaw, _spread, rounded, press, bite, tongue = values
    assert curves["JawOpen"] == pytest.approx(0.6 * jaw, abs=1e-4)
    assert curves["MouthClose"] == pytest.approx(0.6 * jaw * press, abs=1e-3)
    assert curves["TongueOut"] == pytest.approx(0.3 * tongue, abs=1e-4)
    assert curves["MouthShrugLower"] == pytest.approx(0.52 * bite, abs=1e-4)
    assert curves["MouthPucker"] == pytest.approx(rounded * (0.85 * (1 - jaw) + 0.42 * jaw), abs=1e-3)
    assert curves["EyeBlinkLeft"].max() == 0
    assert len(set(arkit_names())) == 61


def test_arkit_is_at_rest_with_the_mouth() -> None:
    assert max(curve.max() for curve in arkit(np.zeros((3, 6), np.float32)).values()) == 0
    assert set(arkit(np.ones((1, 6), np.float32))) <= set(arkit_names())
    assert preston_blair() == CHART


@pytest.mark.parametrize("name", ["lipreel", "lipreel-csv"])
def test_ours_comes_back(sheet: Sheet, name: str, tmp_path: Path) -> None:
    file = tmp_path / f"a{FORMATS[name].endings[0]}"
    file.write_text(FORMATS[name].write(sheet), encoding="utf-8")
    found = read_mouth(file)
    assert found.ours
    assert np.abs(found.track.values - sheet.track.values).max() <= 0.5001e-4
    assert (found.track.sound, found.track.network) == ("ab" * 32, "speech 1")
    assert [cue.shape for cue in found.cues] == list(SHAPES)
    late = [abs(float(cue.start) - start / 24) for cue, start in zip(found.cues, STARTS, strict=True)]
    assert max(late) <= (0.0001 if name == "lipreel" else 1 / 80)


def test_ours_as_others_read_it(sheet: Sheet) -> None:
    data = json.loads(FORMATS["lipreel"].write(sheet))
    assert data["channels"] == list(CHANNELS)
    assert np.abs(np.array(data["values"]) - sheet.track.values).max() < 1e-4
    _, *rows = FORMATS["lipreel-csv"].write(sheet).splitlines()
    table = list(csv.DictReader(rows))
    assert [float(row["time"]) for row in table] == pytest.approx(np.arange(200) / 80, abs=1e-4)
    assert [float(row["press"]) for row in table] == pytest.approx(sheet.track.values[:, 3], abs=1e-4)


def test_an_edited_table_may_have_another_rate(tmp_path: Path) -> None:
    head = f"# lipreel mouth track 1; sound -; network -\ntime,{','.join(CHANNELS)}\n"
    rows = "".join(f"{at / 10},{at / 10},0,0,2,-1,0\n" for at in range(11))
    (tmp_path / "a.csv").write_text(head + rows)
    values = read_mouth(tmp_path / "a.csv").track.values
    assert len(values) == 81
    assert values[:, 0] == pytest.approx(np.arange(81) / 80, abs=1e-6)
    assert values[:, 3].min() == 1  # cut to 0 ... 1
    assert values[:, 4].max() == 0


@pytest.mark.parametrize("name", ["rhubarb-tsv", "rhubarb-xml", "rhubarb-json"])
def test_shapes_of_rhubarb_become_a_mouth(sheet: Sheet, name: str, tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text(FORMATS[name].write(sheet), encoding="utf-8")
    found = read_mouth(file)
    assert not found.ours
    assert found.duration == Fraction(5, 2)
    assert [cue.shape for cue in found.cues] == list(SHAPES)
    for start, end, shape in zip(STARTS, [*STARTS[1:], 60], SHAPES, strict=True):
        middle = found.track.values[round((start + end) / 48 * 80) - 1]
        if (end - start) / 24 > 0.15:
            assert middle == pytest.approx(PROTOTYPES[shape], abs=0.02), shape


def _lines(*changes: str) -> str:
    return "\n".join(["0.00\tX", *changes, "1.00\tX", ""])


GOOD = {"kind": "lipreel mouth track", "schema": 1, "rate": 80, "channels": list(CHANNELS)}
WRONG: dict[str, tuple[str, str]] = {
    "empty": ("", "two columns"),
    "words": ("hello\n", "two columns"),
    "one line": ("0.00\tX\n", "two columns"),
    "back": (_lines("0.50\tA", "0.40\tB"), "0.4 lies before"),
    "end before": ("0.00\tX\n2.00\tA\n1.00\tX\n", "1 lies before"),
    "shape": (_lines("0.50\tQ"), '"Q" is none'),
    "nan": (_lines("nan\tA"), '"nan" is no time'),
    "minus": (_lines("-1\tA"), '"-1" is no time'),
    "huge": (_lines("1e99\tA"), '"1e99" is no time'),
    "xml": ("<rhubarbResult>", "not valid XML"),
    "entities": ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
    "no cues": ("<a/>", "no cues"),
    "json": ("{", "not a mouth track"),
    "no list": ("{}", "mouthCues"),
    "cue": ('{"mouthCues": [{"start": null, "end": 1, "value": "A"}]}', "no time"),
    "newer": (json.dumps({**GOOD, "schema": 2, "values": [[0] * 6]}), "another version"),
    "rate": (json.dumps({**GOOD, "rate": 0, "values": [[0] * 6]}), "a rate of 0"),
    "values": (json.dumps({**GOOD, "values": []}), '"values"'),
    "short row": (json.dumps({**GOOD, "values": [[0] * 6, [0] * 5]}), "not numbers"),
    "text": (json.dumps({**GOOD, "values": [["a"] * 6]}), "not numbers"),
    "infinite": (json.dumps({**GOOD, "values": [[1e999] * 6]}), "not numbers"),
    "channels": (json.dumps({**GOOD, "channels": ["a"], "values": [[0] * 6]}), "channels"),
    "head": ("# other\n", "first line"),
    "columns": ("# lipreel mouth track 1; sound -\ntime,jaw\n0,1\n", "columns"),
    "times": (
        f"# lipreel mouth track 1; sound -\ntime,{','.join(CHANNELS)}\n1,0,0,0,0,0,0\n1,0,0,0,0,0,0\n",
        "do not rise",
    ),
}


@pytest.mark.parametrize("which", list(WRONG))
def test_what_is_no_mouth_track(which: str, tmp_path: Path) -> None:
    text, complaint = WRONG[which]
    file = tmp_path / "a.tsv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(complaint)) as caught:
        read_mouth(file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"\xff\xfe\x00")
    made: list[tuple[Callable[[], object], str]] = [
        (lambda: read_mouth(tmp_path / "none"), "cannot be read"),
        (lambda: read_mouth(tmp_path), "cannot be read"),
        (lambda: read_mouth(tmp_path / "b"), "not a text"),
    ]
    for read, complaint in made:
        with pytest.raises(InputError, match=complaint):
            read()


def test_formats_by_their_endings() -> None:
    names = {"a.TSV": "rhubarb-tsv", "a.xml": "rhubarb-xml", "a.dat": "moho", "b.pgo": "papagayo"}
    names |= {"c.json": "rhubarb-json", "c.mouth.json": "lipreel", "d.mouth.csv": "lipreel-csv"}
    assert {name: format_of(name) for name in names} == names
    for name in ("a.csv", "a.txt", "a"):
        with pytest.raises(InputError, match="--format"):
            format_of(name)
