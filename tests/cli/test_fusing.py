"""`veduta fuse`: frames and films to one larger picture, marked as what it is."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner, Result

from tests.edit.frames import shaken
from veduta.cli.app import app
from veduta.edit.fuse import fuse
from veduta.image.decode import read

TRUTH = np.ascontiguousarray(data.coffee()[100:196, 250:378])


def run(*words: object, status: int = 0) -> Result:
    result = CliRunner().invoke(app, ["fuse", *(str(word) for word in words)])
    told = f"{result.output}\n{result.exception!r}"
    assert (result.exit_code if result.exception is None or status == 2 else 1) == status, told
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six frames as pictures."""
    made = tmp_path / "frames"
    made.mkdir()
    frames, _ = shaken(TRUTH, 2, 6, 5, 90)
    for number, frame in enumerate(frames):
        exif = Image.Exif()
        exif[0x010F] = f"camera {number}"
        Image.fromarray(frame).save(made / f"{number}.png", exif=exif)
    return made


def test_photos_become_one(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "fused.png"
    told = json.loads(run(folder, "-o", out, "--by", 2, "--json").stdout.splitlines()[-1])
    assert (told["width"], told["height"], len(told["used"])) == (128, 96, 6)
    frames = [read(folder / f"{number}.png") for number in range(6)]
    assert np.array_equal(read(out), fuse(frames, 2).pixels)
    with Image.open(out) as picture:
        assert picture.getexif()[0x010F] == "camera 0"
        assert picture.getexif()[0x010E] == "Fused from 6 frames."
        assert picture.info["Comment"] == "Fused from 6 frames."
        assert "algorithmicallyEnhanced" in picture.info["XML:com.adobe.xmp"]


def test_a_film_becomes_a_picture(tmp_path: Path) -> None:
    film = tmp_path / "film.avi"
    frames, _ = shaken(TRUTH, 2, 8, 4, 95)
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), 10, frames[0].shape[1::-1])
    for frame in frames:
        writer.write(np.ascontiguousarray(frame[..., ::-1]))
    writer.release()
    out = tmp_path / "fused.jpg"
    told = json.loads(
        run(film, "-o", out, "--start", 0.1, "--frames", 5, "--region", "0.25,0.25,0.5,0.5", "--json").stdout
    )
    assert (told["width"], told["height"], len(told["used"])) == (64, 48, 5)
    assert "at 0.10 s" in told["used"][0]["path"]
    with Image.open(out) as picture:
        assert picture.getexif()[0x010E] == "Fused from 5 frames."


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("--by", 7), 1, "7 times as large"),
        (("--region", "1,2"), 2, "4 numbers"),
        (("--region", "0.9,0,0.5,1"), 1, "within the frame"),
        (("--motion", "wild"), 2, "one of auto, shift"),
    ],
)
def test_what_is_wrong_is_told(
    folder: Path, tmp_path: Path, words: tuple[object, ...], status: int, told: str
) -> None:
    out = tmp_path / "out.png"
    result = run(folder, "-o", out, *words, status=status)
    assert told in f"{result.output} {result.exception}"
    assert not out.exists()


def test_frames_are_never_written_over(folder: Path) -> None:
    result = run(folder, "-o", folder / "0.png", status=1)
    assert "would write over" in f"{result.exception}"
    result = run(folder / "0.png", "-o", folder / "x.png", status=1)
    assert "two frames at least" in f"{result.exception}"
