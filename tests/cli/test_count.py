"""`veduta count` as a user runs it: JSON to the letter, tables and drawings, errors in their place, wrong usage."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import av
import jsonschema
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from veduta.cli.app import app
from veduta.nets.store import ModelStore

NUMBER = {"type": ["integer", "null"], "minimum": 0}
COUNTED = {"count": NUMBER, "low": NUMBER, "high": NUMBER}
LINE = {
    "type": "object",
    "required": ["path", "count", "low", "high", "method", "error"],
    "additionalProperties": False,
    "properties": {
        **COUNTED,
        "path": {"type": "string"},
        "method": {"enum": ["detector", "density", None]},
        "error": {"type": ["string", "null"]},
        "points": {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2}},
        "looks": {"type": "integer", "minimum": 1},
        "regions": {
            "type": "array",
            "items": {"required": ["name", "count", "low", "high"], "properties": COUNTED},
        },
        "flow": {"type": "object", "required": ["in", "out", "different", "crossings"]},
    },
}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["count", *map(str, arguments)])


def told(result: Result) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in result.stdout.splitlines()]
    for one in found:
        jsonschema.validate(one, LINE)
        if one["error"] is None:
            assert one["low"] <= one["count"] <= one["high"]
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, photographs: Path) -> Path:
    """An astronaut, taken twice; a cup of coffee; a broken file; a film of the astronaut that stands still."""
    made = tmp_path_factory.mktemp("counted")
    with Image.open(photographs / "astronaut.png") as picture:
        for name, clock in (("a", "10:00:00"), ("b", "10:20:00")):
            exif = Image.Exif()
            exif.get_ifd(0x8769)[0x9003] = f"2024:05:01 {clock}"
            picture.convert("RGB").save(made / f"{name}.jpg", exif=exif)
        pixels = np.asarray(picture.convert("RGB").resize((256, 256)))
    shutil.copy(photographs / "coffee.png", made / "c.png")
    (made / "d.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    with av.open(str(made / "e.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 256, 256, "yuv420p", 2_000_000
        for _ in range(11):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return made


def test_photos_films_and_broken_files(folder: Path, tmp_path: Path, store: ModelStore) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    table, drawing = tmp_path / "t.csv", tmp_path / "t.svg"
    regions = ("--region", "upper=0,0 1,0 1,0.5 0,0.5", "--region", "0,0.5 1,0.5 1,1 0,1")
    result = run(folder, "--json", "--points", *regions, "--csv", table, "--plot", drawing)
    assert result.exit_code == 1  # because of the broken file
    a, b, c, d, e = told(result)
    assert [Path(one["path"]).name for one in (a, b, c, d, e)] == [
        "a.jpg",
        "b.jpg",
        "c.png",
        "d.jpg",
        "e.mp4",
    ]
    assert [one["count"] for one in (a, b, c, d, e)] == [1, 1, 0, None, 1]
    assert d["error"] and "points" not in d
    ((x, y),) = a["points"]
    assert 170 < x < 270 and 60 < y < 170
    assert [(one["name"], one["count"]) for one in a["regions"]] == [("upper", 1), ("region 2", 0)]
    assert e["looks"] == 3 and "flow" not in e
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * (2 + 1 + 3)
    whole = [row for row in rows if not row["region"]]
    assert [row["time"] for row in whole[:2]] == ["2024-05-01 10:00:00", "2024-05-01 10:20:00"]
    assert [row["seconds"] for row in whole if row["path"].endswith("e.mp4")] == ["0.00", "1.00", "2.00"]
    assert ElementTree.fromstring(drawing.read_text()).tag.endswith("svg")


def test_attendance_by_periods(folder: Path, tmp_path: Path, store: ModelStore) -> None:
    table = tmp_path / "t.csv"
    result = run(folder / "a.jpg", folder / "b.jpg", "--csv", table, "--by", 60)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].startswith(f"{folder / 'a.jpg'}: 1 (")
    with table.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["start"], row["readings"], row["most"]) == ("2024-05-01 10:00", "2", "1")


def test_a_line_in_a_film(folder: Path, store: ModelStore) -> None:
    result = run(folder / "e.mp4", "--json", "--line", "0.9,1,0.9,0", "--every", 0.2)
    (one,) = told(result)
    assert result.exit_code == 0
    assert one["flow"] == {"in": 0, "out": 0, "different": 1, "crossings": []}


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (("--region", "1,2 3,4"), "three corners"),
        (("--region", "a=0,0 1,0 1,1", "--region", "a=0,0 1,0 0,1"), "name of its own"),
        (("--line", "1,2,3"), "X1,Y1,X2,Y2"),
        (("--what", "unicorn"), "unicorn"),
        (("--plot", "a.png"), ".svg"),
    ],
)
def test_wrong_usage(folder: Path, arguments: tuple[str, ...], complaint: str, store: ModelStore) -> None:
    result = run(folder / "c.png", *arguments)
    assert result.exit_code != 0
    assert complaint in f"{result.stderr} {result.exception}"


def test_originals_are_never_written_over(folder: Path, store: ModelStore) -> None:
    before = (folder / "a.jpg").read_bytes()
    result = run(folder / "a.jpg", "--csv", folder / "a.jpg")
    assert result.exit_code == 2
    assert (folder / "a.jpg").read_bytes() == before
