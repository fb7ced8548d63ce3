"""Faces: geometry against naive computation, and real pictures."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from veduta.image.decode import load
from veduta.image.photo import Photo
from veduta.see.face_identity import SAME_PERSON, TEMPLATE, align, similarity
from veduta.see.face_quality import face_quality
from veduta.see.faces import FaceRecognizer


@pytest.fixture(scope="module")
def recognizer(store) -> FaceRecognizer:  # type: ignore[no-untyped-def]
    return FaceRecognizer()


def test_similarity_undoes_a_known_one() -> None:
    angle, scale = 0.4, 1.7
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (TEMPLATE @ turn.T + (30, -12)).astype(np.float32)
    found = similarity(TEMPLATE, moved)
    np.testing.assert_allclose(found, np.column_stack([turn, (30, -12)]), atol=1e-4)


def test_similarity_is_the_least_squares_one() -> None:
    random = np.random.default_rng(3)
    source, target = random.normal(size=(2, 5, 2)).astype(np.float32)
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, -y, 1, 0], [y, x, 0, 1]]
        values += [u, v]
    a, b, p, q = np.linalg.lstsq(np.array(rows, float), np.array(values, float), rcond=None)[0]
    np.testing.assert_allclose(similarity(source, target), [[a, -b, p], [b, a, q]], atol=1e-5)


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_align_puts_points_where_they_belong(scale: float) -> None:
    points = (TEMPLATE * scale + 20).astype(np.float32)
    side = int(150 * scale) + 60
    pixels = np.zeros((side, side, 3), np.uint8)
    for x, y in points:
        cv2.circle(pixels, (round(float(x)), round(float(y))), max(2, round(4 * scale)), (255, 255, 255), -1)
    chip = align(pixels, points)
    for x, y in TEMPLATE:
        assert chip[round(float(y)), round(float(x))].min() > 200


def test_quality_falls_with_blur_and_turning() -> None:
    random = np.random.default_rng(4)
    chip = cv2.GaussianBlur(random.integers(0, 256, (150, 150, 3), dtype=np.uint8), (0, 0), 1.0)
    sharp = face_quality(90, TEMPLATE, chip)
    blurred = face_quality(90, TEMPLATE, cv2.GaussianBlur(chip, (0, 0), 5))
    turned = TEMPLATE.copy()
    turned[2, 0] += 25
    assert blurred.sharpness < sharp.sharpness
    assert face_quality(90, turned, chip).frontality < sharp.frontality
    assert face_quality(20, TEMPLATE, chip).size < sharp.size
    assert face_quality(90, TEMPLATE, np.full_like(chip, 90)).sharpness == 0


def test_nothing_in_an_empty_picture(recognizer: FaceRecognizer) -> None:
    photos = [Photo(np.full((h, w, 3), 128, np.uint8), w, h) for h, w in ((1, 1), (7, 900), (600, 800))]
    assert recognizer.see(photos) == [[], [], []]
    assert recognizer.see([]) == []


def test_portrait(recognizer: FaceRecognizer, photographs: Path) -> None:
    photo = load(photographs / "astronaut.png")
    (face,) = recognizer.see([photo])[0]
    assert face.kind == face.name == "face"
    assert face.box is not None and face.vector is not None
    x, y, width, height = face.box
    assert all(x <= a <= x + width and y <= b <= y + height for a, b in face.extra["landmarks"])
    assert np.linalg.norm(face.vector) == pytest.approx(1, abs=1e-5)
    # Found in the same place when the analyzed pixels are smaller than the photo.
    small = load(photographs / "astronaut.png", 300)
    (again,) = recognizer.see([small])[0]
    assert again.box is not None and again.vector is not None
    np.testing.assert_allclose(again.box, face.box, atol=12)
    assert np.linalg.norm(again.vector - face.vector) < SAME_PERSON


def test_small_faces_in_a_large_photo(recognizer: FaceRecognizer, photographs: Path) -> None:
    portrait = cv2.resize(
        load(photographs / "astronaut.png").pixels, (150, 150), interpolation=cv2.INTER_AREA
    )
    pixels = np.full((1500, 2048, 3), 120, np.uint8)
    places = [(100, 100), (1700, 200), (900, 1200)]
    for x, y in places:
        pixels[y : y + 150, x : x + 150] = portrait
    found = recognizer.see([Photo(pixels, 2048, 1500)])[0]
    assert len(found) == len(places)


def test_batches_say_what_single_photos_say(recognizer: FaceRecognizer, photographs: Path) -> None:
    photos = [load(photographs / name) for name in ("astronaut.png", "coffee.png", "chelsea.png")]
    together = recognizer.see(photos)
    for photo, found in zip(photos, together, strict=True):
        alone = recognizer.see([photo])[0]
        assert [f.box for f in alone] == [f.box for f in found]


@pytest.mark.eval
def test_group_photos(recognizer: FaceRecognizer, eval_dir: Path) -> None:
    counts = json.loads((eval_dir / "faces/group_face_counts.json").read_text())
    found = recognizer.see([load(eval_dir / "faces" / name, 2048) for name in counts])
    assert [len(faces) for faces in found] == list(counts.values())


@pytest.mark.eval
def test_pairs(recognizer: FaceRecognizer, eval_dir: Path) -> None:
    with (eval_dir / "faces/pairs.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if not row["file_a"].startswith("lfw")][:40]
    right = 0
    for row in rows:
        faces = [
            recognizer.see([load(eval_dir / "faces" / row[key], 2048)])[0] for key in ("file_a", "file_b")
        ]
        a, b = (max(f, key=lambda face: face.box[2] * face.box[3]).vector for f in faces)  # type: ignore[index]
        right += (np.linalg.norm(a - b) < SAME_PERSON) == (row["same"] == "1")
    assert right / len(rows) >= 0.95
