"""Redacted copies of files: what is hidden is gone, and so is what the file told."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image
from skimage import data

from veduta.edit.redact import STYLES, UnknownStyle
from veduta.edit.redaction import Order, Redactor
from veduta.edit.regions import Eyes
from veduta.edit.sensitive import UnknownWhat
from veduta.image.decode import read
from veduta.image.metadata import read_metadata
from veduta.image.photo import Photo
from veduta.see.finding import Finding
from veduta.see.text import TextRecognizer

CORNERS = ((150.0, 300.0), (330.0, 310.0), (328.0, 360.0), (149.0, 350.0))
SECRETS = (b"SN-8812734", b"Jane Doe", b"mwg-rs", b"Secret maker note", b"12 Elm Street")


class Told:
    """A recognizer that says what it is told to."""

    version = "1"

    def __init__(self, name: str, findings: list[Finding]) -> None:
        self.name, self._findings = name, findings

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """The same for each photo."""
        return [list(self._findings) for _ in photos]


def plate() -> Finding:
    xs, ys = zip(*CORNERS, strict=True)
    box = (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
    return Finding("plate", "number plate", 0.9, "plates", "1", box=box, polygon=CORNERS, text="KX12ABC")


def face(vector: np.ndarray | None = None) -> Finding:
    return Finding("face", "face", 0.95, "faces", "1", box=(170.0, 60.0, 90.0, 120.0), vector=vector)


def eyes(plates: bool = True, vector: np.ndarray | None = None) -> Eyes:
    return Eyes(
        {"plates": Told("plates", [plate()] if plates else []), "faces": Told("faces", [face(vector)])}
    )


def lettered() -> np.ndarray:
    pixels = np.ascontiguousarray(data.astronaut())
    board = np.full((100, 360, 3), 235, np.uint8)
    cv2.putText(board, "KX12ABC", (16, 74), cv2.FONT_HERSHEY_DUPLEX, 2.2, (15, 15, 15), 5, cv2.LINE_AA)
    matrix = cv2.getPerspectiveTransform(
        np.array([[0, 0], [360, 0], [360, 100], [0, 100]], np.float32), np.array(CORNERS, np.float32)
    )
    warped = cv2.warpPerspective(board, matrix, (512, 512), flags=cv2.INTER_AREA)
    inside = cv2.warpPerspective(np.ones((100, 360), np.uint8), matrix, (512, 512), flags=cv2.INTER_NEAREST)
    return np.where(inside[..., None] > 0, warped, pixels)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A photo with a lettered plate whose metadata tell everything there is to tell."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Veduta", "Test 1"
    exif[ExifTags.Base.Artist] = "Jane Doe"
    exif[ExifTags.Base.ImageDescription] = "12 Elm Street"
    exif[ExifTags.IFD.Exif] = {
        ExifTags.Base.FNumber: 2.8,
        ExifTags.Base.BodySerialNumber: "SN-8812734",
        ExifTags.Base.MakerNote: b"Secret maker note",
        ExifTags.Base.DateTimeOriginal: "2024:05:06 07:08:09",
    }
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (48.0, 51.0, 29.9), 3: "E", 4: (2.0, 17.0, 40.2)}
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf mwg-rs="Jane Doe"/></x:xmpmeta>'
    path = tmp_path / "car.jpg"
    Image.fromarray(lettered()).save(path, quality=90, exif=exif, xmp=xmp, comment=b"12 Elm Street")
    assert all(secret in path.read_bytes() for secret in SECRETS)
    assert read_metadata(path).latitude is not None
    return path


@pytest.mark.parametrize("style", STYLES)
def test_copies_hide_everything(source: Path, tmp_path: Path, style: str) -> None:
    before = source.read_bytes()
    out = tmp_path / "out" / "car.jpg"
    done = Redactor(Order(("plates", "faces"), style), eyes()).redact(source, out)  # type: ignore[arg-type]
    assert done.hidden == {"plates": 1, "faces": 1} and done.out == out
    assert source.read_bytes() == before
    copy = out.read_bytes()
    assert not any(secret in copy for secret in SECRETS)
    told = read_metadata(out)
    assert told.latitude is None and told.camera is not None and told.taken is not None
    with Image.open(out) as picture:
        assert picture.format == "JPEG" and picture.size == (512, 512)
        assert not picture.getexif().get_ifd(ExifTags.IFD.IFD1)
    hidden, shown = read(out).astype(int), read(source).astype(int)
    assert np.abs(hidden - shown)[400:, 400:].mean() < 2  # far away only JPEG's own noise
    assert np.abs(hidden - shown)[80:160, 180:250].mean() > 12


def test_ocr_reads_nothing_off_a_redacted_plate(source: Path, tmp_path: Path, store) -> None:  # type: ignore[no-untyped-def]
    reader = TextRecognizer()

    def words(path: Path) -> str:
        pixels = cv2.resize(read(path)[280:380, 130:350], None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
        found = reader.see([Photo(pixels, pixels.shape[1], pixels.shape[0])])[0]
        return "".join(f.text or "" for f in found).replace(" ", "")

    assert words(source) == "KX12ABC"
    for style in STYLES:
        out = tmp_path / f"{style}.jpg"
        Redactor(Order(("plates",), style), eyes()).redact(source, out)  # type: ignore[arg-type]
        assert words(out) == "", style


def test_a_replaced_plate_can_say_something_else(source: Path, tmp_path: Path, store) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "new.png"
    Redactor(Order(("plates",), "replace", words="VEDUTA"), eyes()).redact(source, out)
    pixels = cv2.resize(read(out)[280:380, 130:350], None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    found = TextRecognizer().see([Photo(pixels, pixels.shape[1], pixels.shape[0])])[0]
    assert "".join(f.text or "" for f in found) == "VEDUTA"


def test_known_faces_stay(source: Path, tmp_path: Path) -> None:
    vector = np.zeros(128, np.float32)
    vector[0] = 1
    near, far = vector.copy(), np.roll(vector, 1)
    near[1] = 0.2
    near /= np.linalg.norm(near)
    for known, hidden in ((near, {"plates": 1}), (far, {"plates": 1, "faces": 1})):
        order = Order(("plates", "faces"), known={"Ann": known[None]})
        done = Redactor(order, eyes(vector=vector)).redact(source, tmp_path / "copy.jpg")
        assert done.hidden == hidden and done.kept == 2 - len(hidden)
        changed = np.abs(read(tmp_path / "copy.jpg").astype(int) - read(source))[90:150, 190:240].mean()
        assert (changed > 12) == ("faces" in hidden)


def test_nothing_found_is_not_copied_unless_asked(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy.jpg"
    done = Redactor(Order(("plates",)), eyes(plates=False)).redact(source, out)
    assert done.out is None and "nothing found" in done.notes and not out.exists()
    done = Redactor(Order(("plates",), every=True), eyes(plates=False)).redact(source, out)
    assert done.out == out and not any(secret in out.read_bytes() for secret in SECRETS)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_other_formats_tell_nothing_either(source: Path, tmp_path: Path, suffix: str) -> None:
    other, out = tmp_path / f"other{suffix}", tmp_path / f"copy{suffix}"
    with Image.open(source) as picture:
        options = {"xmp": picture.info["xmp"]} if suffix == ".webp" else {}
        picture.save(other, exif=picture.getexif(), **options)
    assert read_metadata(other).latitude is not None
    Redactor(Order(("plates",)), eyes()).redact(other, out)
    assert not any(secret in out.read_bytes() for secret in SECRETS)
    assert read_metadata(out).latitude is None


def test_refused() -> None:
    with pytest.raises(UnknownWhat, match="plates, faces"):
        Order(("dogs",))
    with pytest.raises(UnknownStyle, match="pixelate"):
        Order(("faces",), "smear")  # type: ignore[arg-type]


@pytest.mark.eval
def test_redacted_faces_are_nobody(eval_dir: Path, store) -> None:  # type: ignore[no-untyped-def]
    """Who knows where the face was, and every face in question, finds its person no oftener than by chance."""
    from veduta.edit.redaction import hide
    from veduta.edit.sensitive import sensitive
    from veduta.image.decode import load
    from veduta.see.face_identity import FaceIdentity, align

    with (eval_dir / "faces" / "labels.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["group"] == "lfw10"]
    first = {row["identity"]: row["file"] for row in reversed(rows)}
    eyes, identity = Eyes(), FaceIdentity()
    chips: dict[str, list[np.ndarray]] = {"plain": [], "pixelate": [], "blur": []}
    for name in first.values():
        photo = load(eval_dir / "faces" / name)
        best = max(eyes.see("faces", photo), key=lambda f: f.score)
        points = np.array(best.extra["landmarks"], np.float32)
        found, stay = sensitive(photo, ["faces"], eyes=eyes)
        chips["plain"].append(align(photo.pixels, points))
        for style in ("pixelate", "blur"):
            chips[style].append(align(hide(photo.pixels, found, stay, style), points))  # type: ignore[arg-type]
    known = identity.vectors(chips["plain"])
    for style in ("pixelate", "blur"):
        nearest = (identity.vectors(chips[style]) @ known.T).argmax(axis=1)
        assert (nearest == np.arange(len(known))).mean() <= 3 / len(known), style
