"""Fingerprints of bytes and of looks."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.image import samples
from tests.image.test_decode import stored
from veduta.errors import UnreadableImage
from veduta.image import decode, hashes
from veduta.image.photo import Pixels

NAMES = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "rocket.jpg",
    "hubble_deep_field.jpg",
    "motorcycle_left.png",
)


@pytest.fixture(scope="module")
def pictures(photographs: Path) -> list[Pixels]:
    return [decode.read(photographs / n) for n in NAMES if (photographs / n).exists()]


def test_content_hash_is_blake2b_of_the_file(tmp_path: Path) -> None:
    data = np.random.default_rng(0).bytes(2_500_000)
    path = tmp_path / "a"
    path.write_bytes(data)
    assert hashes.content_hash(path) == hashlib.blake2b(data, digest_size=32).hexdigest()
    with pytest.raises(UnreadableImage):
        hashes.content_hash(tmp_path / "none")


def test_the_same_picture_saved_otherwise_is_near(pictures: list[Pixels], tmp_path: Path) -> None:
    for pixels in pictures:
        own = hashes.perceptual_hash(pixels)
        path = tmp_path / "a.jpg"
        for quality in (30, 75):
            path.write_bytes(samples.encode(pixels, "JPEG", quality=quality))
            assert hashes.distance(own, hashes.perceptual_hash(decode.read(path))) <= 4
        for side in (160, 320, 1000):
            small = cv2.resize(
                pixels, (side, round(side * pixels.shape[0] / pixels.shape[1])), interpolation=cv2.INTER_AREA
            )
            assert hashes.distance(own, hashes.perceptual_hash(small)) <= 4
        brighter = np.clip(pixels.astype(float) * 1.15 + 8, 0, 255).astype(np.uint8)
        assert hashes.distance(own, hashes.perceptual_hash(brighter)) <= 6


def test_different_pictures_are_far(pictures: list[Pixels]) -> None:
    assert len(pictures) >= 4
    for first, second in itertools.combinations(pictures, 2):
        variants = hashes.perceptual_variants(first)
        assert min(hashes.distance(v, hashes.perceptual_hash(second)) for v in variants) > 10


def test_variants_are_the_hashes_of_turned_pictures(pictures: list[Pixels]) -> None:
    for pixels in pictures:
        known = hashes.perceptual_variants(hashes.perceptual_hash(pixels))
        assert known == hashes.perceptual_variants(pixels)
        assert len(known) == 8
        assert known[0] == hashes.perceptual_hash(pixels)
        turned = [hashes.perceptual_hash(stored(pixels, value)) for value in range(1, 9)]
        for own in turned:
            assert min(hashes.distance(own, v) for v in known) <= 3


def test_distance_counts_bits() -> None:
    rng = np.random.default_rng(3)
    for _ in range(100):
        a, b = (int(v) for v in rng.integers(0, 2**63, 2))
        assert hashes.distance(a, b) == sum((a >> i & 1) != (b >> i & 1) for i in range(64))


def test_a_flat_picture_has_a_hash() -> None:
    flat = np.full((1, 9000, 3), 128, np.uint8)
    assert hashes.perceptual_hash(flat) == 0
    assert hashes.perceptual_hash(np.asarray(Image.new("RGB", (1, 1)))) == 0
