"""Labels, scenes and likeness on real photographs: right where the answer is plain, and one pass for all three."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from veduta.image.decode import load
from veduta.image.photo import Photo
from veduta.nets.store import ModelStore
from veduta.see.labels import LabelRecognizer
from veduta.see.likeness import LikenessRecognizer
from veduta.see.scenes import SceneRecognizer
from veduta.see.trunk import MEMO


def test_a_cat_is_an_animal(store: ModelStore, photographs: Path) -> None:
    (found,) = LabelRecognizer().see([load(photographs / "chelsea.png")])
    assert any("animal" in finding.extra["parents"] for finding in found)
    assert all(finding.kind == "label" and 0 <= finding.score <= 1 for finding in found)


def test_noise_has_no_label_and_no_scene(store: ModelStore) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    assert LabelRecognizer().see([Photo(pixels, 640, 480)]) == [[]]
    assert SceneRecognizer().see([Photo(pixels, 640, 480)]) == [[]]


def test_a_crop_is_liker_than_another_picture(store: ModelStore, photographs: Path) -> None:
    cat, rocket = load(photographs / "chelsea.png"), load(photographs / "rocket.jpg")
    crop = Photo(np.ascontiguousarray(cat.pixels[20:280, 30:420]), 390, 260)
    vectors = [findings[0].vector for findings in LikenessRecognizer().see([cat, crop, rocket])]
    own, near, far = (np.asarray(vector) for vector in vectors)
    assert abs(float(np.linalg.norm(own)) - 1) < 1e-4
    assert own @ near > own @ far + 0.2


def test_three_recognizers_share_one_pass(store: ModelStore, photographs: Path) -> None:
    photo = load(photographs / "coffee.png")
    LabelRecognizer().see([photo])
    sight = photo.memo[MEMO]
    SceneRecognizer().see([photo])
    LikenessRecognizer().see([photo])
    assert photo.memo[MEMO] is sight
