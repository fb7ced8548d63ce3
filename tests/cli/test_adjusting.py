"""`veduta adjust`, `veduta versions` and `veduta masks`: what a shell can do of the editor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from tests.library.light import Light
from veduta.cli.app import app
from veduta.edit.edits import Edits
from veduta.image.decode import read
from veduta.image.metadata import read_metadata
from veduta.library.add import add_photos
from veduta.library.catalog import Catalog
from veduta.see.mask import decode


@pytest.fixture
def folder(tmp_path: Path, photographs: Path) -> Path:
    """Two photographs, one of them in a folder below, and a broken one."""
    photos = tmp_path / "photos"
    (photos / "below").mkdir(parents=True)
    exif = Image.Exif()
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (48.0, 0.0, 0.0), "E", (2.0, 0.0, 0.0)
    with Image.open(photographs / "coffee.png") as coffee:
        coffee.convert("RGB").save(photos / "coffee.jpg", quality=95, exif=exif)
        coffee.convert("RGB").save(photos / "below" / "coffee.png")
    return photos


def run(*words: object, status: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    told = f"{result.output}\n{result.exception!r}"
    assert (result.exit_code if result.exception is None or status == 2 else 1) == status, told
    return result


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def test_adjust_does_what_its_edits_say(folder: Path, tmp_path: Path) -> None:
    source, target = folder / "coffee.jpg", tmp_path / "out.png"
    before = source.read_bytes()
    words = ("--crop", "0.25,0,0.5,1", "--exposure", 0.5, "--temperature", -0.2, "--rotate", 90, "--mirror")
    told = lines(run("adjust", source, "-o", target, *words, "--json"))[0]
    expected = Edits.from_json(
        [
            {"name": "rotate", "quarters": 1, "mirror": True},
            {"name": "crop", "x": 0.25, "width": 0.5},
            {"name": "light", "exposure": 0.5},
            {"name": "white_balance", "temperature": -0.2},
        ]
    ).apply(read(source))
    assert np.array_equal(read(target), expected)
    assert (told["width"], told["height"]) == expected.shape[1::-1] == (200, 600)
    assert source.read_bytes() == before


def test_adjust_does_any_edit_by_name(folder: Path, tmp_path: Path) -> None:
    source, target = folder / "coffee.jpg", tmp_path / "out.png"
    words = ("--do", "auto_levels:clip=1,channels=true", "--do", "auto_white_balance", "--exposure", 0.2)
    run("adjust", source, "-o", target, *words)
    expected = Edits.from_json(
        [
            {"name": "auto_levels", "amount": 1, "clip": 1, "channels": True},
            {"name": "auto_white_balance", "amount": 1},
            {"name": "light", "exposure": 0.2},
        ]
    )
    assert np.array_equal(read(target), expected.apply(read(source)))


def test_adjust_tells_what_it_worked_in(tmp_path: Path) -> None:
    """One line below the photo's: what of its 16 bits was not used, and what its copy cannot hold."""
    deep = np.linspace(0, 65535, 60 * 80 * 4).reshape(60, 80, 4).astype(np.uint16)
    assert cv2.imwrite(str(tmp_path / "deep.png"), deep)
    plain = run("adjust", tmp_path / "deep.png", "-o", tmp_path / "a.png", "--exposure", 0.2).stdout
    assert "8 bits" not in plain
    drawn = run("adjust", tmp_path / "deep.png", "-o", tmp_path / "b.png", "--do", "sketch").stdout
    assert "\n    worked in 8 bits a color: sketch" in drawn
    flat = lines(run("adjust", tmp_path / "deep.png", "-o", tmp_path / "c.jpg", "--rotate", 90, "--json"))
    assert flat[0]["notes"] == [
        "JPEG has 8 bits a color: the others were left out",
        "JPEG has no transparency: it became white",
    ]


def test_adjust_goes_through_folders(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    out = tmp_path / "out"
    result = run("adjust", folder, "-o", out, "--contrast", 0.3, "--no-location", "--json", status=1)
    told = {Path(one["path"]).name: one for one in lines(result)}
    assert told["broken.jpg"]["error"] and told["broken.jpg"]["out"] is None
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*.*")) == [
        "below/coffee.png",
        "coffee.jpg",
    ]
    assert read_metadata(folder / "coffee.jpg").latitude == 48
    assert read_metadata(out / "coffee.jpg").latitude is None


def test_adjust_takes_a_file_of_edits_and_makes_small_copies(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "edits.json"
    file.write_text(json.dumps({"version": 1, "edits": [{"name": "crop", "width": 0.5}]}))
    out = tmp_path / "small"
    told = lines(run("adjust", folder / "coffee.jpg", "-o", out, "--edits", file, "--side", 100, "--json"))[0]
    assert (told["width"], told["height"]) == (75, 100)
    with Image.open(out / "coffee.webp") as small:
        assert small.size == (75, 100)
    gray = lines(
        run("adjust", folder / "coffee.jpg", "-o", tmp_path / "g.png", "--gray", "0.5,0.5", "--json")
    )
    assert set(gray[0]["gray"]) == {"temperature", "tint"}
    names = [one["name"] for one in lines(run("adjust", "--list", "--json"))]
    assert names[0] == "crop" and "erase" in names
    told = run("adjust", "--list").stdout
    assert "exposure" in told and "careful, shades, edges  usual careful" in told
    assert "0.5 to 20  usual 2" in told  # the radius of edge_sharpen
    assert "mask        mask\n" in told  # has no usual value


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("--exposure", 9), 1, "exposure must be -4 to 4"),
        (("--crop", "1,2"), 2, "4 numbers with commas"),
        (("--gray", "7,1"), 2, "is 0 to 1"),
        (("--rotate", 45), 2, "quarter turns"),
        (("--do", "glow"), 1, "no edit is called 'glow'"),
        (("--do", "light:exposure"), 2, "must be NAME=VALUE"),
        (("--do", "light:exposure=much"), 1, "exposure must be a number"),
        (("--perspective", "0,0 1,0 1,1 0,0.2,3"), 2, "2 numbers"),
        (("--edits", "missing.json"), 1, "missing.json: No such file"),
    ],
)
def test_adjust_tells_what_is_wrong(
    folder: Path, tmp_path: Path, words: tuple[object, ...], status: int, told: str
) -> None:
    result = run("adjust", folder / "coffee.jpg", "-o", tmp_path / "x.jpg", *words, status=status)
    assert told in f"{result.output} {result.exception}"
    assert not (tmp_path / "x.jpg").exists()


def test_adjust_never_writes_over_a_photo(folder: Path) -> None:
    before = (folder / "coffee.jpg").read_bytes()
    for out in (folder, folder / "coffee.jpg"):
        result = run("adjust", folder / "coffee.jpg", "-o", out, "--exposure", 1, status=2)
        assert "would write over a photo" in result.output
    assert (folder / "coffee.jpg").read_bytes() == before


@pytest.fixture
def library(folder: Path, tmp_path: Path) -> Path:
    """A library of the photographs."""
    with Catalog.open(tmp_path / "library") as catalog:
        add_photos(catalog, [folder], [Light()])
    return tmp_path / "library"


def test_versions_from_making_to_taking_away(folder: Path, library: Path, tmp_path: Path) -> None:
    edits, photo = tmp_path / "edits.json", folder / "coffee.jpg"
    edits.write_text(json.dumps([{"name": "crop", "width": 0.5}]))
    at = ("--library", library, "--json")
    made = lines(run("versions", "create", photo, "--edits", edits, "--name", "Half", *at))[0]
    assert (made["name"], made["width"], made["file"]) == ("Half", 300, None)
    rendered = lines(run("versions", "render", made["id"], *at))[0]
    assert read(Path(rendered["file"])).shape == (400, 300, 3)
    assert lines(run("versions", "list", photo, *at)) == [rendered]
    assert lines(run("versions", "show", made["id"], *at)) == [rendered]
    assert "crop: x 0.0" in run("versions", "show", made["id"], "--library", library).stdout
    (tmp_path / "again.json").write_text(json.dumps(rendered))
    changed = lines(run("versions", "change", made["id"], "--name", "Still half", *at))[0]
    assert changed["name"] == "Still half" and changed["file"] == rendered["file"]
    run("versions", "change", made["id"], "--edits", tmp_path / "again.json", *at)
    out = lines(run("versions", "export", made["id"], tmp_path / "half.webp", "--no-location", *at))[0]
    assert out["format"] == "webp" and read(tmp_path / "half.webp").shape == (400, 300, 3)
    assert read_metadata(tmp_path / "half.webp").latitude is None
    assert lines(run("versions", "delete", made["id"], *at)) == [{"changed": 1}]
    assert lines(run("versions", "list", photo, *at)) == []
    assert "there is no version" in str(run("versions", "show", made["id"], *at, status=1).exception)


def test_masks_from_selecting_to_taking_away(folder: Path, library: Path, tmp_path: Path) -> None:
    photo, file = folder / "coffee.jpg", tmp_path / "cup.png"
    told = lines(run("masks", "select", photo, "--point", "270,160", "-o", file, "--json"))[0]
    mask = decode(told["mask"])
    assert mask[160, 270] and mask.sum() == told["pixels"]
    box = lines(run("masks", "select", photo, "--box", "100,50,300,300", "-o", tmp_path / "b.json", "--json"))
    other = decode(box[0]["mask"])
    both = lines(run("masks", "combine", file, f"&{tmp_path / 'b.json'}", "--json"))[0]
    assert np.array_equal(decode(both["mask"]), mask & other)
    inverted = lines(run("masks", "combine", "--invert", "--json", "--", file, f"-{tmp_path / 'b.json'}"))[0]
    assert np.array_equal(decode(inverted["mask"]), ~(mask & ~other))
    at = ("--library", library, "--json")
    kept = lines(run("masks", "keep", photo, file, "--name", "cup", *at))[0]
    assert lines(run("masks", "list", photo, *at)) == [kept]
    assert np.array_equal(decode(lines(run("masks", "show", kept["id"], *at))[0]["mask"]), mask)
    run("masks", "export", kept["id"], tmp_path / "again.png", *at)
    assert np.array_equal(read(tmp_path / "again.png")[..., 0] > 0, mask)
    assert lines(run("masks", "delete", kept["id"], *at)) == [{"changed": 1}]
    small = tmp_path / "small.png"
    Image.new("L", (50, 50), 255).save(small)
    result = run("masks", "keep", photo, small, *at, status=1)
    assert "mask of 50 x 50 pixels for a picture of 600 x 400" in str(result.exception)
