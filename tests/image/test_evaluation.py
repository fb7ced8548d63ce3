"""Camera originals and odd files of the evaluation folder behave as its labels say."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from veduta.errors import UnreadableImage
from veduta.image import decode, metadata, video

SETS = ("formats_exif_gps", "formats_pillow_tests")

Row = dict[str, str]


def rows(eval_dir: Path, part: str) -> list[tuple[Path, Row]]:
    text = (eval_dir / part / "labels.csv").read_text(encoding="utf-8")
    return [(eval_dir / part / r["file"], r) for r in csv.DictReader(text.splitlines())]


def expected_size(row: Row) -> tuple[int, int]:
    width, height = int(row["width"]), int(row["height"])
    return (height, width) if int(row["orientation"] or 1) > 4 else (width, height)


def opens(row: Row) -> bool:
    """The labels tell what Pillow opens: HEIF it lacks, and for EPS it calls Ghostscript, which we never do."""
    if row["format"] == "EPS":
        return False
    return row["pil_opens"] == "1" or row["file"].endswith(".heif")


@pytest.mark.eval
@pytest.mark.parametrize("part", SETS)
def test_what_opens_and_how_large(eval_dir: Path, part: str, capfd: pytest.CaptureFixture[str]) -> None:
    wrong = []
    for path, row in rows(eval_dir, part):
        try:
            photo = decode.load(path)
        except UnreadableImage as error:
            if opens(row) or not error.reason:
                wrong.append((row["file"], error.reason))
            continue
        size = (photo.width, photo.height)
        if not opens(row) or photo.pixels.shape != (size[1], size[0], 3) or decode.size(path) != size:
            wrong.append((row["file"], str(size)))
        elif row["width"] and size != expected_size(row):
            wrong.append((row["file"], f"{size}, not {expected_size(row)}"))
    assert wrong == []
    assert capfd.readouterr() == ("", ""), "a decoder wrote on the terminal"


@pytest.mark.eval
@pytest.mark.parametrize("part", SETS)
def test_position_time_camera(eval_dir: Path, part: str) -> None:
    for path, row in rows(eval_dir, part):
        told = metadata.read_metadata(path)
        if row["gps_lat"]:
            assert told.latitude == pytest.approx(float(row["gps_lat"]), abs=1e-5), row["file"]
            assert told.longitude == pytest.approx(float(row["gps_lon"]), abs=1e-5), row["file"]
        else:
            assert told.latitude is None, row["file"]
        taken = row["taken"][:19]
        valid = re.fullmatch(r"\d{4}:\d\d:\d\d \d\d:[0-5]\d:[0-5]\d", taken)
        if valid:
            assert told.taken is not None, row["file"]
            assert told.taken.strftime("%Y:%m:%d %H:%M:%S") == taken, row["file"]
        elif taken:
            assert told.taken is None, row["file"]
        if row["camera"] and not row["camera"].startswith("<"):
            assert row["camera"] in (told.camera or ""), row["file"]
        if int(row["orientation"] or 1) > 1 and row["format"] in ("JPEG", "WEBP"):
            assert told.orientation == int(row["orientation"]), row["file"]


@pytest.mark.eval
def test_pixels_equal_pillows(eval_dir: Path) -> None:
    """Without profiles and reduction, another road to the same pixels: Pillow's own turning."""
    compared = 0
    for path, row in rows(eval_dir, "formats_exif_gps"):
        if row["format"] not in ("JPEG", "WEBP") or row["mode"] != "RGB":
            continue
        with Image.open(path) as picture:
            if "icc_profile" in picture.info:
                continue
            expected = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
        found = decode.read(path)
        if path.name in ("Nikon_D70.jpg",):  # announces Adobe RGB in EXIF
            continue
        assert np.abs(found.astype(int) - expected).mean() < 2.5, row["file"]
        compared += 1
    assert compared > 40


@pytest.mark.eval
def test_the_orientation_pictures_agree(eval_dir: Path) -> None:
    folder = eval_dir / "formats_exif_gps" / "orientation"
    pictures = [decode.read(p, 200).astype(int) for p in sorted(folder.glob("Portrait_*.jpg"))]
    assert len(pictures) >= 5
    for other in pictures[1:]:
        # Each shows its own number; all else is the same.
        assert np.abs(other - pictures[0]).mean() < 6


@pytest.mark.eval
def test_faces_are_the_same_however_the_photo_is_stored(eval_dir: Path) -> None:
    folder = eval_dir / "formats_exif_gps" / "immich" / "metadata" / "faces"
    first = metadata.read_metadata(folder / "portrait.jpg").face_regions
    second = metadata.read_metadata(folder / "portrait-orientation-6.jpg").face_regions
    assert [r.name for r in first] == [r.name for r in second] == ["Marie Curie", "Pierre Curie"]
    for a, b in zip(first, second, strict=True):
        assert (a.x, a.y, a.w, a.h) == pytest.approx((b.x, b.y, b.w, b.h), abs=1e-6)


@pytest.mark.eval
def test_real_films(eval_dir: Path) -> None:
    for path in sorted((eval_dir / "video_clips").glob("*.[ma][pv][4i]")):
        facts = video.probe(path)
        frame = video.first_frame(path)
        assert frame.shape == (facts.height, facts.width, 3)
        assert facts.duration > 0
        assert decode.load(path, 100).format == "video"
