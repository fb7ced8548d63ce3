"""`veduta erase` as a user runs it: copies, JSON, status, going on after an interruption, wrong usage."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from veduta.cli.app import app
from veduta.errors import NotFound, VedutaError
from veduta.image.decode import read

KEYS = {"path", "out", "width", "height", "removed", "kept", "method", "seconds", "notes", "error"}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["erase", *map(str, arguments)])


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photos of one size, one of another, in a folder with a folder in it; a mask of the first size."""
    photos = tmp_path / "photos"
    (photos / "inner").mkdir(parents=True)
    rows, columns = np.indices((90, 120))
    pixels = np.stack([100 + rows, 90 + columns, 200 - rows], axis=2).astype(np.uint8)
    pixels[30:50, 40:60] = 10
    Image.fromarray(pixels).save(photos / "a.jpg", quality=88)
    Image.fromarray(pixels[:, ::-1]).save(photos / "inner" / "a.png")
    Image.fromarray(pixels[:60]).save(photos / "small.png")
    mask = np.zeros((90, 120), np.uint8)
    mask[28:52, 38:62] = mask[28:52, 58:82] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    return photos


def test_a_folder_is_copied_without_what_was_wished_away(folder: Path, tmp_path: Path) -> None:
    before = {p: p.read_bytes() for p in folder.rglob("*.*")}
    out = tmp_path / "out"
    result = run(folder, "--what", tmp_path / "mask.png", "-o", out, "--json", "--save-mask")
    told = {Path(line["path"]).relative_to(folder).as_posix(): line for line in lines(result)}
    assert set(told) == {"a.jpg", "inner/a.png", "small.png"}
    assert all(set(line) == KEYS for line in told.values())
    assert result.exit_code == 1  # the mask does not fit one of them
    assert "mask.png is 120 x 90 pixels and the photo 120 x 60" in told["small.png"]["error"]
    for name in ("a.jpg", "inner/a.png"):
        assert told[name]["out"] == str(out / name) and told[name]["error"] is None
        assert read(out / name)[30:50, 40:60].min() > 60
        assert told[name]["removed"][0]["box"] == [38.0, 28.0, 44.0, 24.0]
    assert (out / "a.mask.png").exists() and (out / "inner" / "a.mask.png").exists()
    assert {p: p.read_bytes() for p in folder.rglob("*.*")} == before
    assert not (out / "small.png").exists()


def test_going_on_where_it_was(folder: Path, tmp_path: Path) -> None:
    out, wish = tmp_path / "out", ("--what", tmp_path / "mask.png", "-o", tmp_path / "out", "--json")
    run(folder, *wish)
    first = (out / "a.jpg").stat().st_mtime_ns
    (out / "inner" / "a.png").unlink()
    again = lines(run(folder, *wish))
    assert [line.get("already", False) for line in again] == [True, False, False]
    assert (out / "a.jpg").stat().st_mtime_ns == first and (out / "inner" / "a.png").exists()
    # Another wish, another photo under the name, or --again: done anew.
    assert not any(line.get("already") for line in lines(run(folder, *wish, "--grow", 2)))
    assert not any(line.get("already") for line in lines(run(folder, *wish, "--again")))
    os.utime(folder / "a.jpg", ns=(1, 1))
    assert [line.get("already", False) for line in lines(run(folder, *wish))] == [False, True, False]
    # A report cut off in the middle of a line is no hindrance.
    report = out / "erased.jsonl"
    report.write_text(report.read_text()[:-20])
    assert run(folder, *wish).exit_code == 1


def test_copies_inside_the_folder_are_not_taken_for_photos(folder: Path, tmp_path: Path) -> None:
    wish = (folder, "--what", tmp_path / "mask.png", "-o", folder / "out", "--json")
    run(*wish)
    assert len(lines(run(*wish))) == 3


def test_nothing_found_is_told_and_nothing_copied(folder: Path, tmp_path: Path) -> None:
    mask, out = tmp_path / "mask.png", tmp_path / "out"
    Image.new("L", (120, 90)).save(mask)
    result = run(folder / "a.jpg", "--what", mask, "-o", out / "b.jpg")
    assert result.exit_code == 3
    assert "nothing found; not copied" in result.output
    assert not out.exists()


def test_one_photo_to_one_file(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "b.png"
    result = run(folder / "a.jpg", "--what", tmp_path / "mask.png", "-o", out)
    assert result.exit_code == 0, result.output
    assert "1 mask.png removed" in result.output
    with Image.open(out) as picture:
        assert picture.format == "PNG"
    assert list(out.parent.iterdir()) == [out]


def test_originals_are_never_written_over(folder: Path, tmp_path: Path) -> None:
    mask, before = tmp_path / "mask.png", (folder / "a.jpg").read_bytes()
    for out in (folder, folder / "a.jpg"):
        result = run(folder / "a.jpg", "--what", mask, "-o", out)
        assert result.exit_code == 2 and "would write over a photo" in result.output.replace("\n", " ")
    assert (folder / "a.jpg").read_bytes() == before


def test_wrong_words_are_told_before_any_work(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for arguments, message in (
        (("--what", "unicorns"), "unicorns"),
        (("--what", "cars", "--method", "magic"), "magic"),
        (("--what", "missing.png"), "no such mask"),
        (("--what", "people", "--keep", "friend.jpg"), "no such picture of a face"),
        (("--what", "people", "--keep", "Ann", "--library", tmp_path / "none"), ""),
    ):
        result = run(folder, *arguments, "-o", out)
        assert result.exit_code == 1 and isinstance(result.exception, VedutaError)
        assert message in str(result.exception)
    assert not out.exists()


def test_bad_photos_do_not_stop_the_others(folder: Path, tmp_path: Path) -> None:
    (folder / "b.jpg").write_bytes(b"\xff\xd8\xff nothing")
    frames = [Image.new("RGB", (120, 90), color) for color in ("red", "blue")]
    frames[0].save(folder / "c.gif", save_all=True, append_images=frames[1:])
    result = run(folder, "--what", tmp_path / "mask.png", "-o", tmp_path / "out", "--json")
    told = {Path(line["path"]).name: line["error"] for line in lines(result)}
    assert result.exit_code == 1
    assert told["b.jpg"] and "2 frames (animated)" in told["c.gif"] and told["a.jpg"] is None
    assert {p.name for p in (tmp_path / "out").rglob("*.*")} == {"a.jpg", "a.png", "erased.jsonl"}


def test_a_friend_stays(store: object, photographs: Path, tmp_path: Path) -> None:
    """The astronaut, known by a small picture of her face, is kept; with nobody to keep she is found."""
    photo = tmp_path / "photo.png"
    shutil.copy(photographs / "astronaut.png", photo)
    friend = tmp_path / "friend.jpg"
    Image.fromarray(read(photo)[20:280, 100:360]).resize((200, 200)).save(friend)
    result = run(photo, "--what", "people", "--keep", friend, "-o", tmp_path / "b.png", "--json")
    assert result.exit_code == 3, result.output
    (told,) = lines(result)
    assert told["out"] is None and [one["name"] for one in told["kept"]] == ["person"]
    assert told["kept"][0]["score"] > 0.9


def test_faces_of_a_stranger_file(store: object, photographs: Path, tmp_path: Path) -> None:
    result = run(
        photographs / "coffee.png", "--what", "people", "--keep", photographs / "coffee.png", "-o", tmp_path
    )
    assert isinstance(result.exception, NotFound) and "no face in it" in str(result.exception)
