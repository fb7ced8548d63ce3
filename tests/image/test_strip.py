"""The position is taken out of copies, and nothing else."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin

from tests.library.light import picture
from veduta.image import decode
from veduta.image.metadata import read_metadata
from veduta.image.strip import strip_location

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmp:Rating="3" exif:GPSLatitude="48,51.5N" exif:GPSLongitude="2,17.7E">'
    "<exif:GPSAltitude>35/1</exif:GPSAltitude>"
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def with_position(suffix: str, order: str = "little") -> bytes:
    """A picture of the format with a position, a camera and a time."""
    exif = Image.Exif()
    exif.endian = "<" if order == "little" else ">"
    exif[0x010F], exif[0x0110] = "Veduta", "Obscura"
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (48.0, 51.0, 30.0), "E", (2.0, 17.0, 40.0)
    gps[5], gps[6] = b"\0", 35.0
    gps[27] = b"ASCII\0\0\0a place of its own name"
    out = io.BytesIO()
    options: dict[str, object] = {"exif": exif}
    if suffix == "TIFF":
        directory = TiffImagePlugin.ImageFileDirectory_v2()
        directory[0x010F], directory[0x0110], directory[0x8825] = "Veduta", "Obscura", dict(gps)
        options = {"tiffinfo": directory}
    if suffix in {"JPEG", "WEBP"}:
        options["xmp"] = XMP.encode()
    if suffix == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP)
        options["pnginfo"] = info
    Image.fromarray(picture(5)[..., ::-1]).save(out, suffix, **options)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("suffix", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("order", ["little", "big"])
def test_position_goes_and_everything_else_stays(tmp_path: Path, suffix: str, order: str) -> None:
    source, copy = tmp_path / f"a.{suffix.lower()}", tmp_path / f"b.{suffix.lower()}"
    source.write_bytes(with_position(suffix, order))
    before = read_metadata(source)
    assert before.latitude == pytest.approx(48 + 51.5 / 60, abs=1e-3)
    copy.write_bytes(strip_location(source.read_bytes()))
    after = read_metadata(copy)
    assert (after.latitude, after.longitude, after.altitude) == (None, None, None)
    assert (after.camera, after.taken, after.rating) == (before.camera, before.taken, before.rating)
    np.testing.assert_array_equal(decode.read(copy), decode.read(source))
    assert b"a place of its own name" not in copy.read_bytes()
    assert b"48,51.5N" not in copy.read_bytes()
    assert copy.stat().st_size == source.stat().st_size


def test_files_without_position_are_not_changed() -> None:
    for suffix in ("JPEG", "PNG", "WEBP", "TIFF"):
        out = io.BytesIO()
        Image.fromarray(picture(6)).save(out, suffix)
        assert strip_location(out.getvalue()) == out.getvalue()


def test_stripping_twice_changes_nothing_more() -> None:
    once = strip_location(with_position("JPEG"))
    assert strip_location(once) == once


def test_any_bytes_are_survived() -> None:
    dice = np.random.default_rng(4)
    whole = bytearray(with_position("TIFF"))
    for _ in range(300):
        broken = bytearray(whole)
        for at in dice.integers(0, len(broken), 8):
            broken[at] = int(dice.integers(0, 256))
        assert len(strip_location(bytes(broken[: int(dice.integers(0, len(broken)))]))) <= len(whole)


def test_originals_of_cameras(eval_dir: Path, tmp_path: Path) -> None:
    with (eval_dir / "formats_exif_gps" / "labels.csv").open(encoding="utf-8") as table:
        names = sorted({row[next(iter(row))] for row in csv.DictReader(table)})
    stripped = 0
    for name in names:
        source = eval_dir / "formats_exif_gps" / name
        if not source.is_file() or read_metadata(source).latitude is None:
            continue
        copy = tmp_path / f"{stripped}{source.suffix}"
        copy.write_bytes(strip_location(source.read_bytes()))
        assert read_metadata(copy).latitude is None, name
        np.testing.assert_array_equal(decode.read(copy, 64), decode.read(source, 64))
        stripped += 1
    assert stripped >= 10
