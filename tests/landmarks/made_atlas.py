"""A small atlas of made-up vectors, for tests."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo
from veduta.landmarks.atlas_build import Material, build
from veduta.landmarks.features import DIMENSION
from veduta.landmarks.landmark import Landmark

PLACES = ((27.17, 78.04), (27.172, 78.041), (-13.16, -72.54), (None, None))


class MadeTrunk:
    """Stands in for the network: a photo's pixels hold the seed of its vector."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self.vectors = vectors

    def look(self, photos: list[Photo]) -> list[Any]:
        return [SimpleNamespace(statistics=self.vectors[int(photo.pixels[0, 0, 0])]) for photo in photos]


def photo(row: int) -> Photo:
    return Photo(np.full((40, 40, 3), row, np.uint8), 40, 40)


def material(photos: int = 8) -> Material:
    rng = np.random.default_rng(5)
    low = rng.normal(size=(40, DIMENSION)).astype(np.float32) / 50
    centers = rng.normal(size=(len(PLACES), 40)) * 1.5

    def draw(around: NDArray[np.float64], count: int) -> NDArray[np.float32]:
        return ((around + rng.normal(size=(count, 40))) @ low).astype(np.float32)

    landmarks = [
        Landmark(f"l{i}", f"Landmark {i}", "Country", "City", "region", *place, "built")
        for i, place in enumerate(PLACES)
    ]
    vectors = np.concatenate([draw(center, photos) for center in centers])
    owners = np.repeat(np.arange(len(PLACES)), photos).astype(np.int32)
    first = np.ones(len(owners), bool)
    nothing = np.zeros(40)
    return Material(landmarks, vectors, owners, first, ~first, draw(nothing, 60), draw(nothing, 200))


def made(folder: Path) -> Path:
    return build(material(), folder)
