"""`veduta see` as a user runs it: JSON to the letter, errors in their place, painted copies, wrong usage."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image

from veduta.nets.store import ModelStore

LINE = {
    "type": "object",
    "required": ["path", "width", "height", "findings", "error"],
    "additionalProperties": False,
    "properties": {
        "path": {"type": "string"},
        "width": {"type": "integer"},
        "height": {"type": "integer"},
        "error": {"type": ["string", "null"]},
        "findings": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind", "name", "score", "box", "recognizer", "version"],
                "additionalProperties": False,
                "properties": {
                    "kind": {"type": "string"},
                    "name": {"type": "string"},
                    "score": {"type": "number", "minimum": 0, "maximum": 1},
                    "box": {
                        "type": ["array", "null"],
                        "items": {"type": "number"},
                        "minItems": 4,
                        "maxItems": 4,
                    },
                    "polygon": {"type": "array"},
                    "mask": {"type": "object"},
                    "text": {"type": "string"},
                    "extra": {"type": "object"},
                    "vector": {"type": "array", "items": {"type": "number"}},
                    "recognizer": {"type": "string"},
                    "version": {"type": "string"},
                },
            },
        },
    },
}


def see(*arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "veduta", "see", *(os.fsencode(str(a)) for a in arguments)],
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )


def lines(run: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in run.stdout.decode("utf-8").splitlines()]
    for line in found:
        jsonschema.validate(line, LINE)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, photographs: Path) -> Path:
    """Two photos, one of them turned by its EXIF, one in a subfolder with a name of its own, and a broken one."""
    root = tmp_path_factory.mktemp("photos")
    with Image.open(photographs / "astronaut.png") as picture:
        exif = Image.Exif()
        exif[0x0112] = 6
        picture.crop((0, 0, 512, 400)).save(root / "turned.jpg", exif=exif)
    (root / "été 東京").mkdir()
    shutil.copy(photographs / "coffee.png", root / "été 東京" / "café.png")
    (root / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    (root / "notes.txt").write_text("no photo")
    return root


def test_json_is_one_line_for_each_photo(folder: Path) -> None:
    run = see(folder, folder / "missing.jpg", "--json", "--recognizers", "quality")
    assert run.returncode == 1
    told = {Path(line["path"]).name: line for line in lines(run)}
    assert set(told) == {"turned.jpg", "café.png", "broken.jpg", "missing.jpg"}
    assert (told["turned.jpg"]["width"], told["turned.jpg"]["height"]) == (400, 512)
    assert {f["name"] for f in told["café.png"]["findings"]} == {
        "sharpness",
        "exposure",
        "contrast",
        "overall",
    }
    assert all(f["kind"] == "quality" and f["box"] is None for f in told["café.png"]["findings"])
    assert told["turned.jpg"]["error"] is told["café.png"]["error"] is None
    assert told["broken.jpg"]["error"]
    assert told["missing.jpg"]["error"]
    assert told["broken.jpg"]["findings"] == []
    assert "café" in run.stdout.decode("utf-8")
    assert b"looking at photos" in run.stderr


def test_good_photos_end_well_and_come_once(folder: Path) -> None:
    photo = folder / "turned.jpg"
    run = see(photo, photo, "--json", "--recognizers", "quality")
    assert run.returncode == 0
    assert len(lines(run)) == 1


def test_the_table_is_for_people(folder: Path) -> None:
    run = see(folder / "été 東京", folder / "broken.jpg", "--recognizers", "quality")
    assert run.returncode == 1
    text = run.stdout.decode("utf-8")
    assert "café.png" in text
    assert "600 x 400" in text
    assert "sharpness" in text
    assert "Traceback" not in text + run.stderr.decode()


@pytest.mark.parametrize(
    "arguments",
    [(), ("x.jpg", "--recognizers", "nobody"), ("x.jpg", "--recognizers", ","), ("x.jpg", "--nonsense"),
     ("x.jpg", "y.jpg", "--recognizers", "quality", "--draw", "one.png"), ("x.jpg", "--why", "dog")],
)  # fmt: skip
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    run = see(*arguments)
    assert run.returncode == 2
    assert run.stdout == b""
    assert b"Traceback" not in run.stderr


def test_missing_networks_are_told_with_what_to_do(folder: Path, tmp_path: Path) -> None:
    run = see(
        folder / "turned.jpg",
        "--json",
        "--recognizers",
        "labels,scenes,objects,quality",
        VEDUTA_MODELS=str(tmp_path / "none"),
    )
    assert run.returncode == 1
    assert run.stdout == b""
    assert b"veduta models pull" in run.stderr
    assert run.stderr.count(b"labels, scenes: the network efficientnet-lite2 is missing") == 1
    assert run.stderr.count(b"efficientnet-lite2 is missing") == 1
    assert b"Traceback" not in run.stderr


def test_painted_copies(folder: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    run = see(folder / "turned.jpg", "--recognizers", "quality", "--draw", tmp_path / "one.png")
    assert run.returncode == 0
    with Image.open(tmp_path / "one.png") as painted:
        assert (painted.format, painted.size) == ("PNG", (400, 512))
    copy = tmp_path / "again" / "turned.jpg"
    copy.parent.mkdir()
    shutil.copy(folder / "turned.jpg", copy)
    run = see(folder / "turned.jpg", copy, "--recognizers", "quality", "--draw", tmp_path / "out")
    assert run.returncode == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["turned-2.jpg", "turned.jpg"]
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_originals_are_never_painted_on(folder: Path) -> None:
    photo = folder / "turned.jpg"
    before = photo.read_bytes()
    for out in (folder, photo):
        run = see(photo, "--recognizers", "quality", "--draw", out)
        assert run.returncode == 2
        assert photo.read_bytes() == before


def test_many_photos_come_in_order(tmp_path: Path) -> None:
    for number in range(19):
        pixels = np.random.default_rng(number).integers(0, 256, (40 + number, 60, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number:02}.png")
    told = lines(see(tmp_path, "--json", "--recognizers", "quality"))
    assert [line["height"] for line in told] == [40 + number for number in range(19)]


def test_objects_and_vectors(folder: Path, store: ModelStore) -> None:
    photo = folder / "turned.jpg"
    (plain,) = lines(see(photo, "--json", "--recognizers", "objects,faces"))
    (full,) = lines(see(photo, "--json", "--vectors", "--recognizers", "objects,faces"))
    assert not any("vector" in f for f in plain["findings"])
    for finding in full["findings"]:
        if finding["kind"] == "face":
            assert np.linalg.norm(finding["vector"]) == pytest.approx(1, abs=1e-3)
        if finding["box"]:
            x, y, width, height = finding["box"]
            assert -1 <= x <= x + width <= 401
            assert -1 <= y <= y + height <= 513


def test_what_speaks_for_a_name_is_painted(folder: Path, tmp_path: Path, store: ModelStore) -> None:
    painted = []
    for name in ("person", "Taj Mahal"):
        out = tmp_path / f"{len(painted)}.png"
        run = see(folder / "turned.jpg", "--recognizers", "quality", "--draw", out, "--why", name)
        assert run.returncode == 0, run.stderr
        with Image.open(out) as picture:
            assert picture.height > picture.width
            painted.append(np.asarray(picture))
    assert (painted[0] != painted[1]).any()
    run = see(folder / "turned.jpg", "--recognizers", "quality", "--draw", tmp_path, "--why", "qqqqqq")
    assert run.returncode == 2 and b"qqqqqq" in run.stderr
